import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { findOrderPayments } from '../../src/checkout/checkout.queries.js';
import { sumRefunds } from '../../src/checkout/refund.queries.js';
import { claimUnsettled } from '../../src/checkout/resolver.queries.js';
import { inTransaction } from '../../src/database/transaction.js';
import { insertEvents } from '../../src/inbox/inbox.queries.js';
import { InboxSweeper } from '../../src/inbox/inbox.sweeper.js';
import { sumAccounts } from '../../src/ledger/ledger.queries.js';
import {
  claimDispatches,
  countDispatches,
  countWaitingMessages,
  failDispatch,
  isWanted,
  markConsumed,
  markPublished,
  postponeDispatch,
  releaseDispatches,
} from '../../src/outbox/dispatch.queries.js';
import {
  fanOutMessages,
  forgetConsumed,
  forgetMessages,
  registerConsumers,
} from '../../src/outbox/outbox.queries.js';
import { findStartedReferences } from '../../src/payments/adopt.queries.js';
import { showOrder, showPayment } from '../../src/payments/show.queries.js';
import { readConfig } from '../../src/config/config.js';
import { listAudit } from '../../src/ops/audit/list-audit.js';
import { showEvent } from '../../src/ops/events/show-event.js';
import { showOrderTimeline } from '../../src/ops/orders/show-order.js';
import { showPayment as showTimelineOf } from '../../src/ops/payments/show-payment.js';
import { replayEvent } from '../../src/ops/replays/replay-event.js';
import { listReplays, showReplay } from '../../src/ops/replays/replays.js';
import { runReplayOnce } from '../../src/ops/replays/run-replays.js';
import { startReplay } from '../../src/ops/replays/start-replay.js';
import { listReviews, showReview } from '../../src/ops/reviews/list-reviews.js';
import { resolveReview } from '../../src/ops/reviews/resolve-review.js';
import { SECRET_PREFIXES } from '../../src/providers/providers.js';
import { createServices, type Services } from '../../src/services.js';
import { keptLogger } from '../support/keep-output.js';
import { serviceEnvironment } from '../support/service-environment.js';
import { Doorbell } from '../../src/queues/doorbell.js';
import { eventually } from '../support/eventually.js';
import { lifecycles } from '../support/lifecycles.js';
import { fillTables } from '../support/filled-tables.js';
import { createRingHarness } from '../support/ring-harness.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { replayMessage } from '../support/replay-message.js';

/** Enough that reading a table whole is dearer than a hundred look-ups, which the planner guesses. */
const ROWS = 60_000;
const TABLES = [
  'inbox',
  'orders',
  'payments',
  'payment_facts',
  'payment_parts',
  'parked_facts',
  'disputes',
  'reviews',
  'transitions',
  'ledger_transfers',
  'outbox',
  'dispatches',
  'consumed_messages',
  'refunds',
  'replay_items',
  'review_decisions',
];

/**
 * What one event costs must not grow with what came before it. A statement that reads a whole
 * table shows in the counters of PostgreSQL, whatever plan the planner chose and why.
 */
