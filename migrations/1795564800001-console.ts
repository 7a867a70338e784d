import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `console_sessions`: who is logged in at the console, so that every process knows it and logging
 * out ends it everywhere. What the browser holds is not in here: a copy of the table opens nothing.
 *
 * - `id_digest`: SHA-256 of the 256 random bits in the cookie.
 * - `token_digest`: SHA-256 of the token that was logged in with. A token that is taken out of the
 *   configuration takes its sessions along.
 * - `csrf_token`: what every form of the session carries.
 * - `notice`: what the next page says, once: the outcome of the last form.
 *
 * Index: what is over, for those who clean up.
 *
 * `minute_samples`: what one process counted since its last sample, for the plots of the overview.
 * Written once a minute by each; a crash loses a minute of figures and nothing else.
 *
 * - `process_id`: drawn at random at the start of a process.
 * - `seconds`: how long the counts took to come about.
 * - `acknowledge_buckets`, `apply_lag_buckets`: how many fell into each bucket of the histogram,
 *   the last one being what is above all bounds. Those of several processes add up, which
 *   percentiles would not.
 * - `backlog`, `backlog_oldest_seconds`, `dead_letters`: what was there at that time, counted in
 *   the database, so they are the same for all processes; null when that could not be counted.
 *
 * `secret_matches`: when a webhook secret last verified a delivery: evidence that an old one can
 * go. `secret_fingerprint` is the beginning of a digest: it names a secret, and nobody gets from it
 * to the secret.
 */
export class Console1795564800001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table console_sessions (
        id_digest bytea primary key check (octet_length(id_digest) = 32),
        token_digest bytea not null check (octet_length(token_digest) = 32),
        csrf_token text not null check (length(csrf_token) between 20 and 100),
        notice jsonb,
        created_at timestamptz not null default now(),
        seen_at timestamptz not null default now(),
        expires_at timestamptz not null,
        check (expires_at > created_at)
      )`);
    await runner.query(`create index console_sessions_expires on console_sessions (expires_at)`);
    await runner.query(`
      create table minute_samples (
        at timestamptz not null,
        process_id uuid not null,
        seconds double precision not null check (seconds >= 0),
        received bigint not null check (received >= 0),
        duplicates bigint not null check (duplicates >= 0),
        refused bigint not null check (refused >= 0),
        applied bigint not null check (applied >= 0),
        noop bigint not null check (noop >= 0),
        ignored bigint not null check (ignored >= 0),
        retried bigint not null check (retried >= 0),
        dead bigint not null check (dead >= 0),
        acknowledge_buckets bigint[] not null,
        apply_lag_buckets bigint[] not null,
        backlog bigint,
        backlog_oldest_seconds double precision,
        dead_letters bigint,
        primary key (at, process_id)
      )`);
    await runner.query(`
      create table secret_matches (
        provider text not null,
        account text not null,
        secret_fingerprint text not null check (secret_fingerprint ~ '^[0-9a-f]{12}$'),
        last_matched_at timestamptz not null,
        deliveries bigint not null check (deliveries > 0),
        primary key (provider, account, secret_fingerprint)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['secret_matches', 'minute_samples', 'console_sessions']) {
      await runner.query(`drop table ${table}`);
    }
  }
}
