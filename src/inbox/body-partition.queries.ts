import type { Queryable, Tx } from '../database/transaction.js';
import type { BodyWeek } from './body-weeks.js';

/** A part of `inbox_bodies`. */
export interface BodyPartition {
  readonly name: string;
  /** Its least id, and the least of the next. */
  readonly fromId: string;
  readonly toId: string;
}

/** The part that takes every id for which there is no week: one of an odd clock, say. */
export const DEFAULT_PARTITION = 'inbox_bodies_default';

/** Any number that nobody else uses for an advisory lock in this database. */
const PARTITIONS_LOCK_KEY = 7_106_557_002;

/**
 * How new partitions store their rows. They are only ever added to: a vacuum freezes a page for
 * good while it is still in memory, in small pieces, instead of all of a week at once when its age
 * forces one. The migration has the same words for the first ones.
 */
const STORAGE = `autovacuum_freeze_min_age = 0, autovacuum_vacuum_insert_scale_factor = 0.02,
  toast.autovacuum_freeze_min_age = 0, toast.autovacuum_vacuum_insert_scale_factor = 0.02`;

/** What time the database has, in milliseconds since 1970: one clock for all processes. */
export async function readDatabaseClock(database: Queryable): Promise<number> {
  const { rows } = await database.query<{ nowMs: number }>({
    name: 'read-database-clock',
    text: `select (extract(epoch from now()) * 1000)::float8 as "nowMs"`,
  });
  return rows[0]?.nowMs ?? NaN;
}

/** All weeks that have a partition, oldest first; without {@link DEFAULT_PARTITION}. */
export async function findPartitions(database: Queryable): Promise<BodyPartition[]> {
  const { rows } = await database.query<BodyPartition>({
    name: 'find-body-partitions',
    text: `
      select c.relname as name, bound[1] as "fromId", bound[2] as "toId"
      from pg_inherits h join pg_class c on c.oid = h.inhrelid,
           regexp_match(pg_get_expr(c.relpartbound, c.oid),
                        $$^FOR VALUES FROM \\('([0-9a-f-]{36})'\\) TO \\('([0-9a-f-]{36})'\\)$$)
             as bound
      where h.inhparent = 'inbox_bodies'::regclass and bound is not null order by 2`,
  });
  return rows;
}

/** Until the end of the transaction nobody else makes or drops a partition. False: somebody is. */
export async function tryLockPartitions(tx: Tx): Promise<boolean> {
  const { rows } = await tx.query<{ isOurs: boolean }>({
    name: 'try-lock-partitions',
    text: 'select pg_try_advisory_xact_lock($1) as "isOurs"',
    values: [PARTITIONS_LOCK_KEY],
  });
  return rows[0]?.isOurs === true;
}

/** How long a statement of this transaction may take: others wait meanwhile. */
export async function limitStatementTime(tx: Tx, timeoutMs: number): Promise<void> {
  await tx.query({
    name: 'limit-statement-time',
    text: `select set_config('statement_timeout', $1, true)`,
    values: [`${timeoutMs}ms`],
  });
}

/** Bodies of a week that lie in {@link DEFAULT_PARTITION}, counted up to a bound. */
export async function countStray(tx: Tx, week: BodyWeek, countMax: number): Promise<number> {
  const { rows } = await tx.query<{ count: number }>({
    name: 'count-stray-bodies',
    text: `
      select count(*)::int as count from (
        select from ${DEFAULT_PARTITION} where inbox_id >= $1 and inbox_id < $2 limit $3) as stray`,
    values: [week.fromId, week.toId, countMax],
  });
  return rows[0]?.count ?? 0;
}

/** A table of its own for a week, which nobody sees yet: nobody waits for this. */
export async function createPartition(tx: Tx, { name }: BodyWeek): Promise<void> {
  await tx.query(`create table ${name} (like inbox_bodies including all) with (${STORAGE})`);
}

/** Moves what came before its week had a partition. */
export async function adoptStray(tx: Tx, { name, fromId, toId }: BodyWeek): Promise<void> {
  await tx.query(
    `with stray as (
       delete from ${DEFAULT_PARTITION} where inbox_id >= $1 and inbox_id < $2
       returning inbox_id, body)
     insert into ${name} (inbox_id, body) select inbox_id, body from stray`,
    [fromId, toId],
  );
}

