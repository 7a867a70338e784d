import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import { dryRunEvents, type EventChange } from '../../src/inbox/dry-run.js';
import type { DryRunView } from '../../src/ops/replays/dry-run-replay.js';
import { replayEvent } from '../../src/ops/replays/replay-event.js';
import { startReplay } from '../../src/ops/replays/start-replay.js';
import type { PaymentProvider } from '../../src/providers/provider.js';
import { lifecycles } from '../support/lifecycles.js';
import { ANN, OperatorHarness, paid, refunded } from '../support/operator-harness.js';
import type { TestDatabase } from '../support/test-database.js';
import { testProviders } from '../support/translate-events.js';

let harness: OperatorHarness;

beforeEach(async () => {
  harness = await OperatorHarness.open();
});
afterEach(() => harness.close());

function dryRun(...ids: readonly string[]): Promise<EventChange[]> {
  const { database, providers } = harness.services;
  return dryRunEvents({ pool: database.command, providers }, ids);
}

/** Every row of every table, and when it was written. */
async function everything(database: TestDatabase): Promise<unknown> {
  const tables = await database.query<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
  );
  const found: unknown[] = [];
  for (const { name } of tables) {
    found.push([name, await database.query(`select t.*, xmin, ctid from ${name} t order by ctid`)]);
  }
  return found;
}

