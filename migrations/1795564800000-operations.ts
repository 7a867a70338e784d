import type { MigrationInterface, QueryRunner } from 'typeorm';

const AMOUNT = 'bigint check (%s between 0 and 9007199254740991)';
const amount = (name: string) => `${name} ${AMOUNT.replace('%s', name)}`;

/**
 * `audit_entries`: what people did, once per action and append-only: triggers refuse update, delete
 * and truncate, whoever asks. `subject` is the id of what it was done to, as text, since it may be
 * a message, an event or a name.
 *
 * `inbox.replays`: how often people sent the event through again or discarded it. What was chosen
 * for a replay names the number it had then: somebody else who was faster makes it a no-op.
 *
 * `dispatches`: a dead letter of a consumer may be discarded, too.
 *
 * `replays`: one order of a person to send events or messages through again, or to discard them.
 *
 * - `actor`, `key`: the same key of one person is the same order, however often it is sent.
 * - `next_at`: not before that the next part of it is done, which is what limits its rate.
 * - `done`, `skipped`: what was sent through, and what was left alone since it was done meanwhile.
 *
 * `replay_items`: what was chosen, when the order was given: what a filter matches later is not
 * part of it. `generation`: `replays` of the event, or `tries` of the dispatch, at that time.
 * `status_before`, `outcome_before`: what a replay takes from the row, kept for its timeline.
 *
 * `reviews` gets what a person needs to decide:
 * - `amount_minor`: what is at stake, in minor units of the currency of its payment or order.
 * - `resolved_minor`: so much may be at stake after what was decided. More than that opens it again.
 * - `claimed_by`, `claimed_at`: who looks at it.
 * - `proposal`: a decision that waits for a second person.
 * - `refund_key`, `refund_plan`: a refund that was decided and is being made, under that key.
 *
 * `review_decisions`: every decision ever made; append-only like the audit.
 */
export class Operations1795564800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function refuse_history_change() returns trigger language plpgsql as $$
      begin
        raise exception 'what people did is append-only' using errcode = 'restrict_violation';
      end $$`);
    await runner.query(`
      create table audit_entries (
        id uuid primary key,
        at timestamptz not null default now(),
        actor text not null check (length(actor) between 1 and 64),
        role text not null check (role in ('viewer', 'operator', 'service')),
        action text not null check (length(action) between 1 and 64),
        subject text check (length(subject) between 1 and 255),
        reason text check (length(reason) between 1 and 500),
        filter jsonb,
        counts jsonb,
        result text not null check (length(result) between 1 and 64)
      )`);
    await runner.query(
      `create index audit_entries_subject on audit_entries (subject, id) where subject is not null`,
    );
    await keepHistory(runner, 'audit_entries');

    await runner.query(`
      create table replays (
        id uuid primary key,
        target text not null check (target in ('events', 'messages')),
        action text not null check (action in ('replay', 'discard')),
        status text not null default 'running'
          check (status in ('running', 'paused', 'cancelled', 'done')),
        actor text not null check (length(actor) between 1 and 64),
        role text not null,
        key text check (length(key) between 1 and 255),
        fingerprint bytea not null check (length(fingerprint) = 32),
        filter jsonb,
        reason text check (length(reason) between 1 and 500),
        per_second integer not null check (per_second between 1 and 1000),
        total integer not null check (total >= 0),
        done integer not null default 0 check (done >= 0),
        skipped integer not null default 0 check (skipped >= 0),
        next_at timestamptz not null default now(),
        created_at timestamptz not null default now(),
        finished_at timestamptz,
        constraint replays_key_unique unique (actor, key),
        constraint replays_count_check check (done + skipped <= total),
        constraint replays_finished_check
          check ((status in ('cancelled', 'done')) = (finished_at is not null))
      )`);
    await runner.query(
      `create index replays_running on replays (next_at) where status = 'running'`,
    );
    await runner.query(`
      create table replay_items (
        replay_id uuid not null references replays (id) on delete cascade,
        position integer not null,
        subject uuid not null,
        consumer text,
        generation integer not null,
        status text not null default 'pending' check (status in ('pending', 'done', 'skipped')),
        status_before text,
        outcome_before text,
        at timestamptz,
        primary key (replay_id, position),
        constraint replay_items_at_check check ((status = 'pending') = (at is null))
      )`);
    await runner.query(
      `create index replay_items_pending on replay_items (replay_id, position)
         where status = 'pending'`,
    );
    await runner.query(`create index replay_items_subject on replay_items (subject)`);

    await runner.query(`
      alter table reviews
        add column ${amount('amount_minor')} not null default 0,
        add column ${amount('resolved_minor')},
        add column claimed_by text check (length(claimed_by) between 1 and 64),
        add column claimed_at timestamptz,
        add column proposal jsonb,
        add column refund_key text check (length(refund_key) between 1 and 255),
        add column refund_plan jsonb,
        add constraint reviews_claimed_check check ((claimed_by is null) = (claimed_at is null)),
        add constraint reviews_refund_check check ((refund_key is null) = (refund_plan is null))`);
    await runner.query(`update reviews set resolved_minor = 0 where status = 'resolved'`);
    await runner.query(`create index reviews_status on reviews (status, id)`);
    await runner.query(`
      create table review_decisions (
        id uuid primary key,
        review_id uuid not null references reviews (id),
        at timestamptz not null default now(),
        actor text not null check (length(actor) between 1 and 64),
        resolution text not null check (resolution in ('accept', 'refund', 'dismiss')),
        is_proposal boolean not null,
        reason text not null check (length(reason) between 1 and 500),
        ${amount('amount_minor')} not null
      )`);
    await runner.query(`create index review_decisions_review on review_decisions (review_id)`);
    await keepHistory(runner, 'review_decisions');

    // Last, since whoever receives waits for the rest: nothing of these two reads its table. What
    // the former CHECKs let through the new ones let through as well, so none looks at old rows.
    await runner.query(`alter table inbox add column replays integer not null default 0`);
    await runner.query(`
      alter table dispatches
        drop constraint dispatches_status_check,
        drop constraint dispatches_reason_check,
        add constraint dispatches_status_check
          check (status in ('pending', 'consumed', 'dead', 'discarded')) not valid,
        add constraint dispatches_reason_check
          check ((status in ('dead', 'discarded')) = (reason is not null)) not valid`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table review_decisions');
    await runner.query('drop index reviews_status');
    await runner.query(`
      alter table reviews drop column refund_plan, drop column refund_key, drop column proposal,
        drop column claimed_at, drop column claimed_by, drop column resolved_minor,
        drop column amount_minor`);
    await runner.query('drop table replay_items');
    await runner.query('drop table replays');
    await runner.query(`delete from dispatches where status = 'discarded'`);
    await runner.query(`
      alter table dispatches
        drop constraint dispatches_status_check,
        drop constraint dispatches_reason_check,
        add constraint dispatches_status_check check (status in ('pending', 'consumed', 'dead')),
        add constraint dispatches_reason_check check ((status = 'dead') = (reason is not null))`);
    await runner.query('alter table inbox drop column replays');
    await runner.query('drop table audit_entries');
    await runner.query('drop function refuse_history_change');
  }
}

/** Nothing of it is changed or removed, whoever asks. */
async function keepHistory(runner: QueryRunner, table: string): Promise<void> {
  await runner.query(`
    create trigger ${table}_append_only before update or delete on ${table}
      for each row execute function refuse_history_change()`);
  await runner.query(`
    create trigger ${table}_keep before truncate on ${table}
      for each statement execute function refuse_history_change()`);
}
