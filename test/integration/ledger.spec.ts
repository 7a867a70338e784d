import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { bindStart, recordStart } from '../../src/checkout/bind-start.js';
import { insertStart, insertStartedPayment } from '../../src/checkout/checkout.queries.js';
import { ENTITIES } from '../../src/database/entities.js';
import { inTransaction } from '../../src/database/transaction.js';
import { LedgerController } from '../../src/ops/ledger.controller.js';
import { createOrder } from '../../src/payments/create-order.js';
import { referenceOf } from '../../src/providers/own-reference.js';
import type { PaymentProvider } from '../../src/providers/provider.js';
import type { Services } from '../../src/services.js';
import { findImbalances } from '../support/balanced-ledgers.js';
import { lifecycles } from '../support/lifecycles.js';
import { createRingHarness, type RingHarness } from '../support/ring-harness.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { testProviders } from '../support/translate-events.js';

/** A transfer as these tests look at it: `rule revision amount debit → credit`. */
type Line = string;

describe('the ledger', () => {
  // One database for all of them, so that after each test its ledger is held to its payments.
  let database: TestDatabase;
  let harness: RingHarness;
  /** Makes everything of a test its own. */
  let tag = '';

  beforeAll(async () => {
    database = await createTestDatabase();
    harness = createRingHarness(database);
  });

  beforeEach(() => {
    tag = `l${randomUUID().slice(0, 8)}x`;
  });

  afterAll(async () => {
    await harness.close();
    await database.drop();
  });

  const tell = async (...events: readonly object[]) => {
    for (const event of events) {
      await harness.deliver('stripe', event);
      await harness.ring();
    }
  };

  const life = (name: string, id = tag) => {
    const found = lifecycles(id).find((one) => one.name.includes(name));
    if (!found) throw new Error(`there is no life with ${name}`);
    return found.events;
  };

  /** What was posted for the payments of a test, in order; accounts without what varies. */
  const posted = async (of = tag): Promise<Line[]> => {
    const rows = await database.query<{ line: string; payment_id: string }>(
      `select payment_id, concat_ws(' ', rule, revision, amount_minor, debit_account, '→',
                                    credit_account) as line
       from ledger_transfers where payment_id in (
         select id from payments where provider_payment_id = $1) order by id`,
      [`pi_${of}`],
    );
    return rows.map(({ line, payment_id }) =>
      line
        .replaceAll('provider:stripe:default', 'provider')
        .replaceAll(payment_id, 'payment')
        .replaceAll(of, '*'),
    );
  };

  describe('of one payment', () => {
    it('has a capture once, however many events and deliveries tell it', async () => {
      const [intent = {}, charge = {}] = life('lost after an inquiry');
      await tell(intent, charge);
      await expect(harness.deliver('stripe', intent)).resolves.toBe('duplicate');
      await harness.ring();
      expect(await posted()).toEqual(['capture 1 5000 provider → order:order-*']);
    });

    it('says what told it', async () => {
      const [, charge = {}] = life('lost after an inquiry');
      await tell(charge);
      const transfers = await database.query(
        `select fact_kind, event_id, command, t.order_id = p.order_id as is_of_order
         from ledger_transfers t join payments p on p.id = t.payment_id
           join inbox on inbox.id = t.inbox_id where p.provider_payment_id = $1`,
        [`pi_${tag}`],
      );
      expect(transfers).toEqual([
        {
          fact_kind: 'captured',
          event_id: (charge as { id: string }).id,
          command: null,
          is_of_order: true,
        },
      ]);
    });

    it('posts the difference of a capture that grows', async () => {
      await tell(...life('captured in part'));
      expect(await posted()).toEqual([
        'capture 1 2000 provider → order:order-*',
        'capture 2 2500 provider → order:order-*',
      ]);
    });

    it('posts nothing for an older capture that is told after a newer one', async () => {
      const [, , , first = {}, second = {}] = life('captured in part');
      await tell(second, first);
      expect(await posted()).toEqual(['capture 1 4500 provider → order:order-*']);
    });

    it('posts refunds as the payment counts them', async () => {
      await tell(...life('two parts'));
      expect(await posted()).toEqual([
        'capture 1 5000 provider → order:order-*',
        'refund 1 2000 refund:payment → provider',
        'refund 2 3000 refund:payment → provider',
      ]);
    });

    it('takes back a refund that fails', async () => {
      await tell(...life('a refund that fails'));
      expect(await posted()).toEqual([
        'capture 1 5000 provider → order:order-*',
        'refund 1 5000 refund:payment → provider',
        'refund 2 5000 provider → refund:payment',
      ]);
    });

    it('posts a refund that was told before its capture when that comes', async () => {
      const [capture = {}, , refunded = {}] = life('two parts');
      await tell(refund('re_a', 2000));
      expect(await posted()).toEqual([]);
      await tell(capture, refunded);
      expect(await posted()).toEqual([
        'capture 1 5000 provider → order:order-*',
        'refund 1 2000 refund:payment → provider',
      ]);
    });

    it('gives a dispute its money, and takes it back when it is won', async () => {
      const events = life('dispute that is won');
      await tell(...events.slice(0, 4));
      const taken = [
        'capture 1 5000 provider → order:order-*',
        'dispute 1 5000 dispute:payment:dp_* → provider',
      ];
      expect(await posted()).toEqual(taken);
      await tell(...events.slice(4));
      expect(await posted()).toEqual([...taken, 'dispute 2 5000 provider → dispute:payment:dp_*']);
    });

    it('posts nothing for an inquiry, and once for a dispute that is opened and lost', async () => {
      const events = life('lost after an inquiry');
      await tell(...events.slice(0, 3));
      expect(await posted()).toHaveLength(1);
      await tell(...events.slice(3));
      expect((await posted()).slice(1)).toEqual(['dispute 1 5000 dispute:payment:dp_* → provider']);
    });
  });

  describe('of a payment and its order', () => {
    it('holds a payment in suspense until its order is named', async () => {
      await tell(charge(1, {}), refund('re_a', 1000));
      expect(await posted()).toEqual([
        'capture 1 5000 provider → suspense:payment',
        'refund 1 1000 refund:payment → provider',
      ]);
      await tell(charge(2, { order_id: `order-${tag}` }));
      expect((await posted()).slice(2)).toEqual([
        'capture 2 5000 suspense:payment → provider',
        'refund 2 1000 provider → refund:payment',
        'capture 3 5000 provider → order:order-*',
        'refund 3 1000 refund:payment → provider',
      ]);
      expect(await standing(`suspense:%`)).toEqual([]);
    });

    it('follows a payment to another order and back', async () => {
      await tell(...life('moved to another order'));
      expect((await posted()).slice(0, 3)).toEqual([
        'capture 1 5000 provider → order:order-*',
        'capture 2 5000 order:order-* → provider',
        'capture 3 5000 provider → order:other-*',
      ]);
      expect(await standing(`order:o%${tag}`)).toHaveLength(1);
    });

    const standing = (accounts: string) =>
      database.query(
        `select account from ledger_balances where account like $1 and balance_minor <> 0
         and account in (select unnest(array[debit_account, credit_account])
                         from ledger_transfers t join payments p on p.id = t.payment_id
                         where p.provider_payment_id = $2)`,
        [accounts, `pi_${tag}`],
      );
  });

  it('has nothing for a payment that turned out to be a part of another one', async () => {
    const own = await start();
    await tell(charge(1, {}), refund('re_a', 1000));
    const [other] = await database.query<{ id: string }>(
      'select id from payments where provider_payment_id = $1',
      [`pi_${tag}`],
    );
    expect(other?.id).not.toBe(own.paymentId);
    await own.answer();

    const sums = await database.query(
      `select payment_id, rule, revision, debit_account, amount_minor::int as amount, command
       from ledger_transfers where payment_id = any ($1) order by payment_id = $2, rule, revision`,
      [[other?.id, own.paymentId], own.paymentId],
    );
    const [before, after] = [{ payment_id: other?.id }, { payment_id: own.paymentId }];
    expect(sums).toMatchObject([
      { ...before, rule: 'capture', debit_account: 'provider:stripe:default', command: null },
      { ...before, rule: 'capture', debit_account: `suspense:${other?.id}`, revision: 2 },
      { ...before, rule: 'refund', debit_account: `refund:${other?.id}`, command: null },
      { ...before, rule: 'refund', debit_account: 'provider:stripe:default', amount: 1000 },
      { ...after, rule: 'capture', revision: 1, amount: 5000 },
      { ...after, rule: 'refund', revision: 1, amount: 1000 },
    ]);
    expect(await database.query('select 1 from payments where id = $1', [other?.id])).toEqual([]);
  });

  describe('beside events that fail', () => {
    it('gets nothing of a poison event, and all of its neighbours', async () => {
      const poisoned = createRingHarness(database, { providers: withPoison(), attemptsMax: 1 });
      try {
        const ids = [`${tag}a`, `${tag}b`];
        await poisoned.deliver('stripe', life('refund that fails', ids[0])[0] ?? {});
        await poisoned.deliver('stripe', { id: `evt_${tag}`, object: 'event', type: 'poison' });
        await poisoned.deliver('stripe', life('refund that fails', ids[1])[0] ?? {});
        await poisoned.ring();
        for (const id of ids) {
          expect(await posted(id)).toEqual(['capture 1 5000 provider → order:order-*']);
        }
        const ofPoison = await database.query(
          `select status, (select count(*)::int from ledger_transfers t where t.inbox_id = inbox.id)
             as transfers from inbox where event_id = $1`,
          [`evt_${tag}`],
        );
        expect(ofPoison).toEqual([{ status: 'dead', transfers: 0 }]);
      } finally {
        await poisoned.close();
      }
    });

    it('gets nothing of what was rolled back, and posts it once when it works', async () => {
      await database.query(
        `alter table transitions add constraint poison check (facts::text not like '%${tag}b%')`,
      );
      const ids = [`${tag}a`, `${tag}b`];
      for (const id of ids) await harness.deliver('stripe', life('refund that fails', id)[0] ?? {});
      await harness.ring();
      expect([await posted(ids[0]), await posted(ids[1])]).toEqual([
        ['capture 1 5000 provider → order:order-*'],
        [],
      ]);
      await database.query('alter table transitions drop constraint poison');
      await database.query(`update inbox set due_at = now() where status = 'received'`);
      await harness.ring();
      expect(await posted(ids[1])).toEqual(['capture 1 5000 provider → order:order-*']);
    });
  });

  describe('under many workers', () => {
    it.each(['two parts', 'a refund that fails', 'captured in part', 'moved to another order'])(
      'says the same when they share the events of a payment: %s',
      async (name) => {
        for (let turn = 0; turn < 10; turn += 1) {
          const id = `${tag}t${turn}e`;
          const from = harness.recorded.length;
          for (const event of life(name, id)) await harness.deliver('stripe', event);
          const ids = harness.recorded.slice(from);
          const halves = [0, 1].map((half) => ids.filter((_, at) => at % 2 === half));
          await Promise.all(halves.map((half) => harness.ring(half)));
          await harness.ring();
          expect(await findImbalances(database)).toEqual([]);
          const [capture] = await database.query(
            `select sum(case when debit_account like 'provider:%' then t.amount_minor
                             else -t.amount_minor end)::int as amount
             from ledger_transfers t join payments p on p.id = t.payment_id
             where p.provider_payment_id = $1 and rule = 'capture'`,
            [`pi_${id}`],
          );
          expect(capture).toEqual({ amount: name === 'captured in part' ? 4500 : 5000 });
        }
      },
    );
  });

  it.each([
    'update ledger_transfers set amount_minor = amount_minor + 1',
    `update ledger_transfers set command = 'nobody'`,
    'delete from ledger_transfers',
    'truncate ledger_transfers',
    'truncate orders cascade',
  ])('refuses to change what was posted: %s', async (statement) => {
    await tell(charge(1, {}));
    const before = await database.query('select * from ledger_transfers order by id');
    await expect(database.query(statement)).rejects.toMatchObject({
      code: '23001', // restrict_violation
      message: expect.stringContaining('append-only'),
    });
    expect(await database.query('select * from ledger_transfers order by id')).toEqual(before);
  });

  it('refuses a transfer that is none', async () => {
    for (const wrong of [
      { amount: 0 },
      { amount: -1 },
      { credit: 'provider:stripe:default' },
      { credit: 'wherever:1' },
      { revision: 0 },
    ]) {
      await expect(insertByHand(database, randomUUID(), wrong)).rejects.toMatchObject({
        code: '23514', // check_violation
      });
    }
  });

  it('refuses to post one difference twice', async () => {
    await tell(charge(1, {}));
    const [payment] = await database.query<{ id: string }>(
      'select id from payments where provider_payment_id = $1',
      [`pi_${tag}`],
    );
    const key = await database.query<{ fact_key: string }>(
      'select fact_key from ledger_transfers where payment_id = $1',
      [payment?.id],
    );
    const again = insertByHand(database, payment?.id ?? '', { factKey: key[0]?.fact_key ?? '' });
    await expect(again).rejects.toMatchObject({ constraint: 'ledger_transfers_fact_unique' });
  });

  describe('findImbalances, which is asked after every test', () => {
    /** Shows what somebody did by hand, as he alone sees it: all of it is rolled back. */
    async function imbalancesAfter(work: (byHand: Hand) => Promise<unknown>): Promise<string[]> {
      const client = await harness.context.pool.connect();
      const query: TestDatabase['query'] = async (sql, values = []) =>
        (await client.query(sql, [...values])).rows as never;
      try {
        await client.query('begin');
        await work({ query });
        return await findImbalances({ ...database, query });
      } finally {
        await client.query('rollback');
        client.release();
      }
    }

    let paymentId = '';

    beforeEach(async () => {
      await tell(charge(1, { order_id: `order-${tag}` }));
      const [payment] = await database.query<{ id: string }>(
        'select id from payments where provider_payment_id = $1',
        [`pi_${tag}`],
      );
      paymentId = payment?.id ?? '';
    });

    it('sees nothing while nobody did anything', async () => {
      expect(await imbalancesAfter(() => Promise.resolve())).toEqual([]);
    });

    it('sees a transfer that nobody derived', async () => {
      expect(await imbalancesAfter((byHand) => insertByHand(byHand, paymentId, {}))).toEqual([
        `payment ${paymentId}: capture of 5000 EUR is posted as 5001`,
      ]);
    });

    it('sees a transfer of a payment that never was', async () => {
      const nobody = randomUUID();
      expect(await imbalancesAfter((byHand) => insertByHand(byHand, nobody, {}))).toEqual([
        `payment ${nobody} is no more, and 1 EUR of it is still posted`,
      ]);
    });

    it('sees an amount of a payment that is not posted', async () => {
      const found = await imbalancesAfter((byHand) =>
        byHand.query(
          `update payments set amount_captured_minor = 4000, amount_refunded_minor = 10
           where id = $1`,
          [paymentId],
        ),
      );
      expect(found.sort()).toEqual([
        `payment ${paymentId}: capture of 4000 EUR is posted as 5000`,
        `payment ${paymentId}: refund of 10 EUR is posted as 0`,
      ]);
    });

    it('sees an order whose account says something else', async () => {
      const found = await imbalancesAfter((byHand) =>
        byHand.query('update orders set amount_paid_minor = 1 where reference = $1', [
          `order-${tag}`,
        ]),
      );
      expect(found).toEqual([`order order-${tag}: paid 1 EUR, and its account says 5000`]);
    });

    it('sees what is left of a payment that was removed', async () => {
      const found = await imbalancesAfter(async (byHand) => {
        for (const table of ['transitions', 'reviews', 'payment_facts', 'payment_parts']) {
          await byHand.query(`delete from ${table} where payment_id = $1`, [paymentId]);
        }
        await byHand.query('update inbox set payment_id = null where payment_id = $1', [paymentId]);
        await byHand.query('delete from payments where id = $1', [paymentId]);
      });
      expect(found).toEqual([
        `payment ${paymentId} is no more, and 5000 EUR of it is still posted`,
      ]);
    });
  });

  it('is shown a page at a time, newest first, with the balances of all', async () => {
    await tell(...life('a refund that fails'));
    const reads = new DataSource({ type: 'postgres', url: database.url, entities: ENTITIES });
    await reads.initialize();
    const { pool: command } = harness.context;
    const services = { database: { reads, command } } as unknown as Services;
    const controller = new LedgerController(services);
    const order = `order-${tag}`;
    try {
      const pages = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<LedgerController['list']>> = await controller.list({
          order,
          limit: '2',
          ...(cursor === null ? {} : { cursor }),
        });
        pages.push(page);
        cursor = page.nextCursor;
      } while (cursor !== null);

      expect(pages.map(({ data }) => data.map(({ rule, revision }) => [rule, revision]))).toEqual([
        [
          ['refund', 2],
          ['refund', 1],
        ],
        [['capture', 1]],
      ]);
      expect(pages[1]?.balances).toEqual(pages[0]?.balances);
      expect(pages[0]?.balances).toMatchObject([
        { account: `order:${order}`, debitMinor: 0, creditMinor: 5000, balanceMinor: -5000 },
        { account: 'provider:stripe:default', debitMinor: 10_000, balanceMinor: 5000 },
        { account: expect.stringMatching(/^refund:/), balanceMinor: 0 },
      ]);
      await expect(controller.list({ order: 'nobody' })).rejects.toMatchObject({
        code: 'not_found',
      });
      await expect(controller.list({ order, cursor: 'x' })).rejects.toMatchObject({
        code: 'bad_request',
      });
      await expect(controller.list({})).rejects.toMatchObject({ code: 'bad_request' });
    } finally {
      await reads.destroy();
    }
  });

  /** Our payment at Stripe, whose answer has not come yet. */
  async function start(): Promise<{ paymentId: string; answer: () => Promise<void> }> {
    const paymentId = randomUUID();
    const reference = referenceOf(paymentId);
    const orderReference = `order-${tag}`;
    const terms = { amountMinor: 5000n, currency: 'EUR' };
    const own = { provider: 'stripe', account: 'default', reference, orderReference, ...terms };
    const { pool } = harness.context;
    await inTransaction(pool, async (tx) => {
      const order = { reference: orderReference, amountDueMinor: 5000n, currency: 'EUR' };
      await createOrder(tx, { ...order, metadata: {} });
      const started = { ...own, id: paymentId, providerPaymentId: reference, livemode: true };
      await insertStartedPayment(tx, started);
      await recordStart(tx, own);
      await insertStart(tx, { ...own, paymentId, returnUrl: null, customer: { email: null } });
    });
    const answered = {
      providerPaymentId: `pi_${tag}`,
      clientSecret: 'secret',
      authorizationUrl: null,
    };
    return {
      paymentId,
      answer: () => inTransaction(pool, (tx) => bindStart(tx, paymentId, own, answered)),
    };
  }

  /** A capture of 5000 EUR. */
  function charge(second: number, metadata: object): object {
    const object = {
      id: `ch_${tag}`,
      object: 'charge',
      created: 1_772_359_201,
      amount: 5000,
      amount_captured: 5000,
      amount_refunded: 0,
      currency: 'eur',
      captured: true,
      paid: true,
      status: 'succeeded',
      payment_intent: `pi_${tag}`,
      metadata,
    };
    return event(second === 1 ? 'charge.succeeded' : 'charge.updated', second, object);
  }

  function refund(key: string, amount: number): object {
    return event('refund.created', 5, {
      id: `${key}_${tag}`,
      object: 'refund',
      amount,
      currency: 'eur',
      payment_intent: `pi_${tag}`,
      status: 'succeeded',
    });
  }

  function event(type: string, second: number, object: Readonly<Record<string, unknown>>): object {
    return {
      id: `evt_${type}_${second}_${String(object['id'])}`,
      object: 'event',
      type,
      created: 1_772_359_200 + second,
      livemode: true,
      data: { object },
    };
  }
});