describe('a dry run', () => {
  it('tells what each event would change, one on top of the other', async () => {
    await harness.order('order-a');
    const ids = await harness.dead(paid('order-a', 'a'), refunded('a', 2000));
    const [capture, refund] = await dryRun(...ids);
    expect(capture).toMatchObject({
      eventId: ids[0],
      provider: 'stripe',
      type: 'payment_intent.succeeded',
      outcome: 'applied',
      error: null,
      payment: {
        id: null,
        changes: expect.arrayContaining([
          { field: 'status', before: null, after: 'paid' },
          { field: 'amountCapturedMinor', before: null, after: 5000 },
        ]),
      },
      order: {
        reference: 'order-a',
        isNew: false,
        changes: [
          { field: 'status', before: 'open', after: 'paid' },
          { field: 'amountPaidMinor', before: 0, after: 5000 },
        ],
      },
      reviews: [],
      messages: ['payment.paid', 'order.paid'],
    });
    expect(refund).toMatchObject({
      outcome: 'applied',
      payment: {
        // It is made by the event before, and nobody can look at it yet.
        id: null,
        changes: [
          { field: 'status', before: 'paid', after: 'partially_refunded' },
          { field: 'amountRefundedMinor', before: 0, after: 2000 },
        ],
      },
      order: {
        changes: [
          { field: 'status', before: 'paid', after: 'partially_refunded' },
          { field: 'amountRefundedMinor', before: 0, after: 2000 },
        ],
      },
    });
  });

  it('tells of an order that it would make, of reviews, and of what is known', async () => {
    await harness.order('order-a');
    const [known] = await harness.tell(paid('order-a', 'a'));
    const [twice, other] = await harness.dead(paid('order-a', 'b'), paid('order-new', 'c'));
    const changes = await dryRun(known!, twice!, other!);
    expect(changes).toMatchObject([
      { outcome: 'noop: repeated', payment: { changes: [] }, messages: [], reviews: [] },
      {
        outcome: 'applied',
        reviews: [{ reason: 'paid_twice', status: 'open' }],
        order: {
          changes: expect.arrayContaining([
            { field: 'status', before: 'paid', after: 'in_review' },
          ]),
        },
        messages: expect.arrayContaining(['order.review_opened']),
      },
      { outcome: 'applied', order: { reference: 'order-new', isNew: true } },
    ]);
    expect(changes[2]!.order!.changes).toContainEqual({
      field: 'status',
      before: null,
      after: 'paid',
    });
  });

  it('changes nothing at all', async () => {
    await harness.order('order-a');
    const known = await harness.tell(paid('order-a', 'a'));
    const dead = await harness.dead(paid('order-a', 'b'), refunded('a'), refunded('unknown'));
    const before = await everything(harness.database);
    await dryRun(...known, ...dead);
    await replayEvent(harness.services, ANN, dead[0]!, { dryRun: true });
    const bulk = await startReplay(harness.services, ANN, { filter: {}, dryRun: true }, null);
    expect(bulk).toMatchObject({ status: 200, body: { dryRun: true, matched: 3, examined: 3 } });
    expect(await everything(harness.database)).toEqual(before);
  });

  it('says of each event why it could not be applied, and goes on', async () => {
    await harness.close();
    const providers = withProviderApi();
    harness = await OperatorHarness.open({}, providers);
    const thin = { object: 'v2.core.event', id: 'evt_t', type: 'v1.charge.failed' };
    const ids = [
      await harness.deliver('not json'),
      await harness.deliver(paid('order-a', 'a', 5000, { amount_received: 10.5 })),
      await harness.deliver({ ...thin, related_object: { id: 'ch_1', type: 'charge' } }),
      await harness.deliver({ id: 'evt_c', object: 'event', type: 'customer.created' }),
      await harness.deliver(paid('order-a', 'a')),
    ];
    expect(await dryRun(...ids)).toMatchObject([
      { outcome: 'dead', error: { code: 'payload_unreadable' }, payment: null },
      { outcome: 'dead', error: { code: 'amount_unusable' }, payment: null },
      { outcome: 'asks_provider', error: null, payment: null },
      { outcome: 'ignored', error: null, payment: null },
      { outcome: 'applied', error: null },
    ]);
  });

  it('tells how many there are, and looks at the oldest hundred', async () => {
    await harness.dead(...Array.from({ length: 3 }, (_, index) => paid('o', `p${index}`)));
    const ordered = { filter: { type: 'payment_intent.succeeded' }, dryRun: true };
    const { body } = await startReplay(harness.services, ANN, ordered, null);
    expect(body).toMatchObject({ matched: 3, examined: 3 });
    const discarding = { filter: {}, action: 'discard', reason: 'why', dryRun: true };
    const discarded = await startReplay(harness.services, ANN, discarding, null);
    expect(discarded.body as DryRunView).toMatchObject({ matched: 3, examined: 0, changes: [] });
  });

  it('does not wait for what is locked, and says so of that event alone', async () => {
    await harness.tell(paid('order-a', 'a'));
    const blocked = Array.from({ length: 5 }, () => refunded('a', 1000));
    const ids = await harness.dead(...blocked, paid('order-b', 'b'));
    const client = new pg.Client({ connectionString: harness.database.url });
    await client.connect();
    await client.query('begin');
    await client.query('select 1 from orders for update');
    try {
      // A patient wait for each of them would take longer than a test may.
      const changes = await dryRun(...ids);
      const codes = changes.map(({ error }) => error?.code ?? null);
      expect(codes).toEqual([...blocked.map(() => 'lock_timeout'), null]);
      expect(changes.at(-1)).toMatchObject({ outcome: 'applied' });
    } finally {
      await client.end();
    }
    expect(await dryRun(ids[0]!)).toMatchObject([{ outcome: 'applied' }]);
  });

  it('ends after a while, with those that there was time for', async () => {
    await harness.tell(paid('order-a', 'a'));
    const ids = await harness.dead(...Array.from({ length: 200 }, () => refunded('a', 1000)));
    const client = new pg.Client({ connectionString: harness.database.url });
    await client.connect();
    await client.query('begin');
    await client.query('select 1 from orders for update');
    try {
      const changes = await dryRun(...ids);
      expect(changes.length).toBeGreaterThan(0);
      expect(changes.length).toBeLessThan(ids.length);
      expect(new Set(changes.map(({ error }) => error?.code))).toEqual(new Set(['lock_timeout']));
    } finally {
      await client.end();
    }
  });

  it('gets along with workers: nobody dies, and all is applied', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const dead = await harness.dead(...names.map((name) => paid(`order-${name}`, `${name}2`)));
    const live: string[] = [];
    for (const name of [...names, ...names.toReversed()]) {
      live.push(await harness.deliver(paid(`order-${name}`, `${name}${live.length}x`)));
    }
    await Promise.all([
      harness.ring.ring(live.slice(0, 5)),
      dryRun(...dead),
      harness.ring.ring(live.slice(3).reverse()),
      dryRun(...dead.toReversed()),
      dryRun(...dead),
    ]);
    await harness.database.query(`update inbox set due_at = now() where status = 'received'`);
    await harness.ring.ring();
    const [left] = await harness.database.query<{ count: number }>(
      `select count(*)::int from inbox where id = any ($1::uuid[]) and status <> 'applied'`,
      [live],
    );
    expect(left).toEqual({ count: 0 });
    const { rows } = await harness.services.database.command.query('select 1 as alive');
    expect(rows).toEqual([{ alive: 1 }]);
    const stuck = await harness.database.query(
      `select 1 from pg_stat_activity
       where datname = current_database() and state like 'idle in transaction%'`,
    );
    expect(stuck).toEqual([]);
  });

  it('says what then happens, for any events of any life in any order', async () => {
    const kinds = lifecycles('x').length;
    let turn = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: kinds - 1 }),
        fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 6 }),
        fc.nat({ max: 5 }),
        async (kind, order, appliedCount) => {
          turn += 1;
          const life = lifecycles(`life${turn}e`)[kind]!;
          const indexes = [...new Set(order.map((at) => at % life.events.length))];
          const from = harness.ring.recorded.length;
          for (const at of indexes) {
            await harness.ring.deliver(life.provider, life.events[at]!);
          }
          const ids = harness.ring.recorded.slice(from);
          const first = ids.slice(0, Math.min(appliedCount, ids.length - 1));
          await harness.ring.ring(first);
          const rest = ids.slice(first.length);
          const promised = await dryRun(...rest);
          // In the order of their ids, as a dry run and a replay look at them.
          expect(promised.map(({ eventId }) => eventId)).toEqual([...rest].sort());
          for (const change of promised) await expectKept(change, life.provider);
        },
      ),
      { numRuns: 60 },
    );
  });

  /** Applies an event, and holds what came of it against what a dry run said. */
  async function expectKept(change: EventChange, provider: string): Promise<void> {
    await harness.ring.ring([change.eventId]);
    const [row] = await harness.database.query<{
      outcome: string;
      order: Record<string, unknown> | null;
      payment: Record<string, unknown> | null;
    }>(
      `select case when i.status = 'noop' then 'noop: ' || i.outcome_reason else i.status end
                as outcome,
              jsonb_build_object('status', p.status, 'amountCapturedMinor', p.amount_captured_minor,
                'amountRefundedMinor', p.amount_refunded_minor) as payment,
              jsonb_build_object('status', o.status, 'amountPaidMinor', o.amount_paid_minor,
                'amountRefundedMinor', o.amount_refunded_minor) as "order"
       from inbox i left join payments p on p.id = i.payment_id
                    left join orders o on o.id = p.order_id where i.id = $1`,
      [change.eventId],
    );
    expect({ provider, outcome: row!.outcome }).toEqual({ provider, outcome: change.outcome });
    for (const { field, after } of change.payment?.changes ?? []) {
      if (field in row!.payment!)
        expect({ [field]: row!.payment![field] }).toEqual({ [field]: after });
    }
    for (const { field, after } of change.order?.changes ?? []) {
      if (field in row!.order!) expect({ [field]: row!.order![field] }).toEqual({ [field]: after });
    }
  }
});

/** Stripe as it is where an API key is configured; nobody may use it in a dry run. */
function withProviderApi(): ReadonlyMap<string, PaymentProvider> {
  const providers = new Map(testProviders());
  const stripe = providers.get('stripe')!;
  const api = { hasAccount: () => true } as unknown as NonNullable<PaymentProvider['api']>;
  const made = Object.create(stripe, { api: { value: api } }) as PaymentProvider;
  return providers.set('stripe', made);
}
