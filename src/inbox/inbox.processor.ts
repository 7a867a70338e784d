import type { Worker } from 'bullmq';
import type { QueueBackend, WorkerLimits } from '../queues/queue-backend.js';
import { QUEUES, readRing } from '../queues/queues.js';
import { processRing, type RingContext } from './process-ring.js';

/** Told of each ring: events named, events taken, seconds it took. */
export type RingListener = (named: number, taken: number, seconds: number) => void;

/**
 * The BullMQ worker that answers the doorbell. A job that fails is not tried again by BullMQ: its
 * rows stay due, and the sweeper rings for them.
 */
export function createInboxWorker(
  backend: QueueBackend,
  context: RingContext,
  limits: WorkerLimits,
  onRing: RingListener,
): Worker {
  return backend.worker(
    QUEUES.inbox,
    async (job) => {
      const ids = readRing(job.data);
      if (ids === null) throw new Error('expected a ring with inbox ids');
      const startedAt = performance.now();
      const taken = await processRing(context, ids);
      onRing(ids.length, taken, (performance.now() - startedAt) / 1000);
    },
    limits,
  );
}
