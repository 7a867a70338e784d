import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { inTransaction } from '../../src/database/transaction.js';
import { createOrder } from '../../src/payments/create-order.js';
import type { PaymentProvider } from '../../src/providers/provider.js';
import { eventually } from '../support/eventually.js';
import { lifecycles } from '../support/lifecycles.js';
import { createRingHarness, type RingHarness } from '../support/ring-harness.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { testProviders } from '../support/translate-events.js';

describe('processRing', () => {
  let database: TestDatabase;
  let harness: RingHarness;

  beforeEach(async () => {
    database = await createTestDatabase();
    harness = createRingHarness(database);
  });

  afterEach(async () => {
    await harness.close();
    await database.drop();
  });

  const events = () =>
    database.query<{
      event_id: string;
      status: string;
      outcome_reason: string | null;
      attempts: number;
      codes: string[];
    }>(
      `select event_id, status, outcome_reason, attempts,
              jsonb_path_query_array(attempt_errors, '$[*].code') as codes
       from inbox order by id`,
    );

  it('applies what money says, ignores the rest, and says which', async () => {
    const [life] = lifecycles('a');
    await harness.deliver('stripe', life?.events[4] ?? {});
    await harness.deliver('stripe', { id: 'evt_c', object: 'event', type: 'customer.created' });
    await expect(harness.ring()).resolves.toBe(2);
    expect(await events()).toMatchObject([
      { status: 'applied', outcome_reason: null },
      { status: 'ignored', outcome_reason: null },
    ]);
    expect(await database.query('select status, version from payments')).toEqual([
      { status: 'paid', version: 1 },
    ]);
    expect(
      await database.query('select from_status, to_status from transitions order by id'),
    ).toEqual([
      { from_status: null, to_status: 'paid' },
      { from_status: 'open', to_status: 'paid' },
    ]);
  });

  it('makes a dead letter at once of what can never be used, with its reason', async () => {
    await harness.deliver('stripe', 'not json');
    await harness.deliver('stripe', '[]');
    await harness.deliver('stripe', intentWith({ amount_received: 10.5 }));
    await harness.deliver('stripe', {
      object: 'v2.core.event',
      id: 'evt_t',
      type: 'v1.charge.failed',
    });
    await harness.ring();
    expect((await events()).map((one) => [one.status, one.outcome_reason, one.codes])).toEqual([
      ['dead', 'payload_unreadable', ['payload_unreadable']],
      ['dead', 'payload_malformed', ['payload_malformed']],
      ['dead', 'amount_unusable', ['amount_unusable']],
      ['dead', 'needs_provider_api', ['needs_provider_api']],
    ]);
    expect(await database.query('select 1 from payments')).toEqual([]);
  });

  describe('a poison event', () => {
    it('whose translation fails is dead after its attempts; neighbours apply at once', async () => {
      await harness.close();
      harness = createRingHarness(database, { providers: withPoison(), attemptsMax: 3 });
      const [life] = lifecycles('a');
      await harness.deliver('stripe', life?.events[4] ?? {});
      await harness.deliver('stripe', { id: 'evt_p', object: 'event', type: 'poison' });
      await harness.deliver('paystack', lifecycles('b').at(-1)?.events[0] ?? {});
      await harness.ring();
      expect(harness.reports.map(({ outcome, attempt }) => [outcome, attempt])).toEqual([
        ['applied', 1],
        ['applied', 1],
        ['retry', 1],
      ]);

      await expect(harness.ring()).resolves.toBe(0); // not due yet, whoever rings
      for (let attempt = 2; attempt <= 3; attempt += 1) {
        await database.query('update inbox set due_at = now()');
        await harness.ring();
      }
      expect(await events()).toMatchObject([
        { status: 'applied', attempts: 0 },
        {
          status: 'dead',
          attempts: 3,
          outcome_reason: 'translate_failed',
          codes: ['translate_failed', 'translate_failed', 'translate_failed'],
        },
        { status: 'applied', attempts: 0 },
      ]);
      await database.query('update inbox set due_at = now()');
      await expect(harness.ring()).resolves.toBe(0);
    });

    it('that the database refuses hurts only itself', async () => {
      await database.query(`alter table payments add check (provider_payment_id <> 'pi_b')`);
      const lives = ['a', 'b', 'c'].flatMap((id) => lifecycles(id).slice(0, 1));
      for (const life of lives) await harness.deliver('stripe', life.events[4] ?? {});
      await harness.ring();
      expect(await events()).toMatchObject([
        { status: 'applied', attempts: 0 },
        { status: 'received', attempts: 1, codes: ['apply_failed'] },
        { status: 'applied', attempts: 0 },
      ]);
      await database.query(
        'alter table payments drop constraint payments_provider_payment_id_check1',
      );
      await database.query('update inbox set due_at = now()');
      await harness.ring();
      expect((await events()).map((one) => one.status)).toEqual(['applied', 'applied', 'applied']);
    });
  });

  it('waits a while for a locked payment, then tries again later; others go on', async () => {
    for (const id of ['a', 'b']) {
      await harness.deliver('stripe', lifecycles(id)[0]?.events[0] ?? {});
    }
    await harness.ring();
    const blocker = new pg.Client({ connectionString: database.url });
    await blocker.connect();
    await blocker.query('begin');
    await blocker.query(`select 1 from payments where provider_payment_id = 'pi_a' for update`);
    const impatient = createRingHarness(database, { lockTimeoutMs: 200 });
    try {
      for (const id of ['a', 'b']) {
        await impatient.deliver('stripe', lifecycles(id)[0]?.events[4] ?? {});
      }
      await impatient.ring();
      expect((await events()).slice(2)).toMatchObject([
        { status: 'received', attempts: 1, codes: ['lock_timeout'] },
        { status: 'applied', attempts: 0 },
      ]);
    } finally {
      await blocker.query('rollback');
      await blocker.end();
    }
    await database.query('update inbox set due_at = now()');
    await impatient.ring();
    expect((await events()).at(2)).toMatchObject({ status: 'applied', attempts: 1 });
    await impatient.close();
  });

  it('leaves rows that another worker holds to it', async () => {
    await harness.deliver('stripe', lifecycles('a')[0]?.events[4] ?? {});
    const blocker = new pg.Client({ connectionString: database.url });
    await blocker.connect();
    await blocker.query('begin');
    await blocker.query('select 1 from inbox for update');
    await expect(harness.ring()).resolves.toBe(0);
    await blocker.query('rollback');
    await blocker.end();
    await expect(harness.ring()).resolves.toBe(1);
  });

  it('looks again at rows that somebody held for a moment, say to count a redelivery', async () => {
    for (const event of lifecycles('a')[0]?.events.slice(0, 3) ?? []) {
      await harness.deliver('stripe', event);
    }
    const counting = new pg.Client({ connectionString: database.url });
    await counting.connect();
    await counting.query('begin');
    await counting.query(`select 1 from inbox order by id desc limit 1 for no key update`);
    const working = harness.ring();
    await eventually(async () => {
      expect((await events()).filter(({ status }) => status === 'received')).toHaveLength(1);
    });
    await counting.query('commit');
    await counting.end();
    await expect(working).resolves.toBe(3);
  });

  it('applies each event once when many workers hear the same rings', async () => {
    const all = lifecycles('a').filter(({ provider }) => provider === 'stripe');
    const bodies = all.flatMap((life) => life.events);
    for (const body of bodies) await harness.deliver('stripe', body);
    const ids = [...harness.recorded];
    const shuffled = (turn: number) => ids.toSorted((a, b) => hash(a, turn) - hash(b, turn));
    const taken = await Promise.all([1, 2, 3, 4, 5, 6].map((turn) => harness.ring(shuffled(turn))));
    const rest = await harness.ring();
    expect(taken.reduce((total, one) => total + one, rest)).toBe(ids.length);
    expect(harness.reports).toHaveLength(ids.length);
    expect(harness.reports.filter(({ outcome }) => outcome === 'retry')).toEqual([]);
  });

  describe('an order and its payment', () => {
    const paid = () => lifecycles('a')[0]?.events[4] ?? {};
    const create = (amountDueMinor: bigint, reference = 'order-a') =>
      inTransaction(harness.context.pool, (tx) =>
        createOrder(tx, { reference, currency: 'EUR', amountDueMinor, metadata: {} }),
      );
    const order = async () =>
      (
        await database.query(
          `select status, currency, amount_due_minor, amount_paid_minor from orders`,
        )
      )[0];

    it('meet when the payment comes first', async () => {
      await harness.deliver('stripe', paid());
      await harness.ring();
      expect(await order()).toMatchObject({ status: 'paid', amount_due_minor: null });
      await expect(create(9000n)).resolves.toBe('created');
      expect(await order()).toMatchObject({
        status: 'partially_paid',
        amount_due_minor: '9000',
        amount_paid_minor: '5000',
      });
    });

    it('meet when the order comes first', async () => {
      await create(5000n);
      await harness.deliver('stripe', paid());
      await harness.ring();
      expect(await order()).toMatchObject({ status: 'paid', amount_paid_minor: '5000' });
    });

    it('meet when both come at once, every time', async () => {
      for (let turn = 0; turn < 25; turn += 1) {
        const id = `t${turn}e`;
        await harness.deliver('stripe', lifecycles(id)[0]?.events[4] ?? {});
        await Promise.all([harness.ring(), create(5000n, `order-${id}`)]);
      }
      expect(
        await database.query(`select status, count(*)::int from orders group by status`),
      ).toEqual([{ status: 'paid', count: 25 }]);
    });

    it('say that the order exists, and whether with the same terms', async () => {
      await create(5000n);
      await expect(create(5000n)).resolves.toBe('exists');
      await expect(create(6000n)).resolves.toBe('differs');
      expect(await order()).toMatchObject({ amount_due_minor: '5000' });
    });

    it('open a review when more came than is owed, once however often it is told', async () => {
      await create(4000n);
      for (const body of lifecycles('a')[0]?.events ?? []) {
        await harness.deliver('stripe', body);
        await harness.ring();
      }
      expect(await order()).toMatchObject({ status: 'in_review' });
      expect(await database.query('select reason, status from reviews')).toEqual([
        { reason: 'amount_mismatch', status: 'open' },
      ]);
    });
  });

  it('withdraws a review when later news resolves what opened it', async () => {
    const life = lifecycles('a').find((one) => one.name.includes('in part'));
    const capture = life?.events[3] ?? {};
    await harness.deliver('stripe', capture);
    await harness.deliver('stripe', refundOf('a', 4000));
    await harness.ring();
    expect(await database.query('select reason, status from reviews')).toEqual([
      { reason: 'refund_exceeds_capture', status: 'open' },
    ]);
    await harness.deliver('stripe', life?.events[4] ?? {});
    await harness.ring();
    expect(await database.query('select reason, status from reviews')).toEqual([
      { reason: 'refund_exceeds_capture', status: 'withdrawn' },
    ]);
    // Less was captured than was asked for, whatever of it was given back.
    expect(await database.query('select status from orders')).toEqual([
      { status: 'partially_paid' },
    ]);
  });

  it('parks what names only a part of a payment until that is known', async () => {
    const life = lifecycles('a').find((one) => one.name.includes('won'));
    await harness.deliver('stripe', life?.events[5] ?? {});
    await harness.ring();
    expect(await events()).toMatchObject([
      { status: 'noop', outcome_reason: 'waiting_for_payment' },
    ]);
    expect(await database.query('select 1 from payments')).toEqual([]);
    await harness.deliver('stripe', life?.events[0] ?? {});
    await harness.ring();
    expect(await database.query('select status from disputes')).toEqual([{ status: 'won' }]);
    expect(await database.query('select 1 from parked_facts')).toEqual([]);
    expect(await database.query('select 1 from inbox where payment_id is null')).toEqual([]);
  });

  it('parks and links at once without losing anything', async () => {
    for (let turn = 0; turn < 25; turn += 1) {
      const life = lifecycles(`p${turn}e`).find((one) => one.name.includes('won'));
      const from = harness.recorded.length;
      await harness.deliver('stripe', life?.events[5] ?? {});
      await harness.deliver('stripe', life?.events[0] ?? {});
      const [part = '', whole = ''] = harness.recorded.slice(from);
      await Promise.all([harness.ring([part]), harness.ring([whole])]);
    }
    expect(await database.query('select count(*)::int from parked_facts')).toEqual([{ count: 0 }]);
    expect(
      await database.query('select status, count(*)::int from disputes group by status'),
    ).toEqual([{ status: 'won', count: 25 }]);
  });
});

function intentWith(fields: object): object {
  const object = { id: 'pi_x', object: 'payment_intent', amount: 5000, currency: 'eur', ...fields };
  return { id: 'evt_x', object: 'event', type: 'payment_intent.succeeded', data: { object } };
}

function refundOf(id: string, amount: number): object {
  return {
    id: `evt_refund_${id}`,
    object: 'event',
    type: 'refund.created',
    created: 1_772_359_206,
    livemode: true,
    data: {
      object: {
        id: `re_${id}`,
        object: 'refund',
        amount,
        currency: 'eur',
        payment_intent: `pi_${id}`,
        status: 'succeeded',
      },
    },
  };
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

/** Some order that differs by turn. */
function hash(text: string, turn: number): number {
  let value = turn;
  for (const character of text) value = (value * 31 + character.charCodeAt(0)) % 65_521;
  return value;
}
