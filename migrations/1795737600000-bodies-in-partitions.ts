import type { MigrationInterface, QueryRunner } from 'typeorm';

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** 1970 began on a Thursday. */
const FIRST_MONDAY_MS = 4 * DAY_MS;
const WEEKS_AHEAD = 4;
/** Older ones go into the default partition: as many partitions as two years have, and no more. */
const WEEKS_BACK_MAX = 104;

/**
 * `inbox_bodies`: the bytes of the events, away from their keys, so that they can go when their
 * time is over and the keys stay: a late redelivery is still a duplicate.
 *
 * - Partitioned by the id of the event. Ids are UUIDs of version 7, which begin with their time: a
 *   range of ids is a range of time, a look-up by id is for one partition, and the row needs no
 *   time of its own. A partition is a week, from Monday to Monday (UTC), named for its first day.
 * - `inbox_bodies_default` takes every id for which there is no week, of a clock that is wrong or of
 *   another version. So no event is ever refused for its time.
 * - No foreign key to `inbox`: PostgreSQL would look through a whole partition before it dropped it.
 *   Both rows are written by one statement, and no row of `inbox` is ever deleted.
 * - Without an index but its key: nobody looks for a body by anything else.
 * - `body` is compressed with lz4 where the server has it, since it is compressed while a provider
 *   waits for its answer.
 * - Rows are only added: a vacuum freezes them in small pieces while they are still in memory.
 *
 * `inbox.body_bytes`: length of the body, kept or not; rings are planned with it.
 *
 * `inbox_conflicts.body` may be null: it goes after the same time. The index holds what is left.
 *
 * `replay_items.skip_reason`: why an item was left alone; null: somebody was faster, or it was not.
 *
 * Indexes of `inbox`: the same UNIQUE begins with the id of the provider now, so that an event is
 * found by it alone. `inbox_type`: events of a type, newest first, and of a provider that has sent
 * few. `inbox_outcome`: the outcomes that may be rare; of what most events come to, the newest are
 * found without it.
 */
export class BodiesInPartitions1795737600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // The strongest lock first: whoever asks for it with a weaker one at hand may deadlock.
    await runner.query('lock table inbox in access exclusive mode');
    await runner.query(`
      create table inbox_bodies (
        inbox_id uuid primary key,
        body bytea not null
      ) partition by range (inbox_id)`);
    await runner.query(`
      do $$ begin
        if exists (select from pg_settings
                   where name = 'default_toast_compression' and 'lz4' = any (enumvals)) then
          alter table inbox_bodies alter column body set compression lz4;
        end if;
      end $$`);
    await runner.query(
      `create table inbox_bodies_default partition of inbox_bodies default with (${STORAGE})`,
    );
    for (const week of await findWeeks(runner)) {
      await runner.query(`
        create table ${nameOf(week)} partition of inbox_bodies
          for values from ('${idAt(week)}') to ('${idAt(week + WEEK_MS)}') with (${STORAGE})`);
    }
    await runner.query(
      'insert into inbox_bodies (inbox_id, body) select id, body from inbox order by id',
    );
    // One rewrite, after which the table is as narrow as a new one.
    await runner.query('alter table inbox rename column body to body_bytes');
    await runner.query(`
      alter table inbox
        alter column body_bytes type integer using octet_length(body_bytes),
        add constraint inbox_body_bytes_check check (body_bytes >= 0),
        drop constraint inbox_event_unique,
        add constraint inbox_event_unique unique (event_id, provider, account)`);
    await runner.query('create index inbox_type on inbox (provider, event_type, id)');
    await runner.query(`
      create index inbox_outcome on inbox (status, id)
        where status in ('noop', 'ignored', 'discarded')`);
    await runner.query('alter table inbox_conflicts alter column body drop not null');
    await runner.query(`
      create index inbox_conflicts_body on inbox_conflicts (first_seen_at) where body is not null`);
    await runner.query('alter table replay_items add column skip_reason text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('lock table inbox in access exclusive mode');
    await runner.query('alter table replay_items drop column skip_reason');
    // What was removed cannot come back: an empty body is one that nobody can read.
    await runner.query('drop index inbox_conflicts_body');
    await runner.query(`update inbox_conflicts set body = '' where body is null`);
    await runner.query('alter table inbox_conflicts alter column body set not null');
    await runner.query('drop index inbox_outcome');
    await runner.query('drop index inbox_type');
    await runner.query('alter table inbox add column body bytea');
    await runner.query(`
      update inbox set body = coalesce(
        (select b.body from inbox_bodies b where b.inbox_id = inbox.id), '')`);
    await runner.query(`
      alter table inbox
        alter column body set not null,
        drop column body_bytes,
        drop constraint inbox_event_unique,
        add constraint inbox_event_unique unique (provider, account, event_id)`);
    await runner.query('drop table inbox_bodies');
  }
}

const STORAGE = `autovacuum_freeze_min_age = 0, autovacuum_vacuum_insert_scale_factor = 0.02,
  toast.autovacuum_freeze_min_age = 0, toast.autovacuum_vacuum_insert_scale_factor = 0.02`;

/** Mondays of the weeks in which there are events, of this one and of those to come. */
async function findWeeks(runner: QueryRunner): Promise<number[]> {
  const [clock] = (await runner.query(
    'select (extract(epoch from now()) * 1000)::float8 as "nowMs"',
  )) as { nowMs: number }[];
  const thisWeek = mondayOf(clock?.nowMs ?? 0);
  const weeks = Array.from({ length: WEEKS_AHEAD + 1 }, (_none, n) => thisWeek + n * WEEK_MS);
  for (let back = 1; back <= WEEKS_BACK_MAX; back += 1) {
    const week = thisWeek - back * WEEK_MS;
    const events = (await runner.query(
      `select id from inbox where id >= '${idAt(week)}' and id < '${idAt(week + WEEK_MS)}' limit 1`,
    )) as unknown[];
    if (events.length > 0) weeks.unshift(week);
  }
  return weeks;
}

function mondayOf(timeMs: number): number {
  return FIRST_MONDAY_MS + Math.floor((timeMs - FIRST_MONDAY_MS) / WEEK_MS) * WEEK_MS;
}

function nameOf(mondayMs: number): string {
  return `inbox_bodies_${new Date(mondayMs).toISOString().slice(0, 10).replaceAll('-', '')}`;
}

/** The least id of that time. */
function idAt(timeMs: number): string {
  const hex = timeMs.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`;
}
