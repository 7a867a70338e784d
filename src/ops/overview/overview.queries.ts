import type { Queryable } from '../../database/transaction.js';

/** What all processes together counted in one step of time. */
export interface StepCounts {
  /** Beginning of the step, in seconds since 1970. */
  readonly atSeconds: number;
  readonly received: number;
  readonly duplicates: number;
  readonly refused: number;
  readonly applied: number;
  readonly noop: number;
  readonly ignored: number;
  readonly retried: number;
  readonly dead: number;
  readonly backlog: number | null;
  readonly backlogOldestSeconds: number | null;
  readonly deadLetters: number | null;
}

/** A stretch of time, cut into steps that begin at multiples of their length. */
export interface Stretch {
  readonly fromSeconds: number;
  readonly stepSeconds: number;
}

/** The counts by step, oldest first; a step in which nobody sampled is not there. */
export async function findStepCounts(
  database: Queryable,
  { fromSeconds, stepSeconds }: Stretch,
): Promise<StepCounts[]> {
  const { rows } = await database.query<StepCounts>({
    name: 'find-overview-steps',
    text: `
      select (floor(extract(epoch from at) / $2) * $2)::float8 as "atSeconds",
             sum(received)::float8 as received, sum(duplicates)::float8 as duplicates,
             sum(refused)::float8 as refused, sum(applied)::float8 as applied,
             sum(noop)::float8 as noop, sum(ignored)::float8 as ignored,
             sum(retried)::float8 as retried, sum(dead)::float8 as dead,
             max(backlog)::float8 as backlog,
             max(backlog_oldest_seconds) as "backlogOldestSeconds",
             max(dead_letters)::float8 as "deadLetters"
      from minute_samples
      where at >= to_timestamp($1)
      group by 1 order by 1`,
    values: [fromSeconds, stepSeconds],
  });
  return rows;
}

/** A histogram of one step. */
export interface StepBuckets {
  readonly atSeconds: number;
  readonly kind: 'acknowledge' | 'apply_lag';
  readonly buckets: readonly number[];
}

/** The histograms by step: those of all processes, bucket by bucket. */
export async function findStepBuckets(
  database: Queryable,
  { fromSeconds, stepSeconds }: Stretch,
): Promise<StepBuckets[]> {
  const { rows } = await database.query<StepBuckets>({
    name: 'find-overview-buckets',
    text: `
      select at_seconds as "atSeconds", kind, array_agg(count order by position) as buckets
      from (
        select (floor(extract(epoch from s.at) / $2) * $2)::float8 as at_seconds, one.kind,
               bucket.position, sum(bucket.count)::float8 as count
        from minute_samples s
          cross join lateral (values ('acknowledge', s.acknowledge_buckets),
                                     ('apply_lag', s.apply_lag_buckets)) as one (kind, buckets)
          cross join lateral unnest(one.buckets) with ordinality as bucket (count, position)
        where s.at >= to_timestamp($1)
        group by 1, 2, 3
      ) summed
      group by 1, 2`,
    values: [fromSeconds, stepSeconds],
  });
  return rows;
}

const COUNTED_MAX = 100_000;

/** What waits at this moment. */
export interface Waiting {
  /** Events that are received and not finished. */
  readonly backlog: number;
  readonly backlogOldestSeconds: number;
  readonly deadEvents: number;
  readonly deadMessages: number;
  readonly openReviews: number;
}

/**
 * Counts what waits, up to 100,000 of each: of more, nobody needs to know how many, and a page that
 * is looked at during an incident must not read a backlog of millions again and again. The age is
 * that of the oldest among those that were counted.
 */
export async function countWaiting(database: Queryable): Promise<Waiting> {
  const { rows } = await database.query<Waiting>({
    name: 'count-overview-waiting',
    text: `
      with waiting as (
        select received_at from inbox where status = 'received' order by ring_at, id limit $1),
      dead as (select 1 from inbox where status = 'dead' limit $1),
      dead_messages as (select 1 from dispatches where status = 'dead' limit $1),
      undecided as (select 1 from reviews where status = 'open' limit $1)
      select (select count(*) from waiting)::float8 as backlog,
             coalesce((select extract(epoch from now() - min(received_at)) from waiting), 0)::float8
               as "backlogOldestSeconds",
             (select count(*) from dead)::float8 as "deadEvents",
             (select count(*) from dead_messages)::float8 as "deadMessages",
             (select count(*) from undecided)::float8 as "openReviews"`,
    values: [COUNTED_MAX],
  });
  const [row] = rows;
  if (!row) throw new Error('a count has no row');
  return row;
}
