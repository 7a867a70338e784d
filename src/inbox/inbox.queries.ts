import type { Pool } from 'pg';
import {
  booleanArray,
  byteaArray,
  doubleArray,
  integerArray,
  smallintArray,
  textArray,
  uuidArray,
} from '../database/binary-array.js';
import type { Queryable, Tx } from '../database/transaction.js';
import type { VerifiedEvent } from '../providers/provider.js';
import type { Observation } from '../providers/provider-api.js';

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
 * Records events with their bodies, all or none. Rows come sorted by key, so that two batches with
 * the same keys wait for each other instead of deadlocking. A body goes into the partition of the
 * time in its id, or, where there is none, into the one for all others.
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
      with given as materialized (
        select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[],
                             $6::float8[], $7::boolean[], $8::smallint[], $9::bytea[], $10::bytea[])
          as t (id, provider, account, event_id, event_type, occurred_at_ms, livemode,
                secret_index, fingerprint, body)
      ), recorded as (
        insert into inbox (id, provider, account, event_id, event_type, occurred_at, livemode,
                           secret_index, fingerprint, body_bytes, due_at, ring_at)
        select id, provider, account, event_id, event_type,
               to_timestamp(occurred_at_ms / 1000.0), livemode, secret_index, fingerprint,
               length(body), now() + make_interval(secs => $11), now() + make_interval(secs => $11)
        from given
        on conflict (provider, account, event_id) do nothing
        returning id
      )
      insert into inbox_bodies (inbox_id, body)
      select id, body from given where id = any (array(select id from recorded))
      returning inbox_id as id`,
    values: [
      uuidArray(rows.map((row) => row.id)),
      textArray(rows.map((row) => row.provider)),
      textArray(rows.map((row) => row.account)),
      textArray(rows.map((row) => row.event.eventId)),
      textArray(rows.map((row) => row.event.eventType)),
      doubleArray(rows.map((row) => row.event.occurredAtMs)),
      booleanArray(rows.map((row) => row.event.livemode)),
      smallintArray(rows.map((row) => row.event.secretIndex)),
      byteaArray(rows.map((row) => row.event.fingerprint)),
      byteaArray(rows.map((row) => row.event.body)),
      graceSeconds,
    ],
  });
  return new Set(result.rows.map(({ id }) => id));
}

/** Which of these events are committed in the inbox. Waits for nobody who works on one of them. */
export async function findStored<T extends InboxInsert>(tx: Tx, rows: readonly T[]): Promise<T[]> {
  const { rows: found } = await tx.query<{ n: number }>({
    name: 'find-stored',
    text: `
      select n::int from unnest($1::text[], $2::text[], $3::text[]) with ordinality
        as t (provider, account, event_id, n)
      where exists (
        select from inbox i
        where (i.provider, i.account, i.event_id) = (t.provider, t.account, t.event_id))`,
    values: [
      textArray(rows.map((row) => row.provider)),
      textArray(rows.map((row) => row.account)),
      textArray(rows.map((row) => row.event.eventId)),
    ],
  });
  return found.flatMap(({ n }) => rows[n - 1] ?? []);
}

/** What a provider answered when it was asked. */
export interface ObservationInsert {
  readonly id: string;
  readonly provider: string;
  readonly account: string;
  /** Who asked: a client who verifies, or our own loops. */
  readonly source: 'verify' | 'poll';
  readonly observation: Observation;
}

/**
 * Records what a provider answered; returns the id of the row, which is an older one when the same
 * was seen before.
 */
export async function insertObservation(
  pool: Pool,
  { id, provider, account, source, observation }: ObservationInsert,
  graceSeconds: number,
): Promise<string> {
  const { eventId, eventType, occurredAtMs, livemode, fingerprint, body } = observation;
  const { rows } = await pool.query<{ id: string }>({
    name: 'insert-observation',
    // An update that changes nothing: it makes the row of the other one visible, and gives its id.
    text: `
      with recorded as (
        insert into inbox (id, provider, account, event_id, event_type, source, occurred_at,
                           livemode, fingerprint, body_bytes, due_at, ring_at)
        values ($1, $2, $3, $4, $5, $6, to_timestamp($7::float8 / 1000.0), $8, $9,
                octet_length($10::bytea), now() + make_interval(secs => $11),
                now() + make_interval(secs => $11))
        on conflict (provider, account, event_id) do update set event_id = excluded.event_id
        returning id
      ), kept as (
        insert into inbox_bodies (inbox_id, body)
        select id, $10::bytea from recorded where id = $1
      )
      select id from recorded`,
    values: [
      id,
      provider,
      account,
      eventId,
      eventType,
      source,
      occurredAtMs,
      livemode,
      fingerprint,
      body,
      graceSeconds,
    ],
  });
  return rows[0]?.id ?? id;
}

/** The bytes of an event as they came; null: its time is over, or there is no such event. */
export async function findBody(database: Queryable, id: string): Promise<Buffer | null> {
  const { rows } = await database.query<{ body: Buffer }>({
    name: 'find-body',
    text: 'select body from inbox_bodies where inbox_id = $1',
    values: [id],
  });
  return rows[0]?.body ?? null;
}

/** A delivery of an event that was in the inbox already, or several of the same content. */
export interface Redelivery extends EventKey {
  readonly fingerprint: Buffer;
  readonly body: Buffer;
  readonly deliveries: number;
}

/** An event id that came with another content than that of the stored event. */
export interface EventConflict extends EventKey {
  readonly inboxId: string;
  /** With any other content. */
  readonly deliveries: number;
}

/**
 * Counts deliveries of known events. A delivery with another fingerprint than the stored event is
 * a conflict: it is counted and its body kept as evidence, once per content. Rows are locked in the
 * order of their ids, whatever the order of arrival: two processes that count the same events wait
 * for each other instead of deadlocking.
 *
 * @returns the events of which there were conflicts
 */
export async function countRedeliveries(
  database: Queryable,
  redeliveries: readonly Redelivery[],
): Promise<EventConflict[]> {
  const { rows } = await database.query<EventConflict>({
    name: 'count-redeliveries',
    text: `
      with given as (
        select * from unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::int[])
          as t (provider, account, event_id, fingerprint, body, deliveries)
      ), known as materialized (
        select id, provider, account, event_id, fingerprint from inbox
        where (provider, account, event_id) in (select provider, account, event_id from given)
        order by id for no key update
      ), compared as (
        select k.id, provider, account, event_id, g.deliveries, g.fingerprint, g.body,
               k.fingerprint <> g.fingerprint as is_conflict
        from given g join known k using (provider, account, event_id)
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
      select id as "inboxId", provider, account, event_id as "eventId",
             sum(deliveries)::int as deliveries
      from compared where is_conflict group by id, provider, account, event_id`,
    values: [
      textArray(redeliveries.map((one) => one.provider)),
      textArray(redeliveries.map((one) => one.account)),
      textArray(redeliveries.map((one) => one.eventId)),
      byteaArray(redeliveries.map((one) => one.fingerprint)),
      byteaArray(redeliveries.map((one) => one.body)),
      integerArray(redeliveries.map((one) => one.deliveries)),
    ],
  });
  return rows;
}