/** Somebody who writes to the database past the service. */
type Hand = Pick<TestDatabase, 'query'>;

/** Writes a transfer: a capture of 1 EUR, where nothing else is said. */
function insertByHand(
  database: Hand,
  paymentId: string,
  given: { amount?: number; credit?: string; revision?: number; factKey?: string },
): Promise<pg.QueryResultRow[]> {
  const { amount = 1, credit = 'suspense:x', revision = 1, factKey = 'by hand' } = given;
  return database.query(
    `insert into ledger_transfers (id, payment_id, fact_kind, fact_key, rule, revision,
       debit_account, credit_account, currency, amount_minor, command)
     values ($1, $2, 'captured', $3, 'capture', $4, 'provider:stripe:default', $5, 'EUR', $6, 'hand')`,
    [randomUUID(), paymentId, factKey, revision, credit, amount],
  );
}

/** Stripe as it is, with a defect of ours in the translation of one type. */
function withPoison(): ReadonlyMap<string, PaymentProvider> {
  const providers = new Map(testProviders());
  const stripe = providers.get('stripe');
  if (!stripe) throw new Error('there is no Stripe');
  providers.set('stripe', {
    ...stripe,
    translate: (payload) => {
      if (payload['type'] === 'poison') throw new TypeError('a defect of ours');
      return stripe.translate(payload);
    },
  });
  return providers;
}
