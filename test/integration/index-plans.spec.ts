import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { readConfig } from '../../src/config/config.js';
import { timeOf } from '../../src/database/id-time.js';
import { KEYED_PLAN_OPTIONS } from '../../src/database/keyed-plans.js';
import { inTransaction, inUndoneTransaction } from '../../src/database/transaction.js';
import {
  countNeeded,
  findPartitions,
  moveNeeded,
  removeOldBodies,
} from '../../src/inbox/body-partition.queries.js';
import { WEEK_MS, weekOf } from '../../src/inbox/body-weeks.js';
import { findBody, findStored } from '../../src/inbox/inbox.queries.js';
import { countRedeliveries, keepConflicts } from '../../src/inbox/redelivery.queries.js';
import { findBodiless, findEvents, replayEvents } from '../../src/inbox/replay.queries.js';
import {
  claimEvents,
  claimRings,
  findUndone,
  measureBacklog,
} from '../../src/inbox/ring.queries.js';
import { groupDeadLetters } from '../../src/ops/events/list-dead-letters.js';
import { listEvents } from '../../src/ops/events/list-events.js';
import { showEvent } from '../../src/ops/events/show-event.js';
import { countAttention } from '../../src/ops/overview/attention.queries.js';
import { countWaiting } from '../../src/ops/overview/overview.queries.js';
import { showPayment } from '../../src/ops/payments/show-payment.js';
import { startReplay } from '../../src/ops/replays/start-replay.js';
import { SECRET_PREFIXES } from '../../src/providers/providers.js';
import { createServices, type Services } from '../../src/services.js';
import { keptLogger } from '../support/keep-output.js';
import { growInbox } from '../support/grown-inbox.js';
import { PlanObserver, TELL_PLANS, type Look } from '../support/plan-observer.js';
import { serviceEnvironment } from '../support/service-environment.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** 5000000 takes minutes to fill, and is what the plans were made for. */
const ROWS = Number(process.env['INDEX_USE_ROWS'] ?? 200_000);
/** What one look may read that shows a page of 50, or takes a ring of 100, whatever the size. */
const ROWS_READ_MAX = 12_000;
/** As many are in a table that is no larger for being in a large inbox. */
const SMALL_ROWS = 1000;
/** A named statement is planned anew five times before PostgreSQL may settle for one plan. */
const TURNS = 7;
const OPERATOR = { name: 'ann', role: 'operator' } as const;

