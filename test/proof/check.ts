import { createHash } from 'node:crypto';
import type pg from 'pg';
import { differences, readActual } from './actual.js';
import type { OpenLoopClient } from './client.js';
import { foldWorld, isLegalOrderMove, isLegalPaymentMove, type ModelEvent } from './model.js';
import type { World } from './world.js';

/** What is wrong, each line under the invariant that it breaks. */
export interface Findings {
  /** Acknowledged and not there. */
  lost: number;
  /** Counted more than once, wherever. */
  doubled: number;
  readonly problems: string[];
}

const SHOWN_MAX = 5;

/**
 * Compares what is in the database with what the client knows and with what the model says. Only
 * while nothing is under way any more.
 */
export async function checkWorld(
  world: World,
  client: OpenLoopClient,
  run: string,
  logLines: readonly string[],
): Promise<Findings> {
  const query = queryOf(world.observer);
  const findings = await checkRecords(query, client, run);
  await checkAttempts(findings, query, logLines);
  await checkTold(findings, world, query, run);
  if (client.surprises.length > 0) report(findings, 'I7 I9 answers', client.surprises);
  return findings;
}

/** The part of it that the database alone has to answer for. */
export async function checkRecords(
  query: Query,
  client: OpenLoopClient,
  run: string,
): Promise<Findings> {
  const findings: Findings = { lost: 0, doubled: 0, problems: [] };
  const stored = await readInbox(query, run);
  checkRecorded(findings, client, stored);
  await checkApplied(findings, query, run);
  await checkMoves(findings, query, run);
  await checkModel(findings, query, client, stored, run);
  await checkMoney(findings, query);
  await checkForged(findings, query, client);
  return findings;
}

export function queryOf(database: pg.Pool | pg.Client): Query {
  return async <Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) =>
    (await database.query<Row>(sql, [...values])).rows;
}

export type Query = <Row extends pg.QueryResultRow>(
  sql: string,
  values?: readonly unknown[],
) => Promise<Row[]>;

interface StoredEvent {
  readonly provider: string;
  readonly event_id: string;
  readonly body: Buffer;
  readonly status: string;
}

function readInbox(query: Query, run: string): Promise<StoredEvent[]> {
  return query<StoredEvent>(
    `select provider, event_id, body, status from inbox join inbox_bodies on inbox_id = id
      where position($1 in convert_from(body, 'LATIN1')) > 0`,
    [run],
  );
}

/** I1: every acknowledged event is there, with the bytes that were sent. I2: once. */
function checkRecorded(
  findings: Findings,
  client: OpenLoopClient,
  stored: readonly StoredEvent[],
): void {
  const rows = new Map<string, StoredEvent[]>();
  for (const row of stored) {
    const key = `${row.provider} ${row.event_id}`;
    rows.set(key, [...(rows.get(key) ?? []), row]);
  }
  const lost: string[] = [];
  const changed: string[] = [];
  for (const [key, { event, acknowledged }] of client.deliveries) {
    const [row] = rows.get(key) ?? [];
    if (row === undefined && acknowledged > 0) lost.push(key);
    if (row !== undefined && digest(row.body) !== digest(event.body)) changed.push(key);
  }
  const repeated = [...rows].filter(([, same]) => same.length > 1).map(([key]) => key);
  const unknown = [...rows.keys()].filter((key) => !client.deliveries.has(key));
  findings.lost += lost.length;
  findings.doubled += repeated.length;
  report(findings, 'I1 acknowledged and not recorded', lost);
  report(findings, 'I1 recorded with other bytes', changed);
  report(findings, 'I2 recorded more than once', repeated);
  report(findings, 'I9 recorded and never sent', unknown);
}

