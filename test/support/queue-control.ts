import { Redis } from 'ioredis';
import pg from 'pg';
import { QUEUE_SCHEMA_DEFAULT } from '../../src/database/migrate.js';
import { eventually } from './eventually.js';
import { isolatedRedis } from './isolated-redis.js';
import type { TestDatabase } from './test-database.js';

const HOLD_MS_MAX = 120_000;

/** The queues of a service under test, to be treated badly. */
export interface QueueControl {
  readonly redisUrl: string | undefined;
  /** From now on every command to the queue hangs. */
  hold(): Promise<void>;
  /** Lets commands through again; those of processes that died meanwhile are forgotten. */
  release(): Promise<void>;
  /** Jobs of any state. */
  countJobs(): Promise<number>;
  /** Loses every job. */
  empty(): Promise<void>;
  remove(): Promise<void>;
}

/** A Redis of its own, with nothing in it. */
export async function redisQueue(): Promise<QueueControl> {
  const redis = await isolatedRedis();
  await redis.start();
  const client = new Redis(redis.url, { maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  return {
    redisUrl: redis.url,
    // Not SIGSTOP: what waits in a socket would be read afterwards, although its sender is dead.
    // A paused Redis drops the waiting command of a client that is gone.
    hold: async () => {
      await client.client('PAUSE', HOLD_MS_MAX, 'WRITE');
    },
    release: async () => {
      // A turn of its loop each, in which it notices who is gone.
      for (let turn = 0; turn < 3; turn += 1) await client.ping();
      await client.client('UNPAUSE');
    },
    countJobs: async () => {
      const keys = await client.keys(`${QUEUE_SCHEMA_DEFAULT}:inbox:*`);
      return keys.filter((key) => /:\d+$/.test(key)).length;
    },
    empty: async () => {
      await client.flushall();
    },
    remove: async () => {
      client.disconnect();
      await redis.remove();
    },
  };
}

/** The tables that BullMQ keeps in this database. */
export function postgresQueue(database: TestDatabase): Promise<QueueControl> {
  const job = `${QUEUE_SCHEMA_DEFAULT}.job`;
  let holder: pg.Client | null = null;
  const release = async (): Promise<void> => {
    if (holder === null) return;
    // The statement of a process that was killed while it waited must not come through after all.
    await eventually(async () => {
      const waiting = await database.query(
        `select pg_terminate_backend(pid, 5000) from pg_locks
          where not granted and relation = $1::regclass`,
        [job],
      );
      expect(waiting).toHaveLength(0);
    });
    await holder.end();
    holder = null;
  };
  return Promise.resolve({
    redisUrl: undefined,
    hold: async () => {
      holder = new pg.Client({ connectionString: database.url });
      await holder.connect();
      await holder.query('begin');
      await holder.query(`lock table ${job} in access exclusive mode`);
    },
    release,
    countJobs: async () => (await database.query(`select from ${job}`)).length,
    empty: async () => {
      await database.query(`truncate ${job} cascade`);
    },
    remove: release,
  });
}
