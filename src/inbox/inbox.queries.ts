import type { Pool } from 'pg';
import type { Queryable, Tx } from '../database/transaction.js';
import type { VerifiedEvent } from '../providers/provider.js';

/** An event on its way into the inbox. */
export interface InboxInsert {
  readonly id: string;
  readonly provider: string;
  readonly account: string;
  readonly event: VerifiedEvent;
}

/** Names an event. */
export interface EventKey {
  readonly provider: string;
  readonly account: string;
  readonly eventId: string;
}

/**
 * Records events, all or none. Rows come sorted by key, so that two batches with the same keys
 * wait for each other instead of deadlocking. The bodies travel as one bytea with lengths, because
 * `pg` would send a bytea[] as hexadecimal text.
 *
 * @param graceSeconds from now until the sweeper rings for what nobody rang for
 * @returns ids of the rows that are new; one that is missing was in the inbox before
 */
export async function insertEvents(
  pool: Pool,
  rows: readonly InboxInsert[],
  graceSeconds: number,
): Promise<Set<string>> {
  // UNIQUE (provider, account, event_id) makes a redelivery harmless.
  const result = await pool.query<{ id: string }>({
    name: 'insert-events',
    text: `
      insert into inbox (id, provider, account, event_id, event_type, occurred_at, livemode,
                         secret_index, fingerprint, body, due_at, ring_at)
      select id, provider, account, event_id, event_type,
             to_timestamp(occurred_at_ms / 1000.0), livemode, secret_index,
             substring($9::bytea from (32 * (n - 1) + 1)::int for 32),
             substring($10::bytea from body_from for body_bytes),
             now() + make_interval(secs => $13), now() + make_interval(secs => $13)
      from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::float8[],
                  $7::boolean[], $8::smallint[], $11::int[], $12::int[])
             with ordinality
        as t (id, provider, account, event_id, event_type, occurred_at_ms, livemode,
              secret_index, body_from, body_bytes, n)
      on conflict (provider, account, event_id) do nothing
      returning id`,
    values: [
      rows.map((row) => row.id),
      rows.map((row) => row.provider),
      rows.map((row) => row.account),
      rows.map((row) => row.event.eventId),
      rows.map((row) => row.event.eventType),
      rows.map((row) => row.event.occurredAtMs),
      rows.map((row) => row.event.livemode),
      rows.map((row) => row.event.secretIndex),
      Buffer.concat(rows.map((row) => row.event.fingerprint)),
      Buffer.concat(rows.map((row) => row.event.body)),
      offsets(rows),
      rows.map((row) => row.event.body.length),
      graceSeconds,
    ],
  });
  return new Set(result.rows.map(({ id }) => id));
}

/** Where each body starts in the one bytea, counted from 1 as SQL does. */
function offsets(rows: readonly InboxInsert[]): number[] {
  let next = 1;
  return rows.map((row) => {
    const from = next;
    next += row.event.body.length;
    return from;
  });
}

/** A delivery of an event that was in the inbox already, or several of the same content. */
export interface Redelivery extends EventKey {
  readonly fingerprint: Buffer;
  readonly body: Buffer;
  readonly deliveries: number;
}

/**
 * Counts deliveries of known events. A delivery with another fingerprint than the stored event is
 * a conflict: it is counted and its body kept as evidence, once per content.
 *
 * @returns the number of deliveries that were conflicts
 */
export async function countRedeliveries(
  database: Queryable,
  redeliveries: readonly Redelivery[],
): Promise<number> {
  const { rows } = await database.query<{ conflicts: number }>({
    name: 'count-redeliveries',
    text: `
      with given as (
        select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[])
          as t (provider, account, event_id, fingerprint, body, deliveries)
      ), compared as (
        select i.id, g.deliveries, decode(g.fingerprint, 'hex') as fingerprint,
               decode(g.body, 'base64') as body,
               i.fingerprint <> decode(g.fingerprint, 'hex') as is_conflict
        from given g join inbox i using (provider, account, event_id)
      ), counted as (
        update inbox set
          deliveries = inbox.deliveries + t.deliveries, conflicts = inbox.conflicts + t.conflicts
        from (select id, sum(deliveries)::int as deliveries,
                     coalesce(sum(deliveries) filter (where is_conflict), 0)::int as conflicts
              from compared group by id) as t
        where inbox.id = t.id
      ), kept as (
        insert into inbox_conflicts (inbox_id, fingerprint, body, deliveries)
        select id, fingerprint, body, deliveries from compared where is_conflict
        on conflict (inbox_id, fingerprint)
          do update set deliveries = inbox_conflicts.deliveries + excluded.deliveries
      )
      select coalesce(sum(deliveries) filter (where is_conflict), 0)::int as conflicts
      from compared`,
    values: [
      redeliveries.map((one) => one.provider),
      redeliveries.map((one) => one.account),
      redeliveries.map((one) => one.eventId),
      redeliveries.map((one) => one.fingerprint.toString('hex')),
      redeliveries.map((one) => one.body.toString('base64')),
      redeliveries.map((one) => one.deliveries),
    ],
  });
  return rows[0]?.conflicts ?? 0;
}