/** Makes the table the partition of its week. Deliveries go on; readers wait for the commit. */
export async function attachPartition(tx: Tx, { name, fromId, toId }: BodyWeek): Promise<void> {
  await tx.query(
    `alter table inbox_bodies attach partition ${name} for values from ('${fromId}') to ('${toId}')`,
  );
}

/** From here to the end of the transaction everybody waits who reads or writes any body. */
export async function lockBodies(tx: Tx): Promise<void> {
  await tx.query('lock table only inbox_bodies in access exclusive mode');
}

export async function detachPartition(tx: Tx, { name }: BodyPartition): Promise<void> {
  await tx.query(`alter table inbox_bodies detach partition ${name}`);
}

/** Ids of events that still need their body, by two indexes that hold only such events. */
const NEEDED = `
  select id from inbox where status = 'dead' and id >= $1 and id < $2
  union all
  select id from inbox where status = 'received' and id >= $1 and id < $2`;

/** Bodies of a partition whose events are not done with, counted up to a bound. */
export async function countNeeded(
  database: Queryable,
  { name, fromId, toId }: BodyPartition,
  countMax: number,
): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    `select count(*)::int as count from (
       select from (${NEEDED}) as i
       where exists (select from ${name} b where b.inbox_id = i.id) limit $3) as needed`,
    [fromId, toId, countMax],
  );
  return rows[0]?.count ?? 0;
}

/** Keeps the bodies of a table that is a partition no more, of events that are not done with. */
export async function moveNeeded(tx: Tx, { name, fromId, toId }: BodyPartition): Promise<number> {
  const { rowCount } = await tx.query(
    `insert into inbox_bodies (inbox_id, body)
     select b.inbox_id, b.body from (${NEEDED}) as i join ${name} b on b.inbox_id = i.id`,
    [fromId, toId],
  );
  return rowCount ?? 0;
}

export async function dropTable(tx: Tx, { name }: BodyPartition): Promise<void> {
  await tx.query(`drop table ${name}`);
}

/** How far a look through a partition is. */
export interface RemovedBodies {
  /** Of the last that was looked at; null: that was all. */
  readonly lastId: string | null;
  readonly removed: number;
}

/**
 * Looks at the next bodies of one partition, and removes those of events that are done with and
 * came before a time. The event is locked meanwhile, so that nobody sends it through again without
 * its body; one that is being worked on is left alone.
 *
 * @param page `afterId`: the last that was looked at before; null: none was
 */
export async function removeOldBodies(
  database: Queryable,
  partition: string,
  page: { readonly afterId: string | null; readonly limit: number; readonly beforeMs: number },
): Promise<RemovedBodies> {
  const { rows } = await database.query<RemovedBodies>(
    `with page as materialized (
       select inbox_id from ${partition}
       where $1::uuid is null or inbox_id > $1 order by inbox_id limit $2
     ), old as materialized (
       select i.id from inbox i join page on page.inbox_id = i.id
       where i.status not in ('received', 'dead') and i.received_at < to_timestamp($3 / 1000.0)
       order by i.id for no key update of i skip locked
     ), removed as (
       delete from ${partition} b using old where b.inbox_id = old.id
     )
     select (select inbox_id from page order by inbox_id desc limit 1) as "lastId",
            (select count(*) from old)::int as removed`,
    [page.afterId, page.limit, page.beforeMs],
  );
  return rows[0] ?? { lastId: null, removed: 0 };
}

/** The same for other contents that came under the id of an event; what is counted of them stays. */
export async function removeConflictBodies(
  database: Queryable,
  beforeMs: number,
  limit: number,
): Promise<number> {
  const { rowCount } = await database.query({
    name: 'remove-conflict-bodies',
    text: `
      with old as materialized (
        select inbox_id, fingerprint from inbox_conflicts
        where body is not null and first_seen_at < to_timestamp($1 / 1000.0)
        order by first_seen_at limit $2 for no key update skip locked)
      update inbox_conflicts c set body = null from old
      where (c.inbox_id, c.fingerprint) = (old.inbox_id, old.fingerprint)`,
    values: [beforeMs, limit],
  });
  return rowCount ?? 0;
}

const COUNTED_MAX = 10_000;

/** Bodies of no week, counted up to 10 000. */
export async function countDefault(database: Queryable): Promise<number> {
  const { rows } = await database.query<{ count: number }>({
    name: 'count-default-bodies',
    text: `
      select count(*)::int as count
      from (select from ${DEFAULT_PARTITION} limit ${COUNTED_MAX}) as stray`,
  });
  return rows[0]?.count ?? 0;
}
