import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { bindStart, recordStart } from '../../src/checkout/bind-start.js';
import { insertStart, insertStartedPayment } from '../../src/checkout/checkout.queries.js';
import { referenceOf } from '../../src/providers/own-reference.js';
import { inTransaction } from '../../src/database/transaction.js';
import { createOrder } from '../../src/payments/create-order.js';
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
  readonly answer: () => Promise<void>;
}

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
      const customer = { email: null, name: null };
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
      answer: () =>
        inTransaction(pool, (tx) =>
          bindStart(tx, id, own, {
            providerPaymentId: intent,
            clientSecret: 'secret',
            authorizationUrl: null,
          }),
        ),
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
