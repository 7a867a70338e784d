import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { QUEUE_SCHEMA_DEFAULT } from '../../src/database/migrate.js';
import {
  postgresBackend,
  redisBackend,
  type QueueBackend,
} from '../../src/queues/queue-backend.js';
import { QUEUES } from '../../src/queues/queues.js';
import { TcpProxy } from '../proof/proxy.js';
import { eventually } from '../support/eventually.js';
import {
  fragilePostgres,
  type FragileConnection,
  type FragilePostgres,
} from '../support/fragile-postgres.js';
import { freshQueuePrefix } from '../support/service-environment.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { isolatedRedis } from '../support/isolated-redis.js';
import { redisServerIsThere } from '../support/test-redis.js';

const LISTEN = /\blisten bullmq_jobs\b/i;

const statementsToListen = ({ sent }: FragileConnection): number =>
  sent.filter((statement) => LISTEN.test(statement)).length;

describe('a worker whose queue is in PostgreSQL', () => {
  let database: TestDatabase;
  let postgres: FragilePostgres;
  let queues: QueueBackend;
  let heard: unknown[];

  beforeEach(async () => {
    database = await createTestDatabase();
    postgres = await fragilePostgres(database.url);
    queues = postgresBackend(postgres.url, QUEUE_SCHEMA_DEFAULT, () => undefined);
    heard = [];
  });

  afterEach(async () => {
    await postgres.close();
    await database.drop();
  });

  /** Runs a worker and a producer while `work` lasts. */
  async function running(work: (add: (data: unknown) => Promise<void>) => Promise<void>) {
    const limits = { concurrency: 1, lockSeconds: 30 };
    const process = (job: { readonly data: unknown }) => Promise.resolve(heard.push(job.data));
    const worker = queues.worker(QUEUES.inbox, process, limits);
    const producer = queues.producer(QUEUES.inbox);
    void worker.run();
    try {
      await work((data) => producer.add(data));
    } finally {
      await worker.close();
      await producer.close();
    }
  }

  it('starts to work when PostgreSQL was away at first', async () => {
    postgres.fate = () => 'broken instead of the answer';
    await running(async (add) => {
      await eventually(() => {
        expect(postgres.connections.filter(({ isBroken }) => isBroken).length).toBeGreaterThan(4);
      });
      postgres.fate = () => 'kept';
      await eventually(() => add('a ring'));
      await eventually(() => expect(heard).toEqual(['a ring']));
    });
  });

  // Before, one wait that failed was followed by one of an hour.
  it('looks for jobs all the same when it cannot listen for them', async () => {
    postgres.fate = (connection) =>
      LISTEN.test(connection.sent.at(-1) ?? '') ? 'broken instead of the answer' : 'kept';
    await running(async (add) => {
      await eventually(() => {
        expect(postgres.connections.filter(({ isBroken }) => isBroken).length).toBeGreaterThan(2);
      });
      await add('a ring');
      await eventually(() => expect(heard).toEqual(['a ring']));
    });
  });

  // Before, it believed to be listening, and never listened on the connection that came next.
  it.each([1, 2])(
    'listens again when its connection broke just after statement %i to listen',
    async (statements) => {
      const mayBreak = () => !postgres.connections.some(({ isBroken }) => isBroken);
      postgres.fate = (connection) =>
        mayBreak() && statementsToListen(connection) === statements
          ? 'broken with the answer'
          : 'kept';
      await running(async () => {
        await eventually(
          () => {
            const listeners = postgres.connections.filter((one) => statementsToListen(one) > 0);
            expect(listeners.filter(({ isBroken }) => isBroken).length).toBe(1);
            expect(listeners.filter(({ isOpen }) => isOpen).length).toBe(1);
          },
          { timeoutMs: 20_000 },
        );
      });
    },
  );
});

(redisServerIsThere ? describe : describe.skip)('connections to Redis that somebody forgot', () => {
  // Before, a producer and a worker waited for an answer until the kernel gave up, if it ever did.
  it('are made anew, by who adds and by who works', async () => {
    const redis = await isolatedRedis();
    await redis.start();
    const way = await TcpProxy.to(redis.port);
    const queues = redisBackend(way.urlOf(redis.url), freshQueuePrefix(), () => undefined);
    const heard: unknown[] = [];
    const worker = queues.worker(
      QUEUES.inbox,
      (job: { readonly data: unknown }) => Promise.resolve(heard.push(job.data)),
      { concurrency: 1, lockSeconds: 2 },
    );
    const producer = queues.producer(QUEUES.inbox);
    void worker.run();
    try {
      await eventually(() => producer.add('before'));
      await eventually(() => expect(heard).toEqual(['before']));
      way.forget();
      await eventually(() => producer.add('after'), { timeoutMs: 20_000 });
      await eventually(() => expect(heard).toContain('after'), { timeoutMs: 20_000 });
    } finally {
      await Promise.all([worker.close(true), producer.close()]);
      await way.close();
      await redis.remove();
    }
  });
});