/** I3 and I5: every event has an outcome, and none was applied more than once. */
async function checkApplied(findings: Findings, query: Query, run: string): Promise<void> {
  const unfinished = await query<{ event_id: string; status: string }>(
    `select event_id, status from inbox join inbox_bodies on inbox_id = id
      where status not in ('applied', 'noop', 'ignored')
        and position($1 in convert_from(body, 'LATIN1')) > 0`,
    [run],
  );
  report(
    findings,
    'I5 not applied',
    unfinished.map((row) => `${row.event_id} is ${row.status}`),
  );
  const twice = await query<{ subject: string; moves: number }>(`
    select coalesce(payment_id, order_id, dispute_id)::text as subject, count(*)::int as moves
      from transitions where inbox_id is not null and payment_id is not null
     group by payment_id, order_id, dispute_id, inbox_id having count(*) > 1`);
  findings.doubled += twice.length;
  report(
    findings,
    'I3 one event moved a payment more than once',
    twice.map(({ subject, moves }) => `${subject}: ${moves} moves`),
  );
  const tooOften = await query<{ id: string; version: number; events: number }>(`
    select p.id, p.version, count(i.id)::int as events
      from payments p left join inbox i on i.payment_id = p.id
       and (i.status = 'applied' or i.replays > 0) -- one sent through again ends as a repetition
     where not exists (select 1 from reviews r where r.payment_id = p.id)
     group by p.id having p.version > count(i.id) + 1`);
  findings.doubled += tooOften.length;
  report(
    findings,
    'I3 a payment changed more often than events of it were applied',
    tooOften.map(({ id, version, events }) => `${id}: version ${version}, ${events} events`),
  );
}

/** I3: no process says of an event that it came to an end after another one has said so. */
async function checkAttempts(
  findings: Findings,
  query: Query,
  logLines: readonly string[],
): Promise<void> {
  const ends = new Map<string, string[]>();
  for (const line of logLines) {
    if (!line.includes('"msg":"attempt"')) continue;
    const { inboxId, outcome } = JSON.parse(line) as { inboxId: string; outcome: string };
    if (outcome !== 'retry') ends.set(inboxId, [...(ends.get(inboxId) ?? []), outcome]);
  }
  const twice = [...ends].filter(([, outcomes]) => outcomes.length > 1);
  const replayed = await query<{ id: string }>(
    'select id from inbox where id = any ($1::uuid[]) and replays > 0',
    [twice.map(([id]) => id)],
  );
  const isReplayed = new Set(replayed.map(({ id }) => id));
  const wrong = twice.filter(([id]) => !isReplayed.has(id));
  findings.doubled += wrong.length;
  report(
    findings,
    'I3 worked on again after its end',
    wrong.map(([id, outcomes]) => `${id}: ${outcomes.join(', ')}`),
  );
}

/** I4: only legal moves, in a chain without a gap. */
async function checkMoves(findings: Findings, query: Query, run: string): Promise<void> {
  const moves = await query<{ kind: string; subject: string; from: string | null; to: string }>(
    `select case when t.payment_id is not null then 'payment' else 'order' end as kind,
            coalesce(t.payment_id, t.order_id)::text as subject, from_status as from,
            to_status as to
       from transitions t
       left join payments p on p.id = t.payment_id left join orders o on o.id = t.order_id
      where t.dispute_id is null
        and position($1 in coalesce(p.provider_payment_id, o.reference)) > 0
      order by t.id`,
    [run],
  );
  const last = new Map<string, string>();
  const wrong: string[] = [];
  for (const { kind, subject, from, to } of moves) {
    const isLegal = kind === 'payment' ? isLegalPaymentMove(from, to) : isLegalOrderMove(from, to);
    if (!isLegal) wrong.push(`${kind} ${subject}: ${from} → ${to} is no legal move`);
    const before = last.get(subject);
    if (before !== undefined && before !== from) {
      wrong.push(`${kind} ${subject}: moved to ${before}, and then from ${from}`);
    }
    last.set(subject, to);
  }
  report(findings, 'I4 moves', wrong);
}

/** I4 and I6: payments and orders are what the model says of the events that are recorded. */
async function checkModel(
  findings: Findings,
  query: Query,
  client: OpenLoopClient,
  stored: readonly StoredEvent[],
  run: string,
): Promise<void> {
  const events: ModelEvent[] = stored.map(({ provider, body }) => ({ provider, body }));
  const expected = foldWorld(events, client.orders);
  const actual = await readActual(query, [run]);
  report(findings, 'I4 I6 not as the model says', differences(expected, actual));
}

