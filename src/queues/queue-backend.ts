import { Queue, Worker, type Processor } from 'bullmq';
import { readRedisAddress, type RedisAddress } from '../redis-address.js';
import { EvictionWatch } from './eviction-watch.js';
import { postgresQueue } from './postgres-queue.js';
import type { QueueName } from './queues.js';
import {
  askEveryMaster,
  connectImpatiently,
  queuePrefix,
  workerConnection,
} from './redis-connection.js';

/** Where BullMQ keeps its jobs. Both backends behave alike to everybody above this file. */
export interface QueueBackend {
  readonly kind: 'redis' | 'postgres';
  /**
   * A queue to add to, or null while the backend is out of reach: it never waits for it. Every
   * call gives the same queue as long as that works.
   */
  producer(name: QueueName): Producer;
  worker(name: QueueName, process: Processor, options: WorkerLimits): Worker;
}

/** Adds jobs, or fails fast. */
export interface Producer {
  /** @throws Error when the backend did not take the job within its time limit */
  add(data: unknown): Promise<void>;
  /** The same for several; when it fails, some may have been taken. */
  addAll(data: readonly unknown[]): Promise<void>;
  /** Jobs that nobody has taken yet. @throws Error when the backend does not answer */
  waiting(): Promise<number>;
  /** True when the backend answers. */
  isReachable(): Promise<boolean>;
  close(): Promise<void>;
}

export interface WorkerLimits {
  readonly concurrency: number;
  readonly lockSeconds: number;
}

type ErrorListener = (error: Error) => void;

/** A producer that has not answered by then has failed; the sweeper rings again. */
const COMMAND_TIMEOUT_MS = 250;
const ADD_TIMEOUT_MS = 2000;
/** Never reached by a database that answers; ends a connection whose other side is gone. */
const WORK_TIMEOUT_MS = 10_000;
/** How long a worker of an empty queue listens before it looks again. */
const LISTEN_SECONDS = 5;
/** After so long without an answer a connection to Redis is made anew. */
const SILENCE_MS_MAX = { producer: 2000, worker: (LISTEN_SECONDS + 2) * 1000 } as const;
const CONNECT_MS = { producer: 2000, worker: 10_000 } as const;
const JOB_OPTIONS = {
  // The truth is the row, so a finished job is of no use; one that is kept would block its id.
  removeOnComplete: true,
  removeOnFail: true,
  attempts: 1,
} as const;

/**
 * @param redisUrl one Redis, a cluster, or what Sentinels watch over: see {@link readRedisAddress}
 * @param prefix of the Redis keys
 */
export function redisBackend(
  redisUrl: string,
  prefix: string,
  onError: ErrorListener,
): QueueBackend {
  const address = readRedisAddress(redisUrl);
  return {
    kind: 'redis',
    producer: (name) => redisProducer(address, prefix, name, onError),
    worker: (name, process, limits) => {
      const connection = workerConnection(address, {
        silenceMs: SILENCE_MS_MAX.worker,
        connectMs: CONNECT_MS.worker,
      });
      const worker = new Worker(name, process, {
        ...workerOptions(limits),
        prefix: queuePrefix(address, prefix, name),
        connection: connection.options,
      });
      worker.once('closed', () => connection.close());
      return listening(worker, onError);
    },
  };
}

/** @param schema of the database in which BullMQ keeps its tables; it must be migrated */
export function postgresBackend(
  databaseUrl: string,
  schema: string,
  onError: ErrorListener,
): QueueBackend {
  const database = { databaseUrl, schema };
  const connection = {}; // which BullMQ asks for, although its factory knows better
  return {
    kind: 'postgres',
    producer: (name) => {
      const factory = postgresQueue({ ...database, max: 2, statementTimeoutMs: ADD_TIMEOUT_MS });
      return postgresProducer(
        listening(new Queue(name, { connection }, factory as never), onError),
      );
    },
    worker: (name, process, limits) => {
      // Two that work and one that listens.
      const factory = postgresQueue({ ...database, max: 3, statementTimeoutMs: WORK_TIMEOUT_MS });
      const options = { ...workerOptions(limits), connection };
      return listening(new Worker(name, process, options, factory as never), onError);
    },
  };
}