describe(`an inbox of ${ROWS} events`, () => {
  let database: TestDatabase;
  let services: Services;
  let pool: pg.Pool;
  const plans = new PlanObserver();
  /** Some that are there: of a week ago, and one with its id at the provider. */
  let old: readonly { readonly id: string; readonly event_id: string; readonly at: Date }[];
  let fingerprint: Buffer;
  let paymentId: string;
  let small: ReadonlySet<string>;

  beforeAll(async () => {
    database = await createTestDatabase();
    await growInbox(database, ROWS);
    const [{ name } = { name: '' }] = await database.query<{ name: string }>(
      'select current_database() as name',
    );
    for (const one of TELL_PLANS) await database.query(`alter database ${name} set ${one}`);
    const config = readConfig(serviceEnvironment({ databaseUrl: database.url }), SECRET_PREFIXES);
    services = await createServices(config, database.url, keptLogger());
    const options = KEYED_PLAN_OPTIONS;
    pool = new pg.Pool({ connectionString: database.url, max: 1, options });
    const { command, work, ingest, reads } = services.database;
    const master = (reads.driver as unknown as { master: pg.Pool }).master;
    for (const one of [pool, command, work, ingest, master]) plans.watch(one);
    const found = await database.query<(typeof old)[number] & { fingerprint: Buffer }>(
      `select id, event_id, received_at as at, fingerprint from inbox
       where received_at < now() - interval '7 days' and payment_id is not null
       order by id desc limit 100`,
    );
    old = found;
    fingerprint = found[0]!.fingerprint;
    const tables = await database.query<{ relname: string }>(
      `select relname from pg_class where relkind = 'r' and reltuples < ${SMALL_ROWS}`,
    );
    small = new Set(tables.map(({ relname }) => relname));
    const [linked] = await database.query<{ payment_id: string }>(
      'select payment_id from inbox where id = $1',
      [found[0]!.id],
    );
    paymentId = linked!.payment_id;
  }, 1_800_000);

  afterAll(async () => {
    await pool.end();
    await services.close();
    await database.drop();
  });

  /** Does it so often that PostgreSQL has settled for a plan. */
  async function looksOf(work: () => Promise<unknown>): Promise<Look[]> {
    plans.taken(/./);
    for (let turn = 0; turn < TURNS; turn += 1) await work();
    const looks = plans.taken(/^inbox/);
    expect(looks.length).toBeGreaterThanOrEqual(TURNS);
    return looks;
  }

  /** Nothing was read that grows with the inbox, and these indexes were what found it. */
  function expectIndexes(looks: readonly Look[], indexes: readonly string[], rowsMax?: number) {
    for (const look of looks) {
      expect({ ...look, wholeTables: look.wholeTables.filter(isLarge) }).toMatchObject({
        wholeTables: [],
      });
      expect({
        statement: look.statement,
        rows: Math.min(look.rows, rowsMax ?? ROWS_READ_MAX),
      }).toEqual({ statement: look.statement, rows: look.rows });
    }
    const used = new Set(looks.flatMap((look) => look.indexes));
    expect([...used]).toEqual(expect.arrayContaining([...indexes]));
  }

  /** To read a table of a page or two at once is as good as any index. */
  const isLarge = (table: string) => !small.has(table);
  const list = (query: object) => () => listEvents(services, query);
  const days = (count: number) => new Date(Date.now() - count * 86_400_000).toISOString();

  it.each<[string, object, string]>([
    ['everything', {}, 'inbox_pkey'],
    ['what most came to', { status: 'applied' }, 'inbox_pkey'],
    ['what some came to', { status: 'noop' }, 'inbox_'],
    ['what few came to', { status: 'ignored' }, 'inbox_'],
    ['what was discarded', { status: 'discarded' }, 'inbox_outcome'],
    ['dead letters', { status: 'dead' }, 'inbox_dead'],
    ['dead letters of a failure', { status: 'dead', code: 'apply_failed' }, 'inbox_dead'],
    ['dead letters with a word', { status: 'dead', text: 'nothing like it' }, 'inbox_dead'],
    ['dead letters of a rare type', { status: 'dead', type: 'charge.dispute.created' }, 'inbox_'],
    ['what waits', { status: 'received' }, 'inbox_'],
    ['a common type', { type: 'charge.succeeded' }, 'inbox_'],
    ['a rare type', { type: 'charge.dispute.created' }, 'inbox_type'],
    ['a type that never came', { type: 'charge.sucess' }, 'inbox_type'],
    [
      'a rare type of a provider',
      { provider: 'stripe', type: 'charge.dispute.created' },
      'inbox_type',
    ],
    ['a provider that sent most', { provider: 'stripe' }, 'inbox_pkey'],
    ['a provider that sent few', { provider: 'paystack' }, 'inbox_'],
    ['a provider that sent nothing', { provider: 'acme' }, 'inbox_type'],
    ['a day', { from: days(31), to: days(30) }, 'inbox_pkey'],
    ['a day and a type', { from: days(31), to: days(30), type: 'charge.updated' }, 'inbox_'],
    ['a day and an outcome', { from: days(31), to: days(30), status: 'noop' }, 'inbox_'],
  ])('lists %s, newest first, by an index', async (_what, query, index) => {
    const looks = await looksOf(list(query));
    expectIndexes(looks, []);
    expect(looks.flatMap(({ indexes }) => indexes).join()).toContain(index);
  });

  it('finds an event by the id that its provider gave it', async () => {
    const looks = await looksOf(list({ eventId: old[0]!.event_id }));
    expectIndexes(looks, ['inbox_event_unique'], 10);
  });

  it('shows a late page like the first', async () => {
    const cursor = Buffer.from(old[0]!.id).toString('base64url');
    expectIndexes(await looksOf(list({ cursor })), ['inbox_pkey'], 200);
    expectIndexes(await looksOf(list({ cursor, status: 'noop' })), []);
  });

  it('knows a redelivery, and counts it', async () => {
    const { event_id: eventId } = old[0]!;
    const key = { provider: 'stripe', account: 'default', eventId };
    const row = { id: old[0]!.id, ...key, event: { eventId } } as never;
    expectIndexes(
      await looksOf(() => inTransaction(pool, (tx) => findStored(tx, [row]))),
      ['inbox_event_unique'],
      10,
    );
    const redelivery = { ...key, fingerprint, body: Buffer.from('x'), deliveries: 1 };
    const count = () => countRedeliveries(pool, [redelivery]);
    expectIndexes(await looksOf(count), ['inbox_event_unique'], 50);
    const keep = () => keepConflicts(pool, [{ ...redelivery, fingerprint: Buffer.alloc(32, 1) }]);
    expectIndexes(await looksOf(keep), ['inbox_event_unique'], 50);
  });

  it('sweeps, claims and counts what waits', async () => {
    const indexes = ['inbox_ring'];
    expectIndexes(await looksOf(() => claimRings(pool, 100, 0)), indexes, 1000);
    expectIndexes(await looksOf(() => measureBacklog(pool)), indexes, ROWS_READ_MAX);
    expectIndexes(await looksOf(() => countWaiting(pool)), indexes);
    const waiting = await database.query<{ id: string }>(
      `select id from inbox where status = 'received' order by id limit 100`,
    );
    const ids = waiting.map(({ id }) => id);
    const claim = () => inUndoneTransaction(pool, (tx) => claimEvents(tx, ids));
    const looks = await looksOf(claim);
    expectIndexes(looks, ['inbox_pkey'], 1000);
    const weeks = new Set(ids.map((id) => weekOf(timeOf(id)).name));
    for (const look of looks) expect(bodiesOf(look)).toEqual([...weeks].sort());
    expectIndexes(await looksOf(() => findUndone(pool, ids)), [], 1000);
  });

  it('looks for a body in the week of its id alone', async () => {
    const [{ id, at }] = old as [(typeof old)[number]];
    const looks = [
      ...(await looksOf(() => findBody(pool, id))),
      ...(await looksOf(() => showEvent(services, id))),
      ...(await looksOf(() => findBodiless(pool, [id]))),
      ...(await looksOf(() =>
        inUndoneTransaction(pool, (tx) => replayEvents(tx, [{ id, generation: 0 }], 10)),
      )),
    ];
    expectIndexes(looks, ['inbox_pkey'], 20);
    const used = new Set(looks.flatMap(bodiesOf));
    expect([...used]).toEqual([weekOf(at.getTime()).name]);
  });

  it('looks for it by its id also in a week that was known to be empty', async () => {
    const next = weekOf(Date.now() + WEEK_MS);
    const event = (n: number) =>
      `${next.fromId.slice(0, 14)}7001-8000-${String(n).padStart(12, '0')}`;
    const insert = (from: number, to: number) =>
      database.query(
        `insert into inbox_bodies (inbox_id, body)
         select (left($1, 24) || lpad(n::text, 12, '0'))::uuid, 'x' from generate_series($2::int, $3) n`,
        [event(0), from, to],
      );
    await database.query(
      `insert into inbox (id, provider, account, event_id, event_type, fingerprint, body_bytes,
                          due_at, ring_at)
       values ($1, 'stripe', 'default', 'of next week', 'x', sha256('x'), 1, now(), now())`,
      [event(1)],
    );
    await insert(1, 1);
    const claim = () => inUndoneTransaction(pool, (tx) => claimEvents(tx, [event(1)]));
    await looksOf(claim);
    await insert(2, 5000);
    for (const look of await looksOf(claim)) {
      expect(look.wholeTables).toEqual([]);
      expect(look.rows).toBeLessThan(1000);
      expect(bodiesOf(look)).toEqual([next.name]);
    }
  });

  it('finds the events that a person has chosen', async () => {
    const ids = old.map(({ id }) => id);
    expectIndexes(await looksOf(() => findEvents(pool, ids)), ['inbox_pkey'], 200);
    const filter = { status: 'dead', type: 'charge.dispute.created', from: days(20) };
    const dryRun = () => startReplay(services, OPERATOR, { filter, dryRun: true }, null);
    expectIndexes(await looksOf(dryRun), []);
  });

  it('shows the timeline of a payment', async () => {
    const show = () => showPayment(services, paymentId);
    expectIndexes(await looksOf(show), ['inbox_payment'], 100);
  });

  it('groups and counts dead letters by what is dead alone', async () => {
    expectIndexes(await looksOf(() => groupDeadLetters(services)), ['inbox_dead']);
    expectIndexes(await looksOf(() => countAttention(pool)), ['inbox_dead']);
  });

  it('drops a week with a look at what waits or is dead alone', async () => {
    const partition = (await findPartitions(pool))[2]!;
    const { name } = partition;
    expectIndexes(await looksOf(() => countNeeded(pool, partition, 1001)), ['inbox_dead']);
    // As it is done: the week is a table of its own by then.
    const move = () =>
      inUndoneTransaction(pool, async (tx) => {
        await tx.query(`alter table inbox_bodies detach partition ${name}`);
        await moveNeeded(tx, partition);
      });
    expectIndexes(await looksOf(move), ['inbox_dead']);
    const page = { afterId: old[0]!.id, limit: 500, beforeMs: 0 };
    const week = weekOf(old[0]!.at.getTime()).name;
    expectIndexes(await looksOf(() => removeOldBodies(pool, week, page)), ['inbox_pkey']);
  });

  it('would be noticed to read it whole', async () => {
    await looksOf(() => pool.query(`select count(*) from inbox where deliveries > 7`)).then(
      (looks) => {
        expect(looks[0]!.wholeTables).toContain('inbox');
        expect(looks[0]!.rows).toBeGreaterThan(ROWS_READ_MAX);
      },
    );
  });
});

/** The partitions in which a statement has looked. */
function bodiesOf({ tables }: Look): string[] {
  return tables.filter((table) => table.startsWith('inbox_bodies_'));
}
