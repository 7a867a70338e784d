import type { Worker } from 'bullmq';
import { postgresBackend, redisBackend, type QueueBackend } from '../queues/queue-backend.js';
import { QUEUES } from '../queues/queues.js';
import { createConsumerWorker } from './consumer.worker.js';
import type { Message } from '../outbox/message.js';

/** How a service of its own listens to its queue. */
export interface StartConsumerOptions {
  /** As in `OUTSIDE_CONSUMERS` of the service that tells. */
  readonly name: string;
  /** The Redis of that service, where it has one… */
  readonly redisUrl?: string | undefined;
  /** …and else its PostgreSQL, in which its queues are. */
  readonly databaseUrl?: string | undefined;
  /** As `QUEUE_PREFIX` of that service. */
  readonly prefix?: string | undefined;
  /** Messages worked on at once. */
  readonly concurrency?: number;
  /**
   * Does what the message asks for; it comes at least once, and in no promised order.
   * @throws Refused to have it as a dead letter at once
   * @throws NotNow to be sent it later without counting an attempt
   * @throws Error to be sent it again with backoff; after the last attempt it is a dead letter
   */
  readonly consume: (message: Message) => Promise<unknown>;
  /** Told of trouble that passes by itself: a queue that is away for a while. */
  readonly onError?: (error: Error) => void;
}

export interface RunningConsumer {
  /** Lets work under way finish, for at most ten seconds; what hangs then is left behind. */
  close(): Promise<void>;
}

const PREFIX_DEFAULT = 'tollgate_queues';
const CONCURRENCY_DEFAULT = 4;
const LOCK_SECONDS = 30;
const CLOSE_MS_MAX = 10_000;

/**
 * Consumes the queue of a consumer outside of Tollgate, and reports each outcome over a queue. A
 * report that gets lost has the message sent again.
 *
 * @throws Error without a `redisUrl` or `databaseUrl`
 */
export function startConsumer(options: StartConsumerOptions): RunningConsumer {
  const { name, consume, concurrency = CONCURRENCY_DEFAULT } = options;
  const backend = backendOf(options);
  const outcomes = backend.producer(QUEUES.outcomes);
  const onError = (error: Error) => options.onError?.(error);
  const worker = createConsumerWorker(
    backend,
    {
      consumer: {
        name,
        types: [],
        consume: async (message) => {
          await consume(message);
        },
      },
      isWanted: () => Promise.resolve(true), // only the database of the other service knows
      settle: (outcome) => outcomes.add(outcome),
    },
    { concurrency, lockSeconds: LOCK_SECONDS },
    onError,
  );
  void worker.run().catch(onError);
  return {
    close: async () => {
      try {
        await closeWithin(worker, CLOSE_MS_MAX);
      } finally {
        await outcomes.close();
      }
    },
  };
}

/**
 * A worker that cannot reach its queue would wait for it for ever, and so would one whose `consume`
 * never ends: what hangs is left behind.
 */
async function closeWithin(worker: Worker, timeMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeMs);
  });
  await Promise.race([worker.close(), timeUp]).finally(() => {
    clearTimeout(timer);
  });
}

function backendOf(options: StartConsumerOptions): QueueBackend {
  const { redisUrl, databaseUrl, prefix = PREFIX_DEFAULT } = options;
  const onError = (error: Error) => options.onError?.(error);
  if (redisUrl !== undefined) return redisBackend(redisUrl, prefix, onError);
  if (databaseUrl !== undefined) return postgresBackend(databaseUrl, prefix, onError);
  throw new Error('startConsumer needs the redisUrl or the databaseUrl of the queues');
}
