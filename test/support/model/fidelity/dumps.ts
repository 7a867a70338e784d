import type { TestDatabase } from '../../test-database.js';
import type { MemoryDatabase } from '../database/memory-database.js';

/** Everything that the statements of inbox and outbox have left, as both sides can tell it. */
export type Dump = Readonly<Record<string, readonly string[]>>;

/** Milliseconds since 1970. */
const ms = (column: string) => `round(extract(epoch from ${column}) * 1000)::text`;

const DUMPS: Readonly<Record<string, string>> = {
  inbox: `
    select concat_ws(' ', id, event_id, status, coalesce(outcome_reason, '-'), attempts,
             jsonb_array_length(attempt_errors), ${ms('due_at')}, ${ms('ring_at')}, rings, unended,
             replays, deliveries, conflicts, coalesce(payment_id::text, '-'),
             coalesce(part_id, '-'), coalesce(${ms('finished_at')}, '-'), encode(body, 'hex'))
           as line from inbox join inbox_bodies on inbox_id = id`,
  conflicts: `
    select concat_ws(' ', inbox_id, encode(fingerprint, 'hex'), deliveries) as line
    from inbox_conflicts`,
  outbox: `
    select concat_ws(' ', id, type, version, ${ms('created_at')},
             coalesce(${ms('fanned_out_at')}, '-')) as line from outbox`,
  dispatches: `
    select concat_ws(' ', consumer, message_id, status, ${ms('due_at')}, turn, tries, sends,
             attempts, coalesce(reason, '-'), replays, coalesce(${ms('published_at')}, '-'),
             coalesce(${ms('settled_at')}, '-')) as line from dispatches`,
};

export async function dumpPostgres(database: TestDatabase): Promise<Dump> {
  const union = Object.entries(DUMPS).map(
    ([table, sql]) => `select '${table}' as table, line from (${sql}) as ${table}`,
  );
  const rows = await database.query<{ table: string; line: string }>(union.join(' union all '));
  const tables = Object.keys(DUMPS).map((name): [string, string[]] => [
    name,
    rows.flatMap(({ table, line }) => (table === name ? [line] : [])).sort(),
  ]);
  return Object.fromEntries(tables);
}

export function dumpMemory({ tables }: MemoryDatabase): Dump {
  const lines = {
    inbox: tables.inbox
      .committed()
      .map((row) => [
        ...[row.id, row.event_id, row.status, row.outcome_reason, row.attempts],
        ...[row.attempt_errors.length, row.due_at, row.ring_at, row.rings, row.unended],
        ...[row.replays, row.deliveries, row.conflicts, row.payment_id, row.part_id],
        ...[row.finished_at, row.body.toString('hex')],
      ]),
    conflicts: tables.inboxConflicts
      .committed()
      .map((row) => [row.inbox_id, row.fingerprint, row.deliveries]),
    outbox: tables.outbox
      .committed()
      .map((row) => [row.id, row.type, row.version, row.created_at, row.fanned_out_at]),
    dispatches: tables.dispatches
      .committed()
      .map((row) => [
        ...[row.consumer, row.message_id, row.status, row.due_at, row.turn, row.tries, row.sends],
        ...[row.attempts, row.reason, row.replays, row.published_at, row.settled_at],
      ]),
  };
  return Object.fromEntries(
    Object.entries(lines).map(([table, rows]) => [
      table,
      rows.map((row) => row.map((one) => String(one ?? '-')).join(' ')).sort(),
    ]),
  );
}

/** An answer of `src/` as both sides can tell it: no order that no statement promises. */
export function normalized(answer: unknown): unknown {
  if (answer instanceof Set) return [...(answer as Set<unknown>)].sort();
  if (answer instanceof Date) return answer.getTime();
  if (Buffer.isBuffer(answer)) return answer.toString('hex');
  if (Array.isArray(answer)) {
    return answer.map(normalized).sort((one, other) => compareTexts(toText(one), toText(other)));
  }
  if (typeof answer !== 'object' || answer === null) return answer ?? null;
  const entries = Object.entries(answer).map(([name, value]) => [name, normalized(value)]);
  return Object.fromEntries(entries) as unknown;
}

function toText(value: unknown): string {
  return JSON.stringify(value);
}

function compareTexts(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
