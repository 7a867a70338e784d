import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { QUEUE_SCHEMA_DEFAULT } from '../../src/database/migrate.js';
import { createInboxWorker } from '../../src/inbox/inbox.processor.js';
import { InboxSweeper } from '../../src/inbox/inbox.sweeper.js';
import { Doorbell, type RingResult } from '../../src/queues/doorbell.js';
import {
  postgresBackend,
  redisBackend,
  type Producer,
  type QueueBackend,
} from '../../src/queues/queue-backend.js';
import { QUEUES, readRing } from '../../src/queues/queues.js';
import { describeBackends } from '../support/describe-backends.js';
import { eventually } from '../support/eventually.js';
import { lifecycles } from '../support/lifecycles.js';
import { createRingHarness, type RingHarness } from '../support/ring-harness.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const OPTIONS = {
  eventsMax: 100,
  ringEventsMax: 10,
  ringBytesMax: 2_097_152,
  graceSeconds: 10,
};

/** A queue that remembers what was added, and is away when told so. */
class ListeningProducer implements Omit<Producer, 'addAll'> {
  readonly rings: string[][] = [];
  isAway = false;

  add(data: unknown): Promise<void> {
    if (this.isAway) return Promise.reject(new Error('away'));
    this.rings.push([...(readRing(data)?.ids ?? [])]);
    return Promise.resolve();
  }

  waitingCount = 0;
  waiting = () => Promise.resolve(this.waitingCount);
  isReachable = () => Promise.resolve(!this.isAway);
  close = () => Promise.resolve();
}

describe('InboxSweeper', () => {
  let database: TestDatabase;
  let harness: RingHarness;
  let pool: pg.Pool;
  let producer: ListeningProducer;
  let results: RingResult[];

  beforeEach(async () => {
    database = await createTestDatabase();
    harness = createRingHarness(database);
    pool = new pg.Pool({ connectionString: database.url, max: 8 });
    producer = new ListeningProducer();
    results = [];
  });

  afterEach(async () => {
    await pool.end();
    await harness.close();
    await database.drop();
  });

  const sweeper = () =>
    new InboxSweeper(pool, new Doorbell(producer, (result) => results.push(result)), OPTIONS);
  const deliver = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_one, index) =>
        harness.deliver('stripe', lifecycles(`s${index}`)[0]?.events[4] ?? {}),
      ),
    );
  const makeDue = () => database.query('update inbox set ring_at = now(), due_at = now()');

  it('rings for nothing that is within its grace', async () => {
    await deliver(3);
    await expect(sweeper().runOnce()).resolves.toBe(0);
    expect(producer.rings).toEqual([]);
  });

  it('rings for what is due in bounded rings, and not again within the grace', async () => {
    await deliver(25);
    await makeDue();
    await expect(sweeper().runOnce()).resolves.toBe(25);
    expect(producer.rings.map((ids) => ids.length)).toEqual([10, 10, 5]);
    await expect(sweeper().runOnce()).resolves.toBe(0);
  });

  it('keeps rings within the bytes that a worker may hold', async () => {
    await deliver(4);
    await database.query(`update inbox set body_bytes = 1000000`);
    await makeDue();
    await sweeper().runOnce();
    expect(producer.rings.map((ids) => ids.length)).toEqual([2, 2]);
  });

  it('does not ring for a backlog again while the queue is full of rings', async () => {
    await deliver(3);
    await makeDue();
    producer.waitingCount = 100;
    await expect(sweeper().runOnce()).resolves.toBe(0);
    producer.waitingCount = 99;
    await expect(sweeper().runOnce()).resolves.toBe(3);
  });

  it('rings once for each when many sweep at once', async () => {
    await deliver(60);
    await makeDue();
    const rung = await Promise.all([1, 2, 3, 4].map(() => sweeper().runOnce()));
    expect(rung.reduce((total, one) => total + one, 0)).toBe(60);
    expect(new Set(producer.rings.flat()).size).toBe(60);
  });

  it('makes due again what a queue that is away did not hear', async () => {
    await deliver(5);
    await makeDue();
    producer.isAway = true;
    await expect(sweeper().runOnce()).resolves.toBe(0);
    expect(results).toEqual(['failed']);
    producer.isAway = false;
    await expect(sweeper().runOnce()).resolves.toBe(5);
  });

  it('is quiet for a moment after a failure instead of knocking on a closed door', async () => {
    await deliver(25);
    await makeDue();
    producer.isAway = true;
    const impatient = sweeper();
    await impatient.runOnce();
    await impatient.runOnce();
    expect(results.filter((one) => one === 'failed')).toHaveLength(1);
    const [due] = await database.query('select count(*)::int from inbox where ring_at <= now()');
    expect(due).toEqual({ count: 25 });
  });

  it('rings for what failed when its pause is over, and not for what is done', async () => {
    await deliver(2);
    await database.query(`update inbox set attempts = 1, due_at = now() + interval '1 hour',
      ring_at = now() + interval '1 hour' where event_id like '%s0%'`);
    await database.query(`update inbox set ring_at = now() where event_id like '%s1%'`);
    await expect(sweeper().runOnce()).resolves.toBe(1);
    await harness.ring(producer.rings.flat());
    await makeDue();
    await expect(sweeper().runOnce()).resolves.toBe(1);
  });

  describeBackends((backend) => {
    it('brings what was never rung for to the workers, and each event is applied once', async () => {
      const redisUrl = await backend.redisUrl();
      const errors: Error[] = [];
      const queues: QueueBackend =
        redisUrl === undefined
          ? postgresBackend(database.url, QUEUE_SCHEMA_DEFAULT, (error) => errors.push(error))
          : redisBackend(redisUrl, QUEUE_SCHEMA_DEFAULT, (error) => errors.push(error));
      const ring = queues.producer(QUEUES.inbox);
      await eventually(async () => {
        expect(await ring.isReachable()).toBe(true);
      });
      const limits = { batchesMax: 2, eventsMax: 100, lockSeconds: 30 };
      const watching = { ...harness.context, graceSeconds: 10, onSuspect: () => Promise.resolve() };
      const workers = [1, 2].map(() =>
        createInboxWorker(queues, watching, limits, () => undefined),
      );
      for (const worker of workers) void worker.run();

      await deliver(40);
      await makeDue();
      const doorbell = new Doorbell(ring, (result) => results.push(result));
      const real = new InboxSweeper(pool, doorbell, OPTIONS);
      await expect(real.runOnce()).resolves.toBe(40);
      await eventually(async () => {
        expect(await database.query('select status, version from payments')).toEqual(
          Array.from({ length: 40 }, () => ({ status: 'paid', version: 1 })),
        );
      });
      expect(results).toEqual(['rung', 'rung', 'rung', 'rung']);
      expect(errors).toEqual([]);
      await Promise.all(workers.map((worker) => worker.close()));
      await doorbell.close();
    });
  });
});
