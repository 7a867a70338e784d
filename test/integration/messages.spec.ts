import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { bindStart, recordStart } from '../../src/checkout/bind-start.js';
import { insertStart, insertStartedPayment } from '../../src/checkout/checkout.queries.js';
import { inTransaction } from '../../src/database/transaction.js';
import { claimDispatches } from '../../src/outbox/dispatch.queries.js';
import { dispatchSchema, toDispatch } from '../../src/outbox/dispatch.js';
import type { Message, NewMessage, PaymentSnapshot } from '../../src/outbox/message.js';
import {
  fanOutMessages,
  registerConsumers,
  insertMessages,
} from '../../src/outbox/outbox.queries.js';
import { applyFacts } from '../../src/payments/apply-facts.js';
import { cancelOrder } from '../../src/payments/cancel-order.js';
import { createOrder, type NewOrder } from '../../src/payments/create-order.js';
import { lockOrders } from '../../src/payments/order.queries.js';
import type { EventFacts } from '../../src/payments/ring-state.js';
import { showOrder, showPayment } from '../../src/payments/show.queries.js';
import { referenceOf } from '../../src/providers/own-reference.js';
import type { JsonObject } from '../../src/providers/provider.js';
import { captured, permutations, requested, told } from '../support/facts.js';
import { lifecycles } from '../support/lifecycles.js';
import { createRingHarness, type RingHarness } from '../support/ring-harness.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { problemsOf } from '../support/validate-messages.js';

/** A row of the outbox, oldest first. */
interface Told {
  readonly type: string;
  readonly aggregate: 'payment' | 'order' | 'dispute';
  readonly aggregateId: string;
  readonly version: number;
  readonly subject: string;
  readonly part: string;
  readonly data: Record<string, Record<string, unknown>>;
}

const PAID_EVENT = 4;

