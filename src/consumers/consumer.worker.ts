import type { Worker } from 'bullmq';
import { outcomeSchema } from '../outbox/dispatch.js';
import type { QueueBackend, WorkerLimits } from '../queues/queue-backend.js';
import { queueOf, QUEUES } from '../queues/queues.js';
import { consumeDispatch, type ConsumeContext } from './consume-dispatch.js';
import { settle, type SettleContext } from './settle.js';

/** Told of jobs that failed: nothing is lost, but somebody should know. */
type ErrorListener = (error: Error) => void;

/** The BullMQ worker of one consumer. A job that fails is sent again by the relay. */
export function createConsumerWorker(
  backend: QueueBackend,
  context: ConsumeContext,
  limits: WorkerLimits,
  onError: ErrorListener,
): Worker {
  const queue = queueOf(context.consumer.name);
  const worker = backend.worker(queue, (job) => consumeDispatch(context, job.data), limits);
  return worker.on('failed', (_job, error) => {
    onError(error);
  });
}

/** The worker that hears what consumers outside of this service report. */
export function createOutcomesWorker(
  backend: QueueBackend,
  context: SettleContext,
  consumers: ReadonlySet<string>,
  limits: WorkerLimits,
  onError: ErrorListener,
): Worker {
  const worker = backend.worker(
    QUEUES.outcomes,
    async (job) => {
      const outcome = outcomeSchema.parse(job.data);
      if (!consumers.has(outcome.consumer)) {
        throw new Error('an outcome of a consumer that is not configured as an outside one');
      }
      await settle(context, outcome);
    },
    limits,
  );
  return worker.on('failed', (_job, error) => {
    onError(error);
  });
}
