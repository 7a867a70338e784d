import { hasStatus } from '../database/keyed-plans.js';
import type { Queryable } from '../database/transaction.js';

const IS_WAITING = hasStatus('status', 'received');

/** Rows at which attempts began that are noted, and how many had never come to an end before. */
export interface WatchedRows {
  readonly ids: readonly string[];
  readonly unended: number;
}

/** An event at which an attempt begins. */
export interface BegunEvent {
  readonly id: string;
  readonly eventId: string;
  readonly eventType: string;
}

/**
 * Notes that attempts begin, before anything else is done, so that it is known even if the process
 * ends over them. Until the grace is over, nobody rings for these rows.
 *
 * @returns those that still wait and had as many unended attempts as `unended` says: what another
 * ring brings late, or for the second time, is not tried twice
 */
export async function beginAttempts(
  database: Queryable,
  { ids, unended }: WatchedRows,
  graceSeconds: number,
): Promise<BegunEvent[]> {
  const { rows } = await database.query<BegunEvent>({
    name: 'begin-attempts',
    text: `
      with named as materialized (
        select id from inbox
        where id = any ($1::uuid[]) and ${IS_WAITING} and unended = $2
          and (attempts = 0 or due_at <= now())
        order by id for update skip locked)
      update inbox set unended = unended + 1, ring_at = now() + make_interval(secs => $3)
      from named where inbox.id = named.id
      returning inbox.id, event_id as "eventId", event_type as "eventType"`,
    values: [ids, unended, graceSeconds],
  });
  return rows;
}

/** The attempts are still under way: until the grace is over anew, nobody rings for these rows. */
export async function keepAttempts(
  database: Queryable,
  { ids, unended }: WatchedRows,
  graceSeconds: number,
): Promise<void> {
  await database.query({
    name: 'keep-attempts',
    // A row that is locked is being worked on, which keeps the sweeper from it as well.
    text: `
      with named as materialized (
        select id from inbox
        where id = any ($1::uuid[]) and ${IS_WAITING} and unended = $2 + 1
        order by id for update skip locked)
      update inbox set ring_at = now() + make_interval(secs => $3)
      from named where inbox.id = named.id`,
    values: [ids, unended, graceSeconds],
  });
}

/** The attempts have come to an end: this process is still there, whatever came of them. */
export async function endAttempts(
  database: Queryable,
  { ids, unended }: WatchedRows,
): Promise<void> {
  await database.query({
    name: 'end-attempts',
    // Unlike above it waits, or an attempt would count for ever; in the order of ids, as all who do.
    text: `
      with named as materialized (
        select id from inbox
        where id = any ($1::uuid[]) and ${IS_WAITING} and unended = $2 + 1
        order by id for update)
      update inbox set unended = unended - 1
      from named where inbox.id = named.id`,
    values: [ids, unended],
  });
}
