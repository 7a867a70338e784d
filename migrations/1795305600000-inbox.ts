import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `inbox`: every event that a provider proved to have sent, once. The row is the work item: a
 * queue job only says "look at these rows", so a lost, doubled or late job is harmless.
 *
 * - `UNIQUE (provider, account, event_id)` makes a redelivery harmless.
 * - `body` is bytea: text and jsonb refuse U+0000, and the signature covers bytes, not text.
 * - `fingerprint` is the SHA-256 of the content without what the provider changes between
 *   deliveries; the same id with another one is an alarm (`inbox_conflicts`).
 * - `due_at` is when the event is to be worked on at the latest: after insertion plus a grace
 *   period, after a failure plus the backoff. Retries survive the loss of the queue because of it.
 * - `ring_at` is when the sweeper rings if nobody else has. It starts as `due_at`; each ring of
 *   the sweeper puts it off, so that an event is not rung for again while it is worked on.
 * - `attempts` counts failed tries since the event came in or was replayed; `attempt_errors` keeps
 *   the code, message and time of each, oldest first.
 * - `deliveries` counts HTTP arrivals, the first included.
 * - `part_id` names the part of a payment that an event waits for (`waiting_for_payment`); with it
 *   the event is found and put onto the payment's timeline once that is known.
 * - `outcome_reason` says why a `noop` changed nothing or what killed a dead letter.
 *
 * Indexes: the sweeper reads only what is `received`, so its index holds only that; ops lists
 * dead letters by age; a payment's timeline finds its events.
 *
 * `inbox_conflicts`: what came under the id of another event, once per content. The first body
 * stays the event; this is the evidence.
 */
export class Inbox1795305600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table inbox (
        id uuid primary key,
        provider text not null,
        account text not null,
        event_id text not null check (length(event_id) between 1 and 255),
        event_type text not null check (length(event_type) between 1 and 255),
        source text not null default 'webhook'
          check (source in ('webhook', 'verify', 'poll', 'backfill')),
        status text not null default 'received'
          check (status in ('received', 'applied', 'noop', 'ignored', 'dead', 'discarded')),
        outcome_reason text,
        occurred_at timestamptz,
        livemode boolean,
        secret_index smallint not null default 0,
        fingerprint bytea not null check (length(fingerprint) = 32),
        body bytea not null,
        attempts smallint not null default 0 check (attempts >= 0),
        attempt_errors jsonb not null default '[]',
        due_at timestamptz not null,
        ring_at timestamptz not null,
        deliveries integer not null default 1 check (deliveries >= 1),
        conflicts integer not null default 0 check (conflicts >= 0),
        payment_id uuid,
        part_id text,
        received_at timestamptz not null default now(),
        finished_at timestamptz,
        constraint inbox_event_unique unique (provider, account, event_id),
        constraint inbox_finished_check check ((status = 'received') = (finished_at is null))
      )`);
    await runner.query(`create index inbox_ring on inbox (ring_at, id) where status = 'received'`);
    await runner.query(`create index inbox_dead on inbox (id) where status = 'dead'`);
    await runner.query(
      `create index inbox_payment on inbox (payment_id) where payment_id is not null`,
    );
    await runner.query(`create index inbox_part on inbox (part_id) where part_id is not null`);
    await runner.query(`
      create table inbox_conflicts (
        inbox_id uuid not null references inbox (id) on delete cascade,
        fingerprint bytea not null check (length(fingerprint) = 32),
        body bytea not null,
        first_seen_at timestamptz not null default now(),
        deliveries integer not null default 1 check (deliveries >= 1),
        primary key (inbox_id, fingerprint)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table inbox_conflicts');
    await runner.query('drop table inbox');
  }
}
