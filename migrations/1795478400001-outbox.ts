import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `outbox`: what others are told, written in the transaction of the change.
 *
 * - `id` (version 7) is the id that consumers see, and what makes a message count once.
 * - `aggregate_id` has no foreign key: a payment that turns out to be a part of another one is
 *   removed, what was told of it stays.
 * - `part` tells messages of one type and version apart (the reason of a review).
 * - `UNIQUE (aggregate_id, version, type, part)` makes it impossible to tell one change twice.
 * - `fanned_out_at`: when it was given to its consumers; null: the relay has not seen it. The
 *   partial index holds only those. Ids commit out of order, so nobody looks for "greater than the
 *   last one".
 *
 * `consumers`: who is told, and of which types. Messages are given out by this table and not by
 * what a process happens to be configured with: during a deployment those differ, and a message is
 * given out once. `seen_at`: when a worker last said that it knows the consumer. One that nobody knows
 * any more stays until somebody removes it.
 *
 * `dispatches`: one message on its way to one consumer; the work item of the relay.
 *
 * - `due_at`: when the relay sends it, or sends it again: queues may lose what they hold. While a
 *   relay has it, `due_at` is the end of its lease.
 * - `turn` grows whenever somebody takes or puts off the dispatch: what a relay says of a turn that
 *   is over changes nothing.
 * - `tries` counts the tries of the consumer that ended, and the replays. It never goes back, and a
 *   report about another one than the current changes nothing.
 * - `attempts`: the tries that failed since the last replay. `sends`: how often the queue took the
 *   current try.
 * - `reason`: the code of the last failure of a dead letter.
 *
 * `consumed_messages`: written by a consumer in the transaction of its effect. The primary key is
 * what makes the effect happen once. It has no foreign key, since the consumer may be another
 * service with a database of its own.
 */
export class Outbox1795478400001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table outbox (
        id uuid primary key,
        type text not null check (length(type) between 1 and 100),
        aggregate text not null check (aggregate in ('payment', 'order', 'dispute')),
        aggregate_id uuid not null,
        version integer not null check (version >= 1),
        part text not null default '',
        subject text not null,
        data jsonb not null,
        created_at timestamptz not null default now(),
        fanned_out_at timestamptz,
        constraint outbox_change_unique unique (aggregate_id, version, type, part)
      )`);
    await runner.query(`create index outbox_waiting on outbox (id) where fanned_out_at is null`);
    await runner.query(
      `create index outbox_old on outbox (fanned_out_at, id) where fanned_out_at is not null`,
    );
    await runner.query(`
      create table consumers (
        name text primary key check (length(name) between 1 and 40),
        patterns text[] not null,
        registered_at timestamptz not null default now(),
        seen_at timestamptz not null default now()
      )`);
    await runner.query(`
      create table dispatches (
        consumer text not null check (length(consumer) between 1 and 40),
        message_id uuid not null references outbox (id) on delete cascade,
        status text not null default 'pending' check (status in ('pending', 'consumed', 'dead')),
        due_at timestamptz not null default now(),
        turn integer not null default 0 check (turn >= 0),
        tries integer not null default 0 check (tries >= 0),
        sends integer not null default 0 check (sends >= 0),
        published_at timestamptz,
        attempts smallint not null default 0 check (attempts >= 0),
        attempt_errors jsonb not null default '[]',
        reason text,
        replays integer not null default 0 check (replays >= 0),
        created_at timestamptz not null default now(),
        settled_at timestamptz,
        primary key (consumer, message_id),
        constraint dispatches_settled_check check ((status = 'pending') = (settled_at is null)),
        constraint dispatches_reason_check check ((status = 'dead') = (reason is not null))
      )`);
    await runner.query(
      `create index dispatches_due on dispatches (consumer, due_at) where status = 'pending'`,
    );
    await runner.query(
      `create index dispatches_dead on dispatches (consumer, message_id) where status = 'dead'`,
    );
    await runner.query(`create index dispatches_message on dispatches (message_id)`);
    await runner.query(`
      create table consumed_messages (
        consumer text not null,
        message_id uuid not null,
        consumed_at timestamptz not null default now(),
        primary key (consumer, message_id)
      )`);
    await runner.query(
      `create index consumed_messages_old on consumed_messages (consumed_at, message_id)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['consumed_messages', 'dispatches', 'consumers', 'outbox']) {
      await runner.query(`drop table ${table}`);
    }
  }
}
