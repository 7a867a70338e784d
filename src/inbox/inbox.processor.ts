import type { Job, Worker } from 'bullmq';
import type { QueueBackend, WorkerLimits } from '../queues/queue-backend.js';
import { QUEUES, readRing, type Ring } from '../queues/queues.js';
import { processRing } from './process-ring.js';
import { processWatched, type WatchContext } from './process-watched.js';
import { Turns } from './turns.js';

/** Told of each ring: events named, events taken, seconds it took. */
export type RingListener = (named: number, taken: number, seconds: number) => void;

/**
 * The BullMQ worker that answers the doorbell. A job that fails is not tried again by BullMQ: its
 * rows stay due, and the sweeper rings for them.
 */
export function createInboxWorker(
  backend: QueueBackend,
  context: WatchContext,
  limits: WorkerLimits,
  onRing: RingListener,
): Worker {
  const turns = new Turns(context.graceSeconds * 1000);
  return backend.worker(
    QUEUES.inbox,
    async (job) => {
      const ring = toWatched(readRing(job.data), job);
      if (ring === null) throw new Error('expected a ring with inbox ids');
      const startedAt = performance.now();
      const taken = await workOn(context, turns, ring);
      onRing(ring.ids.length, taken, (performance.now() - startedAt) / 1000);
    },
    limits,
  );
}

/** Whoever took a ring that has stalled did not come to its end: it is not taken on trust again. */
function toWatched(ring: Ring | null, { stalledCounter }: Job): Ring | null {
  return stalledCounter === 0 ? ring : ring && { unended: 0, ...ring };
}

function workOn(context: WatchContext, turns: Turns, { ids, unended }: Ring): Promise<number> {
  if (unended === undefined) return turns.besideOthers(() => processRing(context, ids));
  const work = () => processWatched(context, { ids, unended });
  // What may end the process must not take along others, which would seem to have ended it.
  return unended > 0 ? turns.alone(work) : turns.besideOthers(work);
}