describe('receiving, applying and commands on large tables', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    await fillTables(database, ROWS);
  });

  afterAll(async () => {
    await database.drop();
  });

  it('reads no table from one end to the other', async () => {
    const before = await rowsReadInSequence(database);
    for (let turn = 0; turn < 8; turn += 1) {
      // Named statements are planned anew five times before PostgreSQL settles for one plan.
      const harness = createRingHarness(database);
      const lives = lifecycles(`turn${turn}e`);
      for (const life of lives) {
        const from = harness.recorded.length;
        for (const body of life.events) await harness.deliver(life.provider, body);
        await harness.ring(harness.recorded.slice(from));
      }
      await sweep(database);
      await harness.close();
    }
    const after = await rowsReadInSequence(database);
    for (const table of TABLES) {
      const read = (after.get(table) ?? 0) - (before.get(table) ?? 0);
      expect({ table, wholeReads: Math.floor(read / ROWS) }).toEqual({ table, wholeReads: 0 });
    }
  });

  it('asks about payments, shows them and sums their refunds without it either', async () => {
    await database.query(`update payments set ask_at = now() - interval '1 hour'`);
    await database.query('vacuum analyze');
    const before = await rowsReadInSequence(database);
    const pool = new pg.Pool({ connectionString: database.url, max: 1 });
    for (let turn = 0; turn < 8; turn += 1) {
      const claimed = await claimUnsettled(pool, 'stripe', 20, 300);
      expect(claimed).toHaveLength(20);
      const [{ id, orderReference } = { id: '', orderReference: null }] = claimed;
      await showOrder(pool, orderReference ?? '');
      await showPayment(pool, id);
      await findOrderPayments(pool, orderReference ?? '');
      await inTransaction(pool, (tx) => sumRefunds(tx, id));
      const started = { provider: 'stripe', account: 'default', startedAs: `tg-${turn}` };
      await inTransaction(pool, (tx) => findStartedReferences(tx, [started]));
    }
    await pool.end();
    const after = await rowsReadInSequence(database);
    for (const table of TABLES) {
      const read = (after.get(table) ?? 0) - (before.get(table) ?? 0);
      expect({ table, wholeReads: Math.floor(read / ROWS) }).toEqual({ table, wholeReads: 0 });
    }
  });

  it('gives out, sends, settles, counts and forgets messages without it either', async () => {
    await database.query('vacuum analyze');
    const before = await rowsReadInSequence(database);
    const pool = new pg.Pool({ connectionString: database.url, max: 1 });
    await registerConsumers(pool, [{ name: 'filled', patterns: ['order.%'] }]);
    for (let turn = 0; turn < 8; turn += 1) {
      expect(await countWaitingMessages(pool)).toBeGreaterThan(0); // of the lives before
      expect(await fanOutMessages(pool, 10)).toBe(10);
      const [claimed] = await claimDispatches(pool, 'filled', 10, 30, 24);
      const { messageId, tries, turn: current } = claimed!;
      await markPublished(pool, 'filled', [{ messageId, turn: current }], 60);
      await releaseDispatches(pool, 'filled', [{ messageId, turn: current }]);
      expect(await isWanted(pool, 'filled', { messageId, tries })).toBe(true);
      await postponeDispatch(pool, 'filled', { messageId, tries }, 1000);
      const final = { code: 'x', message: 'x', retryInMs: 0, isFinal: true, attemptsMax: 1 };
      await failDispatch(pool, 'filled', { messageId, tries: tries + 1, ...final });
      expect(await countDispatches(pool)).toMatchObject([{ consumer: 'filled', dead: 1 }]);
      expect(await replayMessage(pool, 'filled', messageId)).toBe(true);
      expect(await markConsumed(pool, 'filled', messageId)).toBe(true);
      expect(await forgetMessages(pool, 86_400, 100, null)).not.toBeNull();
      expect(await forgetConsumed(pool, 86_400, 100, null)).not.toBeNull();
      const [order] = await database.query<{ id: string }>(
        `select id from orders where reference = 'filled-${turn + 1}'`,
      );
      expect(await sumAccounts(pool, order!.id)).toHaveLength(2);
    }
    await pool.end();
    const after = await rowsReadInSequence(database);
    for (const table of TABLES) {
      const read = (after.get(table) ?? 0) - (before.get(table) ?? 0);
      expect({ table, wholeReads: Math.floor(read / ROWS) }).toEqual({ table, wholeReads: 0 });
    }
  });

  it('shows what happened, replays it and decides about it without it either', async () => {
    await database.query('vacuum analyze');
    const before = await rowsReadInSequence(database);
    const services = await openServices(database);
    const events = await database.query<{ id: string }>(
      `select i.id from inbox i where event_id in ('filled-1', 'filled-2', 'filled-3')`,
    );
    for (let turn = 1; turn <= 8; turn += 1) {
      const reference = `filled-${turn}`;
      expect((await showOrderTimeline(services, reference)).length).toBeGreaterThan(0);
      const [payment] = (await showOrder(services.database.command, reference)).payments;
      expect((await showTimelineOf(services, payment!.id)).timeline.length).toBeGreaterThan(0);
      for (const { id } of events) {
        await replayEvent(services, OPERATOR, id, null);
        await replayEvent(services, OPERATOR, id, { dryRun: true });
        await showEvent(services, id);
      }
      const ids = events.map(({ id }) => id);
      await startReplay(services, OPERATOR, { ids }, null);
      const filter = { type: 'nothing-like-it' };
      await startReplay(services, OPERATOR, { filter }, null);
      await startReplay(services, OPERATOR, { filter, dryRun: true }, null);
      const replaying = {
        pool: services.database.work,
        graceSeconds: 1,
        ring: () => Promise.resolve(),
        wakeRelay: () => undefined,
        report: () => undefined,
      };
      await runReplayOnce(replaying);
      const [replay] = (await listReplays(services, {})).data;
      await showReplay(services, replay!.id);
      const [open] = (await listReviews(services, { status: 'open' })).data;
      await showReview(services, open!.id);
      await listReviews(services, { reason: 'livemode_mismatch' });
      const decision = { resolution: 'accept', reason: 'why' };
      await resolveReview(services, OPERATOR, open!.id, decision, null);
      await listAudit(services, { subject: open!.id });
    }
    await services.close();
    const after = await rowsReadInSequence(database);
    for (const table of TABLES) {
      const read = (after.get(table) ?? 0) - (before.get(table) ?? 0);
      expect({ table, wholeReads: Math.floor(read / ROWS) }).toEqual({ table, wholeReads: 0 });
    }
  });

  it('would notice a statement that does', async () => {
    const before = await rowsReadInSequence(database);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query('select count(*) from payments where version = 7');
    await client.end();
    const after = await rowsReadInSequence(database);
    expect((after.get('payments') ?? 0) - (before.get('payments') ?? 0)).toBeGreaterThanOrEqual(
      ROWS,
    );
  });
});

