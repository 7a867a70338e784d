import type { Tx } from '../../database/transaction.js';
import type { Counters } from './read-counters.js';

/** What one process counted in a while, and what there was to do at its end. */
export interface Sample extends Omit<Counters, 'secretMatches'> {
  readonly processId: string;
  readonly seconds: number;
  /** Null: could not be counted. */
  readonly backlog: number | null;
  readonly backlogOldestSeconds: number | null;
  readonly deadLetters: number | null;
}

export async function insertSample(tx: Tx, sample: Sample): Promise<void> {
  await tx.query({
    name: 'insert-minute-sample',
    text: `
      insert into minute_samples
        (at, process_id, seconds, received, duplicates, refused, applied, noop, ignored, retried,
         dead, acknowledge_buckets, apply_lag_buckets, backlog, backlog_oldest_seconds, dead_letters)
      values (now(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::bigint[], $12::bigint[], $13, $14,
              $15)`,
    values: [
      sample.processId,
      sample.seconds,
      sample.received,
      sample.duplicates,
      sample.refused,
      sample.applied,
      sample.noop,
      sample.ignored,
      sample.retried,
      sample.dead,
      sample.acknowledgeBuckets,
      sample.applyLagBuckets,
      sample.backlog,
      sample.backlogOldestSeconds,
      sample.deadLetters,
    ],
  });
}

/** Removes samples that are too old to be shown. */
export async function deleteOldSamples(tx: Tx, days: number): Promise<void> {
  await tx.query({
    name: 'delete-old-minute-samples',
    text: `delete from minute_samples where at < now() - make_interval(days => $1)`,
    values: [days],
  });
}

/** A secret of the configuration, by its fingerprint, and how often it matched lately. */
export interface MatchedSecret {
  readonly provider: string;
  readonly account: string;
  readonly fingerprint: string;
  readonly deliveries: number;
}

/** Notes that secrets have verified deliveries. */
export async function addSecretMatches(tx: Tx, matches: readonly MatchedSecret[]): Promise<void> {
  await tx.query({
    name: 'add-secret-matches',
    text: `
      insert into secret_matches
        (provider, account, secret_fingerprint, deliveries, last_matched_at)
      select provider, account, fingerprint, sum(deliveries)::bigint, now()
      from unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
        as given (provider, account, fingerprint, deliveries)
      group by 1, 2, 3 order by 1, 2, 3
      on conflict (provider, account, secret_fingerprint) do update
        set deliveries = secret_matches.deliveries + excluded.deliveries,
            last_matched_at = excluded.last_matched_at`,
    values: [
      matches.map(({ provider }) => provider),
      matches.map(({ account }) => account),
      matches.map(({ fingerprint }) => fingerprint),
      matches.map(({ deliveries }) => deliveries),
    ],
  });
}