/** A claimed row: nobody else works on it until the transaction ends. */
export interface ClaimedEvent extends EventKey {
  readonly id: string;
  readonly eventType: string;
  readonly body: Buffer;
  readonly attempts: number;
  readonly receivedAt: Date;
}

/**
 * Claims what is still to be done of these rows. Rows that another worker holds are left to it. A
 * row that failed waits for its `due_at`, whatever old ring names it.
 */
export async function claimEvents(tx: Tx, ids: readonly string[]): Promise<ClaimedEvent[]> {
  const { rows } = await tx.query<ClaimColumns>({
    name: 'claim-events',
    text: `
      select id, provider, account, event_id, event_type, body, attempts, received_at from inbox
      where id = any ($1::uuid[]) and status = 'received' and (attempts = 0 or due_at <= now())
      order by id for update skip locked`,
    values: [ids],
  });
  return rows.map(({ event_id, event_type, received_at, ...row }) => ({
    ...row,
    eventId: event_id,
    eventType: event_type,
    receivedAt: received_at,
  }));
}

interface ClaimColumns {
  id: string;
  provider: string;
  account: string;
  event_id: string;
  event_type: string;
  body: Buffer;
  attempts: number;
  received_at: Date;
}

/** What became of an event that is done with. */
export interface FinishedEvent {
  readonly id: string;
  readonly status: 'applied' | 'noop' | 'ignored';
  readonly reason: string | null;
  readonly paymentId: string | null;
}

/** Records outcomes in the transaction that made them true. */
export async function finishEvents(tx: Tx, events: readonly FinishedEvent[]): Promise<void> {
  await tx.query({
    name: 'finish-events',
    text: `
      update inbox set status = t.status, outcome_reason = t.reason, payment_id = t.payment_id,
                       finished_at = now()
      from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[])
        as t (id, status, reason, payment_id)
      where inbox.id = t.id and inbox.status = 'received'`,
    values: [
      events.map(({ id }) => id),
      events.map(({ status }) => status),
      events.map(({ reason }) => reason),
      events.map(({ paymentId }) => paymentId),
    ],
  });
}

/** A failed attempt: what went wrong, and when to try again (null: never). */
export interface FailedAttempt {
  readonly id: string;
  /** How many attempts had failed when this one began: a late writer changes nothing. */
  readonly attemptsBefore: number;
  readonly code: string;
  readonly message: string;
  readonly retryInMs: number | null;
}

/** Records a failed attempt after its rollback, so that the record survives. */
export async function failEvent(database: Queryable, attempt: FailedAttempt): Promise<boolean> {
  const { rowCount } = await database.query({
    name: 'fail-event',
    text: `
      update inbox set
        attempts = attempts + 1,
        attempt_errors = attempt_errors || jsonb_build_array(jsonb_build_object(
          'attempt', attempts + 1, 'code', $3::text, 'message', $4::text, 'at', now())),
        status = case when $5::float8 is null then 'dead' else 'received' end,
        outcome_reason = case when $5::float8 is null then $3::text end,
        finished_at = case when $5::float8 is null then now() end,
        due_at = now() + make_interval(secs => coalesce($5::float8, 0) / 1000.0),
        ring_at = now() + make_interval(secs => coalesce($5::float8, 0) / 1000.0)
      where id = $1 and status = 'received' and attempts = $2`,
    values: [attempt.id, attempt.attemptsBefore, attempt.code, attempt.message, attempt.retryInMs],
  });
  return rowCount === 1;
}

/**
 * Takes what should be rung for and puts the next ring off by the grace period, so that of many
 * sweepers only one rings for it and nobody rings again while the ring is worked on.
 */
export async function claimRings(
  database: Queryable,
  eventsMax: number,
  graceSeconds: number,
): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>({
    name: 'claim-rings',
    text: `
      with due as materialized (
        select id from inbox where status = 'received' and ring_at <= now()
        order by ring_at, id limit $1 for update skip locked)
      update inbox set ring_at = now() + make_interval(secs => $2)
      from due where inbox.id = due.id
      returning inbox.id`,
    values: [eventsMax, graceSeconds],
  });
  return rows.map(({ id }) => id).sort();
}

/** Makes events due for a ring at once, when the ring that was claimed for them was not heard. */
export async function releaseRings(database: Queryable, ids: readonly string[]): Promise<void> {
  await database.query({
    name: 'release-rings',
    text: `update inbox set ring_at = now() where id = any ($1::uuid[]) and status = 'received'`,
    values: [ids],
  });
}

/** How much waits, and since when: what the backlog metric shows. */
export async function measureBacklog(
  database: Queryable,
): Promise<{ received: number; dead: number; oldestSeconds: number }> {
  const { rows } = await database.query<{ received: number; dead: number; oldest: number }>({
    name: 'measure-backlog',
    text: `
      select (select count(*) from inbox where status = 'received')::int as received,
             (select count(*) from inbox where status = 'dead')::int as dead,
             coalesce((select extract(epoch from now() - min(received_at))
                       from inbox where status = 'received'), 0)::float8 as oldest`,
  });
  const [row] = rows;
  return { received: row?.received ?? 0, dead: row?.dead ?? 0, oldestSeconds: row?.oldest ?? 0 };
}
