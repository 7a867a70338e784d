import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { EventReceiver, type ReceiverOptions } from '../../src/inbox/receive-event.js';
import { RedeliveryCounter } from '../../src/inbox/redeliveries.js';
import type { EventConflict, Redelivery } from '../../src/inbox/redelivery.queries.js';
import type { VerifiedEvent } from '../../src/providers/provider.js';
import { findProviderEntry } from '../../src/providers/providers.js';
import { eventually } from '../support/eventually.js';
import { isPooled } from '../support/test-pooler.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { TEST_SECRET, testProviders } from '../support/translate-events.js';

const OPTIONS: ReceiverOptions = {
  rowsMax: 256,
  bytesMax: 2_097_152,
  flushesMax: 3,
  waitingEventsMax: 4096,
  waitingBytesMax: 67_108_864,
  graceSeconds: 10,
};

const NEVER_MS = 2 ** 31 - 1;

describe('EventReceiver', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let recorded: string[];
  let redelivered: Redelivery[];
  let flushes: number[];

  beforeEach(async () => {
    database = await createTestDatabase();
    pool = new pg.Pool({ connectionString: database.url, max: 4 });
    [recorded, redelivered, flushes] = [[], [], []];
  });

  afterEach(async () => {
    await pool.end();
    await database.drop();
  });

  const receiverWith = (options: Partial<ReceiverOptions> = {}) =>
    new EventReceiver(
      pool,
      { ...OPTIONS, ...options },
      {
        recorded: (ids) => recorded.push(...ids),
        redelivered: (one) => redelivered.push(one),
        flushed: (rows) => flushes.push(rows),
      },
    );
  const receive = (receiver: EventReceiver, id: string, more: object = {}) =>
    receiver.receive('stripe', 'default', event({ id, type: 'customer.created', ...more }));

  it('records an event with everything that is known of it', async () => {
    const body = { id: 'evt_1', type: 'customer.created', created: 1_772_359_200, livemode: true };
    await expect(receiverWith().receive('stripe', 'acme', event(body))).resolves.toBe('recorded');
    const rows = await database.query(`
      select provider, account, event_id, event_type, status, livemode, deliveries, attempts,
             convert_from(body, 'UTF8') as body, length(fingerprint) as fingerprint,
             extract(epoch from occurred_at)::int as occurred,
             due_at > now() + interval '8 seconds' as is_due_later
      from inbox join inbox_bodies on inbox_id = id`);
    expect(rows).toEqual([
      {
        provider: 'stripe',
        account: 'acme',
        event_id: 'evt_1',
        event_type: 'customer.created',
        status: 'received',
        livemode: true,
        deliveries: 1,
        attempts: 0,
        body: JSON.stringify({ object: 'event', ...body }),
        fingerprint: 32,
        occurred: 1_772_359_200,
        is_due_later: true,
      },
    ]);
    expect(recorded).toHaveLength(1);
  });

  it('keeps every byte of every body of a batch apart', async () => {
    const receiver = receiverWith();
    const texts = Array.from({ length: 300 }, (_one, index) => `é\u0000${'x'.repeat(index * 7)}`);
    await Promise.all(texts.map((text, index) => receive(receiver, `evt_${index}`, { text })));
    const rows = await database.query<{ event_id: string; body: Buffer; fingerprint: Buffer }>(
      'select event_id, body, fingerprint from inbox join inbox_bodies on inbox_id = id',
    );
    expect(rows).toHaveLength(300);
    for (const { event_id, body, fingerprint } of rows) {
      const text = texts[Number(event_id.slice(4))];
      const expected = event({ id: event_id, type: 'customer.created', text });
      expect(body.equals(expected.body)).toBe(true);
      expect(fingerprint.equals(expected.fingerprint)).toBe(true);
    }
  });

  it('shares one flush among what arrives during another', async () => {
    const receiver = receiverWith({ flushesMax: 1 });
    await Promise.all(Array.from({ length: 100 }, (_one, index) => receive(receiver, `e${index}`)));
    expect(flushes).toEqual([1, 99]);
  });

  it('cuts batches at the limits of rows and bytes', async () => {
    const rows = receiverWith({ flushesMax: 1, rowsMax: 40 });
    await Promise.all(Array.from({ length: 100 }, (_one, index) => receive(rows, `a${index}`)));
    expect(flushes).toEqual([1, 40, 40, 19]);
    flushes = [];
    const bytes = receiverWith({ flushesMax: 1, bytesMax: 2500 });
    const text = 'x'.repeat(1000);
    await Promise.all(
      Array.from({ length: 5 }, (_one, index) => receive(bytes, `b${index}`, { text })),
    );
    expect(flushes).toEqual([1, 2, 2]);
  });

  it('records an event once when it comes many times at once', async () => {
    const receiver = receiverWith();
    const receipts = await Promise.all(
      Array.from({ length: 200 }, () => receive(receiver, 'evt_1')),
    );
    expect(receipts.filter((one) => one === 'recorded')).toHaveLength(1);
    expect(receipts.filter((one) => one === 'duplicate')).toHaveLength(199);
    expect(recorded).toHaveLength(1);
    expect(await database.query('select 1 from inbox')).toHaveLength(1);
  });

  it('keeps the events of accounts and providers apart', async () => {
    const receiver = receiverWith();
    const same = event({ id: 'evt_1', type: 'customer.created' });
    const receipts = await Promise.all([
      receiver.receive('stripe', 'default', same),
      receiver.receive('stripe', 'acme', same),
      receiver.receive('paystack', 'default', same),
    ]);
    expect(receipts).toEqual(['recorded', 'recorded', 'recorded']);
  });

  // Behind a pooler these limits are those of the role, which all tests share.
  const itWithLimits = isPooled ? it.skip : it;

  itWithLimits(
    'answers for an event that somebody works on without an end, and for its neighbours',
    async () => {
      await pool.end();
      pool = new pg.Pool({ connectionString: database.url, max: 4, lock_timeout: 300 });
      const receiver = receiverWith({ flushesMax: 1 });
      await receive(receiver, 'evt_held');
      const worker = await pool.connect();
      await worker.query('begin');
      await worker.query(`update inbox set due_at = now() where event_id = 'evt_held'`);
      const ids = ['evt_first', 'evt_held', 'evt_a', 'evt_b', 'evt_held', 'evt_c'];
      const receipts = await Promise.all(ids.map((id) => receive(receiver, id)));
      await worker.query('rollback');
      worker.release();
      expect(receipts).toEqual(ids.map((id) => (id === 'evt_held' ? 'duplicate' : 'recorded')));
      expect(recorded).toHaveLength(5);
      expect(redelivered.map(({ eventId }) => eventId)).toEqual(['evt_held', 'evt_held']);
    },
  );

  itWithLimits('refuses within its time when the whole inbox is locked', async () => {
    await pool.end();
    pool = new pg.Pool({ connectionString: database.url, max: 4, lock_timeout: 300 });
    const receiver = receiverWith({ flushesMax: 1 });
    await receive(receiver, 'evt_known');
    const migration = await pool.connect();
    await migration.query('begin; lock table inbox');
    const refused = await Promise.allSettled(
      ['evt_1', 'evt_known', 'evt_2'].map((id) => receive(receiver, id)),
    );
    await migration.query('rollback');
    migration.release();
    expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(receive(receiver, 'evt_known')).resolves.toBe('duplicate');
    await expect(receive(receiver, 'evt_1')).resolves.toBe('recorded');
  });

  it('never deadlocks when batches cross each other with the same keys', async () => {
    const receivers = [receiverWith(), receiverWith(), receiverWith(), receiverWith()];
    const ids = Array.from({ length: 200 }, (_one, index) => `evt_${index}`);
    const receipts = await Promise.all(
      receivers.flatMap((receiver, turn) =>
        (turn % 2 ? ids.toReversed() : ids).map((id) => receive(receiver, id)),
      ),
    );
    expect(receipts.filter((one) => one === 'recorded')).toHaveLength(200);
    expect(await database.query('select 1 from inbox')).toHaveLength(200);
  });

  it('lets one row that the database refuses hurt only itself', async () => {
    await database.query(`alter table inbox add check (event_id <> 'evt_13')`);
    const receiver = receiverWith({ flushesMax: 1 });
    const settled = await Promise.allSettled(
      Array.from({ length: 100 }, (_one, index) => receive(receiver, `evt_${index}`)),
    );
    const refused = settled.flatMap((one, index) => (one.status === 'rejected' ? [index] : []));
    expect(refused).toEqual([13]);
    expect(settled[13]).toMatchObject({ reason: { code: 'storage_unavailable' } });
    expect(await database.query('select 1 from inbox')).toHaveLength(99);
    expect(recorded).toHaveLength(99);
  });

  it('refuses more than may wait, and takes the next once there is room', async () => {
    const receiver = receiverWith({ waitingEventsMax: 10, flushesMax: 1 });
    const settled = await Promise.allSettled(
      Array.from({ length: 30 }, (_one, index) => receive(receiver, `evt_${index}`)),
    );
    const refused = settled.filter((one) => one.status === 'rejected');
    expect(refused).toHaveLength(19); // one is in its flush, ten wait
    expect(refused[0]).toMatchObject({ reason: { code: 'overloaded' } });
    await expect(receive(receiver, 'evt_29')).resolves.toBe('recorded');
    const crowded = receiverWith({ waitingBytesMax: 1000 });
    const large = receive(crowded, 'large', { text: 'x'.repeat(2000) });
    await expect(large).rejects.toMatchObject({ code: 'overloaded' });
  });

  it('promises nothing while the database is away, and goes on when it is back', async () => {
    const receiver = receiverWith();
    await database.query('alter table inbox rename to gone');
    await expect(receive(receiver, 'evt_1')).rejects.toMatchObject({ code: 'storage_unavailable' });
    await database.query('alter table gone rename to inbox');
    await expect(receive(receiver, 'evt_1')).resolves.toBe('recorded');
  });

  it('is drained when everything has its answer', async () => {
    const receiver = receiverWith();
    let answered = 0;
    for (let index = 0; index < 50; index += 1) {
      void receive(receiver, `evt_${index}`).then(() => (answered += 1));
    }
    await receiver.drained();
    expect(answered).toBe(50);
    expect(receiver.waitingCount).toBe(0);
  });

  describe('when deliveries cannot be counted', () => {
    let conflicts: number[];
    let failed: unknown[];
    let conflict: Redelivery;
    let plain: Redelivery;

    beforeEach(async () => {
      [conflicts, failed] = [[], []];
      const receiver = receiverWith();
      await receive(receiver, 'evt_1');
      await receive(receiver, 'evt_1', { amount: 9 });
      await receive(receiver, 'evt_1');
      [conflict, plain] = redelivered as [Redelivery, Redelivery];
      await database.query('alter table inbox rename to gone');
    });

    async function counterThatFailed(retryMs: number): Promise<RedeliveryCounter> {
      const listeners = {
        conflict: ({ deliveries }: EventConflict) => conflicts.push(deliveries),
        dropped: () => undefined,
        failed: (error: unknown) => failed.push(error),
      };
      const counter = new RedeliveryCounter(pool, listeners, retryMs);
      counter.note(conflict);
      await counter.drained();
      expect([failed.length, conflicts]).toEqual([1, []]);
      await database.query('alter table gone rename to inbox');
      return counter;
    }

    const counted = () => database.query('select deliveries, conflicts from inbox');

    it('they are counted with the next one', async () => {
      const counter = await counterThatFailed(NEVER_MS);
      counter.note(plain);
      await counter.drained();
      expect([failed.length, conflicts]).toEqual([1, [1]]);
      expect(await counted()).toEqual([{ deliveries: 3, conflicts: 1 }]);
    });

    it('they are counted soon, even if nothing comes after them', async () => {
      await counterThatFailed(20);
      await eventually(async () => {
        expect(await counted()).toEqual([{ deliveries: 2, conflicts: 1 }]);
      });
    });

    it('only evidence that could not be kept is tried again', async () => {
      await database.query('alter table gone rename to inbox');
      await database.query('alter table inbox_conflicts rename to gone');
      const counter = new RedeliveryCounter(
        pool,
        {
          conflict: ({ deliveries }) => conflicts.push(deliveries),
          dropped: () => undefined,
          failed: (error) => failed.push(error),
        },
        NEVER_MS,
      );
      counter.note(plain);
      counter.note(conflict);
      await counter.drained();
      expect([failed.length, conflicts]).toEqual([1, []]);
      expect(await counted()).toEqual([{ deliveries: 2, conflicts: 0 }]);
      await database.query('alter table gone rename to inbox_conflicts');
      await counter.close();
      expect([failed.length, conflicts]).toEqual([1, [1]]);
      expect(await counted()).toEqual([{ deliveries: 3, conflicts: 1 }]);
    });

    it('they are counted before the process ends', async () => {
      const counter = await counterThatFailed(NEVER_MS);
      await counter.close();
      expect(conflicts).toEqual([1]);
      expect(await counted()).toEqual([{ deliveries: 2, conflicts: 1 }]);
    });
  });

  it('never deadlocks when processes count the same deliveries in other orders', async () => {
    const failed: unknown[] = [];
    const counterWith = () =>
      new RedeliveryCounter(pool, {
        conflict: () => undefined,
        dropped: () => undefined,
        failed: (error) => failed.push(error),
      });
    const receiver = receiverWith();
    const ids = Array.from({ length: 300 }, (_one, index) => `evt_${index}`);
    for (let round = 0; round < 2; round += 1) {
      await Promise.all(ids.map((id) => receive(receiver, id)));
    }
    const counters = [counterWith(), counterWith(), counterWith(), counterWith()];
    for (let round = 0; round < 10; round += 1) {
      counters.forEach((counter, turn) => {
        const some = redelivered.slice(0, 300 - 20 * turn - round);
        for (const one of turn % 2 ? some.toReversed() : some) counter.note(one);
      });
      await Promise.all(counters.map((counter) => counter.drained()));
    }
    expect(failed).toEqual([]);
    const noted = [0, 1, 2, 3].flatMap((turn) =>
      Array.from({ length: 10 }, (_one, round) => 300 - 20 * turn - round),
    );
    expect(
      await database.query('select sum(deliveries)::int - count(*)::int as noted from inbox'),
    ).toEqual([{ noted: noted.reduce((total, one) => total + one, 0) }]);
  });

  it('says what it could not keep to be counted', async () => {
    let dropped = 0;
    const counter = new RedeliveryCounter(pool, {
      conflict: () => undefined,
      dropped: () => (dropped += 1),
      failed: () => undefined,
    });
    const body = Buffer.alloc(1_048_576);
    for (let index = 0; index < 40; index += 1) {
      const fingerprint = Buffer.alloc(32, index);
      const key = { provider: 'stripe', account: 'default', eventId: `evt_${index}` };
      counter.note({ ...key, fingerprint, body, deliveries: 1 });
    }
    expect(dropped).toBeGreaterThan(15);
    await counter.drained();
  });

  it('counts deliveries, and keeps another content under the same id as a conflict', async () => {
    const conflicts: number[] = [];
    const failed: unknown[] = [];
    const counter = new RedeliveryCounter(pool, {
      conflict: ({ deliveries }) => conflicts.push(deliveries),
      dropped: () => undefined,
      failed: (error) => failed.push(error),
    });
    const receiver = receiverWith();
    await receive(receiver, 'evt_1', { pending_webhooks: 3 });
    await receive(receiver, 'evt_1', { pending_webhooks: 1 });
    await receive(receiver, 'evt_1', { amount: 9 });
    await receive(receiver, 'evt_1', { amount: 9 });
    for (const one of redelivered) counter.note(one);
    await counter.drained();
    expect(failed).toEqual([]);
    expect(conflicts.reduce((total, one) => total + one, 0)).toBe(2);
    await eventually(async () => {
      expect(
        await database.query(
          `select deliveries, conflicts, convert_from(body, 'UTF8') as body
           from inbox join inbox_bodies on inbox_id = id`,
        ),
      ).toEqual([
        { deliveries: 4, conflicts: 2, body: expect.stringContaining('"pending_webhooks":3') },
      ]);
    });
    expect(
      await database.query(
        `select deliveries, convert_from(body, 'UTF8') as body from inbox_conflicts`,
      ),
    ).toEqual([{ deliveries: 2, body: expect.stringContaining('"amount":9') }]);
  });
});

/** A verified Stripe event, signed like any other. */
function event(payload: object): VerifiedEvent {
  const body = Buffer.from(JSON.stringify({ object: 'event', ...payload }));
  const receivedAtMs = Date.now();
  const entry = findProviderEntry('stripe');
  const provider = testProviders().get('stripe');
  if (!entry || !provider) throw new Error('there is no Stripe');
  const headers = entry.sign({ body, secret: TEST_SECRET, signedAtMs: receivedAtMs });
  return provider.verify({ headers, body, account: 'default', receivedAtMs });
}