describe('what is written in the outbox', () => {
  let database: TestDatabase;
  let harness: RingHarness;
  let pool: pg.Pool;
  let startedCount = 0;

  beforeEach(async () => {
    database = await createTestDatabase();
    harness = createRingHarness(database);
    pool = new pg.Pool({ connectionString: database.url, max: 4 });
  });

  afterEach(async () => {
    try {
      for (const message of await sent()) {
        expect({ message, problems: problemsOf(message) }).toEqual({ message, problems: [] });
      }
      expect(await movesNotToldOnce()).toEqual([]);
      await expectLastWords();
    } finally {
      await pool.end();
      await harness.close();
      await database.drop();
    }
  });

  const outbox = () =>
    database.query<Told & Record<string, unknown>>(
      `select type, aggregate, aggregate_id as "aggregateId", version, subject, part, data
       from outbox order by id`,
    );
  const types = async (): Promise<string[]> => (await outbox()).map(({ type }) => type);
  const count = async () => (await outbox()).length;

  /** Everything, as a consumer of all types gets it. */
  async function sent(): Promise<Message[]> {
    await registerConsumers(pool, [{ name: 'all', patterns: ['%'] }]);
    await fanOutMessages(pool, 10_000);
    const rows = await claimDispatches(pool, 'all', 10_000, 0, 0);
    return rows.map((row) => {
      const dispatch: unknown = JSON.parse(JSON.stringify(toDispatch(row, '/tollgate')));
      expect(dispatchSchema.parse(dispatch)).toEqual(dispatch);
      return dispatchSchema.parse(dispatch).message;
    });
  }

  /** Moves whose message is missing; those that were told of a merged payment name it. */
  const movesNotToldOnce = () =>
    database.query(
      `select t.to_status, t.version, count(m.id) from transitions t
       left join outbox m on m.aggregate_id = coalesce(t.payment_id, t.order_id, t.dispute_id)
         and m.version = t.version and m.type = m.aggregate || '.' || t.to_status
       where not exists (select 1 from outbox o where o.type = 'payment.merged'
                           and o.data ->> 'mergedInto' = t.payment_id::text)
       group by t.id, t.to_status, t.version having count(m.id) <> 1`,
    );

  /** The last message about each payment and order says what the API shows. */
  async function expectLastWords(): Promise<void> {
    const last = new Map((await outbox()).map((one) => [one.aggregateId, one]));
    for (const { id } of await database.query<{ id: string }>('select id from payments')) {
      expect(last.get(id)?.data['payment']).toEqual(await shownPayment(id));
    }
    const orders = await database.query<{ id: string; reference: string; version: number }>(
      'select id, reference, version from orders',
    );
    for (const { id, reference, version } of orders) {
      if (version === 0) {
        expect(last.get(id)).toBeUndefined(); // it was named, and nothing came of it
        continue;
      }
      const { payments: told, ...order } = last.get(id)!.data['order']!;
      const { payments, ...shown } = await shownOrder(reference);
      expect(order).toEqual(shown);
      // A payment may change without its order, but not its money.
      expect(moneyOf(told as ShownPayment[])).toEqual(moneyOf(payments));
    }
  }

  async function shownPayment(id: string): Promise<unknown> {
    const shown = await showPayment(pool, id);
    const { updatedAt, unknownOutcome, ...told } = shown!;
    expect([updatedAt instanceof Date, unknownOutcome]).toEqual([true, false]);
    return asJson(told);
  }

  async function shownOrder(reference: string) {
    const { cancelledAt, payments, reviews, ...order } = await showOrder(pool, reference);
    const { updatedAt, cancelRequestedAt, ...shown } = order;
    expect(updatedAt).toBeInstanceOf(Date);
    expect(cancelRequestedAt === null || cancelledAt === null).toBe(true);
    const told = {
      ...shown,
      isCancelled: cancelledAt !== null,
      reviews: reviews
        .filter(({ status }) => status === 'open')
        .map(({ reason, status, paymentId }) => ({ reason, status, paymentId })),
    };
    return { ...(asJson(told) as Record<string, unknown>), payments };
  }

  const create = (given: Partial<NewOrder> = {}) =>
    inTransaction(pool, (tx) => createOrder(tx, { ...terms, ...given }));
  const terms = {
    reference: 'order-a',
    currency: 'EUR',
    amountDueMinor: 5000n,
    metadata: { customer: 'Zoë', lines: [{ quantity: 2 }] },
  };
  const cancel = (reference: string) =>
    inTransaction(pool, async (tx) => {
      const [order] = await lockOrders(tx, [reference]);
      await cancelOrder(tx, order!);
    });
  const paid = (id = 'a') => lifecycles(id)[0]!.events[PAID_EVENT]!;

  async function tell(...bodies: readonly (JsonObject | undefined)[]): Promise<void> {
    for (const body of bodies) await harness.deliver(providerOf(body!), body!);
    await harness.ring();
  }

  it('says of each payment and order what the API shows, whatever their lives', async () => {
    for (const index of lifecycles('').keys()) {
      for (const body of lifecycles(`life${index}`)[index]!.events) await tell(body);
    }
    expect(new Set(await types()).size).toBeGreaterThan(20);
  });

  it('is the same when all events of a life are applied in one ring', async () => {
    for (const index of lifecycles('').keys()) {
      const { name, events } = lifecycles(`alone${index}`)[index]!;
      const known = await count();
      for (const body of events) await tell(body);
      const alone = (await outbox()).slice(known);
      await tell(...lifecycles(`together${index}`)[index]!.events);
      const together = (await outbox()).slice(known + alone.length);
      expect({ name, stories: storiesOf(together) }).toEqual({ name, stories: storiesOf(alone) });
    }
  });

  describe('with its change', () => {
    const facts = (reference: string): EventFacts => ({
      inboxId: null,
      command: 'test',
      provider: 'stripe',
      account: 'default',
      facts: told(requested(5000n, { reference }), captured(5000n)),
    });

    it('is committed with it or not at all', async () => {
      await create({ currency: 'NGN' });
      const known = await outbox();
      await expect(
        inTransaction(pool, async (tx) => {
          await applyFacts(tx, [facts('order-a')]);
          const { rowCount } = await tx.query('select 1 from outbox');
          expect(rowCount).toBeGreaterThan(known.length);
          throw new Error('the process died');
        }),
      ).rejects.toThrow('the process died');
      expect(await outbox()).toEqual(known);
      await inTransaction(pool, (tx) => applyFacts(tx, [facts('order-a')]));
      expect((await types()).slice(known.length)).toEqual(['payment.paid', 'order.paid']);
    });

    it('is seen by nobody before the commit', async () => {
      await inTransaction(pool, async (tx) => {
        await applyFacts(tx, [facts('order-a')]);
        expect(await outbox()).toEqual([]);
      });
      expect(await types()).toEqual(['payment.paid', 'order.paid']);
    });

    it('takes the change with it when it cannot be written', async () => {
      await database.query(`alter table outbox add check (type <> 'order.paid')`);
      await tell(paid());
      expect(await outbox()).toEqual([]);
      expect(await database.query('select 1 from payments')).toEqual([]);
      expect(await database.query('select status, attempts from inbox')).toEqual([
        { status: 'received', attempts: 1 },
      ]);
    });

    it('cannot be written twice', async () => {
      await create();
      const [row] = await outbox();
      await expect(
        inTransaction(pool, (tx) => insertMessages(tx, [row as unknown as NewMessage])),
      ).rejects.toMatchObject({ code: '23505', constraint: 'outbox_change_unique' });
    });
  });

  describe('once', () => {
    it('when an event comes again, or another one says the same', async () => {
      const life = lifecycles('a')[0]!;
      for (const body of life.events) await tell(body);
      const known = await outbox();
      for (const body of life.events) {
        await expect(harness.deliver('stripe', body)).resolves.toBe('duplicate');
        await tell({ ...body, id: `${String(body['id'])}_again` });
      }
      expect(await outbox()).toEqual(known);
      expect(
        await database.query(`select 1 from inbox where status = 'noop' and event_id ~ '_again$'`),
      ).toHaveLength(life.events.length);
    });

    it('and not at all of what is ignored, dead or waits for its payment', async () => {
      const dispute = lifecycles('a').find(({ name }) => name.includes('won'))!.events[5]!;
      await tell(
        { id: 'evt_c', object: 'event', type: 'customer.created' },
        { id: 'evt_t', object: 'v2.core.event', type: 'v1.charge.failed' },
        dispute,
      );
      expect(
        await database.query('select status, outcome_reason from inbox order by id'),
      ).toMatchObject([
        { status: 'ignored' },
        { status: 'dead' },
        { status: 'noop', outcome_reason: 'waiting_for_payment' },
      ]);
      expect(await outbox()).toEqual([]);
    });

    it('of the neighbours of an event that cannot be applied, and of it when it can', async () => {
      await database.query(
        `alter table payments add constraint refused check (provider_payment_id <> 'pi_b')`,
      );
      await tell(paid('a'), paid('b'), paid('c'));
      const told = await outbox();
      const subjects = told.map(({ subject, type }) => [type, subject.replace(/^[0-9a-f-]+$/, '')]);
      expect(subjects.sort()).toEqual([
        ['order.paid', 'order-a'],
        ['order.paid', 'order-c'],
        ['payment.paid', ''],
        ['payment.paid', ''],
      ]);
      await database.query('alter table payments drop constraint refused');
      await database.query('update inbox set due_at = now()');
      await harness.ring();
      const after = await outbox();
      expect(after.slice(0, told.length)).toEqual(told);
      expect(after.slice(told.length).map(({ type }) => type)).toEqual([
        'payment.paid',
        'order.paid',
      ]);
    });

    it('when many workers hear the same rings', async () => {
      const bodies = lifecycles('a').flatMap(({ provider, events }) =>
        provider === 'stripe' ? events : [],
      );
      for (const body of bodies) await harness.deliver('stripe', body);
      const ids = [...harness.recorded];
      await Promise.all([ids, ids.toReversed(), ids, ids.toReversed()].map(harness.ring));
      await database.query('update inbox set due_at = now()');
      await harness.ring();
      expect(await database.query(`select 1 from inbox where status = 'received'`)).toEqual([]);
      const versions = (await outbox()).flatMap(({ aggregate, version }) =>
        aggregate === 'payment' ? [version] : [],
      );
      expect(versions).toEqual([...versions].sort((one, other) => one - other));
    });
  });

  describe('of an order', () => {
    it('is that it was created, with its terms', async () => {
      await expect(create()).resolves.toBe('created');
      const [message, ...others] = await outbox();
      expect(others).toEqual([]);
      const { order, previousStatus } = message!.data;
      expect(message).toMatchObject({ type: 'order.created', version: 1, subject: 'order-a' });
      expect(previousStatus).toBeNull();
      expect(order).toMatchObject({
        status: 'open',
        amountDueMinor: 5000,
        metadata: terms.metadata,
        payments: [],
      });
    });

    it('is nothing when it exists already, or is refused other terms', async () => {
      await create();
      await expect(create()).resolves.toBe('exists');
      await expect(create({ amountDueMinor: 1n })).resolves.toBe('differs');
      expect(await types()).toEqual(['order.created']);
    });

    it('is nothing when its creation is rolled back', async () => {
      await expect(
        inTransaction(pool, async (tx) => {
          await createOrder(tx, terms);
          throw new Error('no');
        }),
      ).rejects.toThrow('no');
      expect(await outbox()).toEqual([]);
    });

    it('is that it is paid, when it owes nothing', async () => {
      await create({ amountDueMinor: 0n });
      expect(await types()).toEqual(['order.created', 'order.paid']);
    });

    it('is that it was created after its payment came, and what follows of that', async () => {
      await tell(paid());
      await create({ amountDueMinor: 9000n });
      const messages = await outbox();
      expect(messages.map(({ type, version }) => [type, version])).toEqual([
        ['payment.paid', 1],
        ['order.paid', 1],
        ['order.created', 3],
        ['order.partially_paid', 3],
      ]);
      expect(messages.map(({ data }) => data['order']?.['amountDueMinor'])).toEqual([
        undefined,
        null,
        9000,
        9000,
      ]);
    });

    it('is that it was created after its payment, when nothing follows of that', async () => {
      await tell(paid());
      await create();
      expect((await types()).slice(2)).toEqual(['order.created']);
    });

    it('is that it was cancelled, once', async () => {
      await create();
      await cancel('order-a');
      await cancel('order-a');
      expect(await types()).toEqual(['order.created', 'order.cancelled']);
    });

    it('is that money came after it was cancelled', async () => {
      await create();
      await cancel('order-a');
      await tell(paid());
      expect((await types()).slice(2)).toEqual([
        'payment.paid',
        'order.in_review',
        'order.review_opened',
      ]);
    });

    it('is that it was paid by two payments', async () => {
      await create();
      const other = JSON.parse(
        JSON.stringify(paid('b')).replaceAll('order-b', 'order-a'),
      ) as JsonObject;
      await tell(paid('a'));
      await tell(other);
      const last = (await outbox()).at(-1);
      expect(last).toMatchObject({ type: 'order.review_opened', part: 'paid_twice ' });
      expect(last?.data['order']?.['payments']).toHaveLength(2);
    });
  });

  it('has the greatest amount there can be to the last unit', async () => {
    const amountMinor = BigInt(Number.MAX_SAFE_INTEGER);
    const facts = told(requested(amountMinor, { reference: 'order-a' }), captured(amountMinor));
    const cause = { inboxId: null, command: 'test' };
    await inTransaction(pool, (tx) =>
      applyFacts(tx, [{ ...cause, provider: 'stripe', account: 'default', facts }]),
    );
    const [texts] = await database.query<{ amount: string }>(
      `select data -> 'order' ->> 'amountPaidMinor' as amount from outbox
       where type = 'order.paid'`,
    );
    expect(texts).toEqual({ amount: '9007199254740991' });
  });

  describe('of a payment that we started', () => {
    it('is that it is pending, without an id at the provider, then with it', async () => {
      const started = await start();
      await started.answer();
      const told = (await about(started.id)).map(({ type, data }) => [
        type,
        data['payment']?.['providerPaymentId'],
      ]);
      expect(told).toEqual([
        ['payment.pending', null],
        ['payment.updated', started.intent],
      ]);
    });

    it('is the same when an event overtakes the answer', async () => {
      const started = await start();
      await tell(started.created);
      const known = await about(started.id);
      expect(known.map(({ type }) => type)).toEqual(['payment.pending', 'payment.updated']);
      await started.answer();
      expect(await about(started.id)).toEqual(known);
    });

    it('is that a row an event made for it is no more, and what that makes of it', async () => {
      const started = await start();
      await tell(started.charged);
      await tell(started.refunded);
      const [other] = await database.query<{ id: string }>(
        'select id from payments where provider_payment_id = $1',
        [started.intent],
      );
      const told = await about(other!.id);
      await started.answer();

      const [merged, ...more] = (await about(other!.id)).slice(told.length);
      expect(more).toEqual([]);
      expect(merged).toMatchObject({
        type: 'payment.merged',
        version: told.at(-1)!.version + 1,
        data: { mergedInto: started.id, payment: { id: other!.id } },
      });
      expect((await about(started.id)).at(-1)).toMatchObject({
        data: { payment: { status: 'partially_refunded', amountRefundedMinor: 1000 } },
      });
      const order = (await outbox()).filter(({ aggregate }) => aggregate === 'order').at(-1);
      expect(order).toMatchObject({
        type: 'order.partially_refunded',
        data: { order: { payments: [{ id: started.id }] } },
      });
    });

    it('grows in version and ends alike, in whatever order answer and events come', async () => {
      const ends = new Set<string>();
      for (const names of permutations(['created', 'charged', 'refunded', 'answer'] as const)) {
        const started = await start();
        for (const name of names) {
          if (name === 'answer') await started.answer();
          else await tell(started[name]);
        }
        const told = await about(started.id);
        const versions = told.map(({ version }) => version);
        expect(versions).toEqual([...versions].sort((one, other) => one - other));
        const { status, amountCapturedMinor, amountRefundedMinor, amountMinor } =
          told.at(-1)!.data['payment']!;
        ends.add(JSON.stringify([status, amountMinor, amountCapturedMinor, amountRefundedMinor]));
      }
      expect([...ends]).toEqual([JSON.stringify(['partially_refunded', 5000, 5000, 1000])]);
    });

    const about = async (id: string) =>
      (await outbox()).filter(({ aggregateId }) => aggregateId === id);

    /** A payment of ours at Stripe whose answer has not come yet. */
    async function start() {
      startedCount += 1;
      const tag = `s${startedCount}x`;
      const [id, order, intent] = [randomUUID(), `order-${tag}`, `pi_${tag}`];
      const reference = referenceOf(id);
      const own = {
        provider: 'stripe',
        account: 'default',
        reference,
        orderReference: order,
        amountMinor: 5000n,
        currency: 'USD',
      };
      await inTransaction(pool, async (tx) => {
        await createOrder(tx, { ...terms, currency: 'USD', reference: order });
        const row = { ...own, id, providerPaymentId: reference, livemode: false };
        await insertStartedPayment(tx, row);
        await recordStart(tx, own);
        const customer = { email: null };
        await insertStart(tx, { ...own, paymentId: id, returnUrl: null, customer });
      });
      const event = (type: string, created: number, object: JsonObject): JsonObject => ({
        id: `evt_${tag}${type}`,
        object: 'event',
        type,
        created,
        livemode: false,
        data: { object: { currency: 'usd', ...object } },
      });
      const paid = { captured: true, paid: true, status: 'succeeded', payment_intent: intent };
      const answered = {
        providerPaymentId: intent,
        clientSecret: 'secret',
        authorizationUrl: null,
      };
      return {
        id,
        intent,
        answer: () => inTransaction(pool, (tx) => bindStart(tx, id, own, answered)),
        created: event('payment_intent.created', 100, {
          id: intent,
          object: 'payment_intent',
          amount: 5000,
          metadata: { order_id: order, tollgate_payment: reference },
        }),
        charged: event('charge.succeeded', 110, {
          id: `ch_${tag}`,
          object: 'charge',
          amount: 5000,
          amount_captured: 5000,
          ...paid,
        }),
        refunded: event('refund.created', 120, {
          id: `re_${tag}`,
          object: 'refund',
          amount: 1000,
          status: 'succeeded',
          payment_intent: intent,
        }),
      };
    }
  });
});

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

type ShownPayment = Pick<
  PaymentSnapshot,
  'id' | 'currency' | 'amountCapturedMinor' | 'amountRefundedMinor'
>;

/** What the payments of an order have brought, payment by payment. */
function moneyOf(payments: readonly ShownPayment[]): string[] {
  return payments
    .filter(({ amountCapturedMinor }) => amountCapturedMinor > 0)
    .map((one) => [one.id, one.amountCapturedMinor, one.amountRefundedMinor, one.currency].join());
}

function providerOf(body: JsonObject): string {
  return typeof body['type'] === 'string' ? 'stripe' : 'paystack';
}

/** What was told of each aggregate in its order, without ids of ours. */
function storiesOf(messages: readonly Told[]): string[] {
  const stories = new Map<string, string[]>();
  for (const { aggregateId, type, version, part } of messages) {
    const news = `${type} ${version} ${part.replace(/ \S*$/, '')}`;
    stories.set(aggregateId, [...(stories.get(aggregateId) ?? []), news]);
  }
  return [...stories.values()].map((story) => story.join(', ')).sort();
}