const OPERATOR = { name: 'ann', role: 'operator' } as const;

function openServices(database: TestDatabase): Promise<Services> {
  const config = readConfig(serviceEnvironment({ databaseUrl: database.url }), SECRET_PREFIXES);
  return createServices(config, database.url, keptLogger());
}

async function sweep(database: TestDatabase): Promise<void> {
  const pool = new pg.Pool({ connectionString: database.url, max: 2 });
  const doorbell = new Doorbell(
    {
      add: () => Promise.resolve(),
      waiting: () => Promise.resolve(0),
      isReachable: () => Promise.resolve(true),
      close: () => Promise.resolve(),
    },
    () => undefined,
  );
  const options = {
    eventsMax: 10,
    ringEventsMax: 10,
    ringBytesMax: 2_097_152,
    graceSeconds: 10,
  };
  await new InboxSweeper(pool, doorbell, options).runOnce();
  await insertEvents(pool, [], 10);
  await pool.end();
}

async function rowsReadInSequence(database: TestDatabase): Promise<Map<string, number>> {
  // A session tells its counters when it ends, and only then is it gone from the list.
  await eventually(async () => {
    const others = await database.query(
      `select 1 from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    expect(others).toEqual([]);
  });
  // Our own session tells at most once in a second, unless it is asked to.
  await database.query('select pg_stat_force_next_flush()');
  const rows = await database.query<{ relname: string; read: string }>(
    'select relname, seq_tup_read as read from pg_stat_user_tables',
  );
  return new Map(rows.map(({ relname, read }) => [relname, Number(read)]));
}
