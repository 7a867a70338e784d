import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { bindStart, recordStart } from '../../src/checkout/bind-start.js';
import { insertStart, insertStartedPayment } from '../../src/checkout/checkout.queries.js';
import { referenceOf } from '../../src/providers/own-reference.js';
import { inTransaction, type Tx } from '../../src/database/transaction.js';
import { applyFacts } from '../../src/payments/apply-facts.js';
import { createOrder } from '../../src/payments/create-order.js';
import { eventually } from '../support/eventually.js';
import { permutations } from '../support/facts.js';
import { createRingHarness, type RingHarness } from '../support/ring-harness.js';
import { storedResult } from '../support/stored-result.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const AMOUNT = 5000;

/** A payment of ours at Stripe whose answer has not come yet. */
interface Started {
  readonly id: string;
  readonly order: string;
  readonly intent: string;
  /** What Stripe tells. */
  readonly created: object;
  readonly charged: object;
  readonly refunded: object;
  /** The answer to our request. */
  readonly answer: (providerPaymentId?: string) => Promise<void>;
  readonly answerIn: (tx: Tx) => Promise<void>;
}

const answered = (providerPaymentId: string) => ({
  providerPaymentId,
  clientSecret: 'secret',
  authorizationUrl: null,
});

describe('a payment that we started', () => {
  let database: TestDatabase;
  let harness: RingHarness;
  let pool: pg.Pool;
  let count = 0;

  beforeEach(async () => {
    database = await createTestDatabase();
    harness = createRingHarness(database);
    pool = new pg.Pool({ connectionString: database.url, max: 4 });
  });

  afterEach(async () => {
    await pool.end();
    await harness.close();
    await database.drop();
  });

  async function start(): Promise<Started> {
    count += 1;
    const tag = `life${String(count).padStart(5, '0')}x`;
    const [id, order, intent] = [randomUUID(), `${tag}-order`, `pi_${tag}`];
    const reference = referenceOf(id);
    const own = {
      provider: 'stripe',
      account: 'default',
      reference,
      orderReference: order,
      amountMinor: BigInt(AMOUNT),
      currency: 'USD',
    };
    await inTransaction(pool, async (tx) => {
      const terms = { amountDueMinor: BigInt(AMOUNT), currency: 'USD', metadata: {} };
      await createOrder(tx, { ...terms, reference: order });
      await insertStartedPayment(tx, { ...own, id, providerPaymentId: reference, livemode: false });
      await recordStart(tx, own);
      const customer = { email: null };
      await insertStart(tx, { ...own, paymentId: id, returnUrl: null, customer });
    });
    const metadata = { order_id: order, tollgate_payment: reference };
    const event = (type: string, created: number, object: object) => ({
      id: `evt_${tag}${type}`,
      object: 'event',
      type,
      created,
      livemode: false,
      data: { object },
    });
    const intentObject = { id: intent, object: 'payment_intent', amount: AMOUNT, currency: 'usd' };
    // Neither of the others names our reference: the charge was made without metadata.
    const charge = { id: `ch_${tag}`, object: 'charge', amount: AMOUNT, currency: 'usd' };
    const paid = { captured: true, paid: true, status: 'succeeded', payment_intent: intent };
    const refund = { id: `re_${tag}`, object: 'refund', amount: 1000, currency: 'usd' };
    return {
      id,
      order,
      intent,
      created: event('payment_intent.created', 100, { ...intentObject, metadata }),
      charged: event('charge.succeeded', 110, { ...charge, ...paid, amount_captured: AMOUNT }),
      refunded: event('refund.created', 120, {
        ...refund,
        status: 'succeeded',
        payment_intent: intent,
      }),
      answer: (told = intent) =>
        inTransaction(pool, (tx) => bindStart(tx, id, own, answered(told))),
      answerIn: (tx) => bindStart(tx, id, own, answered(intent)),
    };
  }

  const tell = async (event: object) => {
    await harness.deliver('stripe', event);
    await harness.ring();
  };

  const paymentsOf = ({ order, intent }: Started) =>
    database.query<{ id: string; provider_payment_id: string; status: string; paid: string }>(
      `select p.id, provider_payment_id, p.status, o.status as paid
       from payments p left join orders o on o.id = p.order_id
       where provider_payment_id = $1 or o.reference = $2`,
      [intent, order],
    );

  it('gets its id at the provider from the answer', async () => {
    const started = await start();
    await started.answer();
    await tell(started.charged);
    expect(await paymentsOf(started)).toEqual([
      { id: started.id, provider_payment_id: started.intent, status: 'paid', paid: 'paid' },
    ]);
  });

  it('gets its id at the provider from an event that overtakes the answer', async () => {
    const started = await start();
    await tell(started.created);
    expect(await paymentsOf(started)).toMatchObject([{ id: started.id, status: 'pending' }]);
    await started.answer();
    await tell(started.charged);
    expect(await paymentsOf(started)).toEqual([
      { id: started.id, provider_payment_id: started.intent, status: 'paid', paid: 'paid' },
    ]);
  });

  it('is one payment and ends alike, in whatever order answer and events come', async () => {
    const names = ['created', 'charged', 'refunded', 'answer'] as const;
    const ends = new Set<string>();
    for (const order of permutations(names)) {
      const started = await start();
      for (const name of order) {
        if (name === 'answer') await started.answer();
        else await tell(started[name]);
      }
      expect(await paymentsOf(started)).toMatchObject([
        { id: started.id, paid: 'partially_refunded' },
      ]);
      const tag = started.order.replace('-order', '');
      ends.add(JSON.stringify(await storedResult(database, tag)));
    }
    expect([...ends]).toHaveLength(1);
  });

  it('takes over a row that an event made for it, with its history', async () => {
    const started = await start();
    await tell(started.charged);
    await tell(started.refunded);
    const [other] = await database.query<{ id: string }>(
      'select id from payments where provider_payment_id = $1',
      [started.intent],
    );
    expect(other?.id).not.toBe(started.id);
    await started.answer();

    expect(await database.query('select 1 from payments where id = $1', [other?.id])).toEqual([]);
    const moves = await database.query<{ version: number; to_status: string }>(
      'select version, to_status from transitions where payment_id = $1 order by version',
      [started.id],
    );
    expect(moves.map((one) => one.to_status)).toEqual([
      'pending',
      'paid',
      'partially_refunded',
      // The row itself was still pending; it becomes what all of its facts say.
      'partially_refunded',
    ]);
    expect(new Set(moves.map((one) => one.version)).size).toBe(moves.length);
    const [row] = await database.query<{ version: number }>(
      'select version from payments where id = $1',
      [started.id],
    );
    expect(row?.version).toBeGreaterThanOrEqual(moves.at(-1)?.version ?? Infinity);
    const events = await database.query('select event_id from inbox where payment_id = $1', [
      started.id,
    ]);
    expect(events).toHaveLength(2);
  });

  it('takes over a row with the refunds that were asked for on it', async () => {
    const started = await start();
    await tell(started.charged);
    await database.query(
      `insert into refunds (id, payment_id, amount_minor, currency, requested_by)
       select gen_random_uuid(), id, 100, 'USD', 'test' from payments
       where provider_payment_id = $1`,
      [started.intent],
    );
    await started.answer();
    expect(await paymentsOf(started)).toMatchObject([{ id: started.id, status: 'paid' }]);
    const refunds = await database.query('select payment_id from refunds');
    expect(refunds).toEqual([{ payment_id: started.id }]);
  });

  it('applies an event that waited for a row while that was merged', async () => {
    const started = await start();
    await tell(started.refunded); // makes a row that does not know whose it is
    await harness.deliver('stripe', started.charged);
    const applied = await inTransaction(pool, async (tx) => {
      await tx.query('select 1 from payments where provider_payment_id = $1 for update', [
        started.intent,
      ]);
      const waiting = harness.ring();
      await eventually(async () => {
        const blocked = await database.query(
          `select 1 from pg_stat_activity where datname = current_database()
             and wait_event_type = 'Lock' and query like '%from payments%for update%'`,
        );
        expect(blocked).not.toEqual([]);
      });
      await started.answerIn(tx);
      return { waiting };
    });
    await applied.waiting;
    expect(await paymentsOf(started)).toMatchObject([
      { id: started.id, status: 'partially_refunded', paid: 'partially_refunded' },
    ]);
    expect(await database.query('select 1 from parked_facts')).toEqual([]);
  });

  describe('at Paystack, under a second reference because the first address was lost', () => {
    const news = (started: Started, providerPaymentId: string, kind: 'pending' | 'captured') => ({
      inboxId: null,
      command: 'test',
      provider: 'stripe',
      account: 'default',
      facts: {
        providerPaymentId,
        startedAs: referenceOf(started.id),
        partIds: [],
        livemode: false,
        facts: [
          {
            kind,
            key: providerPaymentId,
            amountMinor: kind === 'captured' ? BigInt(AMOUNT) : null,
            currency: 'USD',
            occurredAtMs: 1000,
            state: null,
            reference: null,
          },
        ],
      },
    });
    const told = (...given: Parameters<typeof news>) =>
      inTransaction(pool, (tx) => applyFacts(tx, [news(...given)]));
    const rows = () =>
      database.query<{ id: string; provider_payment_id: string; status: string }>(
        'select id, provider_payment_id, status from payments',
      );

    it('is one payment, although news of the first come after the second', async () => {
      const started = await start();
      const first = referenceOf(started.id);
      await started.answer(`${first}-2`);
      await told(started, first, 'pending');
      await told(started, `${first}-2`, 'captured');
      await told(started, first, 'pending');
      expect(await rows()).toEqual([
        { id: started.id, provider_payment_id: `${first}-2`, status: 'paid' },
      ]);
    });

    it('follows the newest reference, whichever is told first', async () => {
      const started = await start();
      const first = referenceOf(started.id);
      await told(started, first, 'pending');
      await told(started, `${first}-3`, 'pending');
      await started.answer(`${first}-2`);
      expect(await rows()).toEqual([
        { id: started.id, provider_payment_id: `${first}-3`, status: 'pending' },
      ]);
    });

    it('goes to a person when both were paid', async () => {
      const started = await start();
      const first = referenceOf(started.id);
      await started.answer(`${first}-2`);
      await told(started, `${first}-2`, 'captured');
      await told(started, first, 'captured');
      expect(await rows()).toMatchObject([{ id: started.id, provider_payment_id: `${first}-2` }]);
      const orders = await database.query('select status, amount_paid_minor from orders');
      expect(orders).toEqual([{ status: 'in_review', amount_paid_minor: String(2 * AMOUNT) }]);
    });

    it('is one payment too when both are told of in one ring', async () => {
      const started = await start();
      const first = referenceOf(started.id);
      await inTransaction(pool, (tx) =>
        applyFacts(tx, [news(started, first, 'captured'), news(started, `${first}-2`, 'captured')]),
      );
      expect(await rows()).toMatchObject([{ id: started.id, provider_payment_id: `${first}-2` }]);
      const orders = await database.query('select status, amount_paid_minor from orders');
      expect(orders).toEqual([{ status: 'in_review', amount_paid_minor: String(2 * AMOUNT) }]);
    });
  });

  it('leaves a second payment alone that claims to be it', async () => {
    const started = await start();
    await started.answer();
    await tell(started.charged);
    const text = JSON.stringify(started.created)
      .replaceAll(started.intent, `${started.intent}_copy`)
      .replace(/"evt_/, '"evt_copy_');
    await tell(JSON.parse(text) as object);
    const payments = await paymentsOf(started);
    expect(payments.map((one) => one.provider_payment_id).sort()).toEqual([
      started.intent,
      `${started.intent}_copy`,
    ]);
  });

  it('is bound once, when answer and event come at the same time', async () => {
    for (let round = 0; round < 10; round += 1) {
      const started = await start();
      await harness.deliver('stripe', started.created);
      await harness.deliver('stripe', started.charged);
      await Promise.all([started.answer(), harness.ring(), harness.ring(), started.answer()]);
      await harness.ring();
      expect(await paymentsOf(started)).toEqual([
        { id: started.id, provider_payment_id: started.intent, status: 'paid', paid: 'paid' },
      ]);
    }
  });
});