function redisProducer(
  address: RedisAddress,
  configuredPrefix: string,
  name: QueueName,
  onError: ErrorListener,
): Producer {
  const prefix = queuePrefix(address, configuredPrefix, name);
  // Our own connection, because BullMQ waits for ever for one that never was up, and because
  // commands must fail and not queue up while Redis is away or hangs.
  const redis = connectImpatiently(address, {
    silenceMs: SILENCE_MS_MAX.producer,
    connectMs: CONNECT_MS.producer,
    commandMs: COMMAND_TIMEOUT_MS,
  });
  redis.on('error', onError);
  const eviction = new EvictionWatch(onError);
  const queues = new Replaceable(() =>
    listening(new Queue(name, { connection: redis, prefix, skipVersionCheck: true }), onError),
  );
  return {
    async add(data) {
      if (redis.status !== 'ready') throw new Error(`Redis is ${redis.status}`);
      await queues.use((queue) => queue.add(name, data, JOB_OPTIONS));
    },
    async addAll(data) {
      if (redis.status !== 'ready') throw new Error(`Redis is ${redis.status}`);
      const jobs = data.map((one) => ({ name, data: one, opts: JOB_OPTIONS }));
      await queues.use((queue) => queue.addBulk(jobs));
    },
    waiting: () => {
      if (redis.status !== 'ready') return Promise.reject(new Error(`Redis is ${redis.status}`));
      return queues.use((queue) => queue.getWaitingCount());
    },
    isReachable: async () => {
      if (redis.status !== 'ready') return false;
      try {
        // Of a cluster, the node that has this queue must answer, whoever that is by now.
        await redis.exists(`${prefix}:${name}:meta`);
        eviction.look(await askEveryMaster(redis, 'memory'));
        return true;
      } catch {
        return false;
      }
    },
    async close() {
      await queues.close();
      redis.disconnect();
    },
  };
}

function postgresProducer(queue: Queue): Producer {
  return {
    add: async (data) => {
      await queue.add(queue.name, data, JOB_OPTIONS);
    },
    // One by one: BullMQ makes a temporary table for every bulk, which bloats the catalogue.
    addAll: async (data) => {
      for (const one of data) await queue.add(queue.name, one, JOB_OPTIONS);
    },
    waiting: () => queue.getWaitingCount(),
    isReachable: () => Promise.resolve(true), // where our own rows are; asked for elsewhere
    close: () => queue.close(),
  };
}

/**
 * A queue that is made when it is needed and made again when it failed before it ever worked:
 * BullMQ remembers a first connection that failed, and would fail for ever.
 */
class Replaceable {
  private queue: Queue | null = null;
  private hasWorked = false;

  constructor(private readonly make: () => Queue) {}

  async use<T>(work: (queue: Queue) => Promise<T>): Promise<T> {
    const queue = (this.queue ??= this.make());
    try {
      const result = await work(queue);
      this.hasWorked = true;
      return result;
    } catch (error) {
      if (!this.hasWorked && this.queue === queue) {
        this.queue = null;
        void queue.close().catch(() => undefined);
      }
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.queue?.close();
  }
}

function workerOptions({ concurrency, lockSeconds }: WorkerLimits) {
  return {
    concurrency,
    lockDuration: lockSeconds * 1000,
    stalledInterval: lockSeconds * 1000,
    maxStalledCount: 1, // a ring that stalls again is given up: the sweeper rings anew
    drainDelay: LISTEN_SECONDS,
    runRetryDelay: 1000,
    autorun: false,
  };
}

/** Without a listener, an `error` event would end the process. */
function listening<T extends { on(event: 'error', listener: ErrorListener): unknown }>(
  emitter: T,
  onError: ErrorListener,
): T {
  emitter.on('error', onError);
  return emitter;
}