/** I6: the ledger is in balance; nothing is negative. */
async function checkMoney(findings: Findings, query: Query): Promise<void> {
  const sums = await query<{ currency: string; sum: string }>(
    `select currency, sum(balance_minor)::text as sum from ledger_balances
      group by currency having sum(balance_minor) <> 0`,
  );
  report(
    findings,
    'I6 ledger',
    sums.map(({ currency, sum }) => `the sum of all accounts in ${currency} is ${sum}`),
  );
  const negative = await query<{ id: string }>(
    `select id from payments where amount_captured_minor < 0 or amount_refunded_minor < 0`,
  );
  report(
    findings,
    'I6 negative',
    negative.map(({ id }) => id),
  );
  const mixed = await query<{ id: string }>(`
    select payment_id as id from ledger_transfers
     group by payment_id having count(distinct currency) > 1`);
  report(
    findings,
    'I6 more than one currency',
    mixed.map(({ id }) => id),
  );
}

/** I8: every change is told, and each message has its effect once. */
async function checkTold(
  findings: Findings,
  world: World,
  query: Query,
  run: string,
): Promise<void> {
  const silent = await query<{ id: string; version: number; told: number }>(
    `select p.id, p.version, count(distinct o.version)::int as told
       from payments p left join outbox o on o.aggregate_id = p.id
      where position($1 in p.provider_payment_id) > 0
      group by p.id having count(distinct o.version) <> p.version`,
    [run],
  );
  report(
    findings,
    'I8 a change was not told',
    silent.map(({ id, version, told }) => `payment ${id}: version ${version}, told ${told}`),
  );
  const messages = await query<{ id: string; type: string }>('select id, type from outbox');
  const { rows: effects } = await world.effects.query<{ message_id: string; count: number }>(
    'select message_id, count(*)::int as count from effects group by message_id',
  );
  const counts = new Map(effects.map(({ message_id, count }) => [message_id, count]));
  const missing = messages.filter(({ id }) => !counts.has(id));
  const doubled = effects.filter(({ count }) => count > 1);
  findings.doubled += doubled.length;
  report(
    findings,
    'I8 told to nobody',
    missing.map(({ id, type }) => `${type} ${id}`),
  );
  report(
    findings,
    'I8 more than one effect',
    doubled.map(({ message_id, count }) => `${message_id}: ${count}`),
  );
  const unheard = messages.filter(
    ({ id, type }) => type === 'order.paid' && !world.recipient.accepted.has(id),
  );
  report(
    findings,
    'I8 never accepted over HTTP',
    unheard.map(({ id, type }) => `${type} ${id}`),
  );
  const states = await query<{ subject: string; version: number; status: string }>(
    `select 'payment ' || id as subject, version, status from payments
     union all select 'order ' || reference, version, status from orders`,
  );
  const { rows: known } = await world.effects.query<{
    subject: string;
    version: number;
    status: string;
  }>('select subject, version, status from states');
  const told = new Map(known.map((one) => [one.subject, `${one.status} (${one.version})`]));
  const outdated = states
    .map(({ subject, version, status }) => ({ subject, is: `${status} (${version})` }))
    .filter(({ subject, is }) => told.get(subject) !== is);
  report(
    findings,
    'I8 the last thing told is not what is so',
    outdated.map(({ subject, is }) => `${subject} is ${is}, told ${told.get(subject)}`),
  );
}

/** I9: nothing that was forged left a trace. */
async function checkForged(findings: Findings, query: Query, client: OpenLoopClient) {
  const rows = await query<{ event_id: string }>(
    'select event_id from inbox where event_id = any ($1)',
    [client.forged],
  );
  report(
    findings,
    'I9 recorded with a wrong signature',
    rows.map(({ event_id }) => event_id),
  );
}

function report(findings: Findings, invariant: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  const more = lines.length > SHOWN_MAX ? [`and ${lines.length - SHOWN_MAX} more`] : [];
  findings.problems.push(
    `${invariant} (${lines.length}): ${[...lines.slice(0, SHOWN_MAX), ...more].join('; ')}`,
  );
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
