import type { Pool } from 'pg';
import {
  booleanArray,
  byteaArray,
  doubleArray,
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
 * UNIQUE (provider, account, event_id) makes a redelivery harmless.
 *
 * @param graceSeconds from now until the sweeper rings for what nobody rang for
 * @returns ids of the rows that are new; one that is missing was in the inbox before
 */
export async function insertEvents(
  pool: Pool,
  rows: readonly InboxInsert[],
  graceSeconds: number,
): Promise<Set<string>> {
  const [first] = rows;
  const { rows: recorded } =
    first !== undefined && rows.length === 1
      ? await insertEvent(pool, first, graceSeconds)
      : await insertBatch(pool, rows, graceSeconds);
  return new Set(recorded.map(({ id }) => id));
}

/** An event that comes alone, as most do: its answer waits for the INSERT, and arrays take longer. */
function insertEvent(
  pool: Pool,
  { id, provider, account, event }: InboxInsert,
  graceSeconds: number,
) {
  return pool.query<{ id: string }>({
    name: 'insert-event',
    text: RECORD_NEW,
    values: valuesOfOne({ id, provider, account, source: 'webhook', ...event }, graceSeconds),
  });
}

function insertBatch(pool: Pool, rows: readonly InboxInsert[], graceSeconds: number) {
  return pool.query<{ id: string }>({
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
  const one = { id, provider, account, source, secretIndex: UNSIGNED, ...observation };
  const { rows } = await pool.query<{ id: string }>({
    name: 'insert-observation',
    text: RECORD_OR_FIND,
    values: valuesOfOne(one, graceSeconds),
  });
  return rows[0]?.id ?? id;
}

type Told = 'eventId' | 'eventType' | 'occurredAtMs' | 'livemode' | 'fingerprint' | 'body';

/** What is recorded of one event, whoever told of it. */
interface OneEvent extends Pick<VerifiedEvent, Told> {
  readonly id: string;
  readonly provider: string;
  readonly account: string;
  readonly source: 'webhook' | 'verify' | 'poll';
  readonly secretIndex: number;
}

/** The index of the secret for what was not delivered; `source` says that it was not. */
const UNSIGNED = 0;

/** Records {@link valuesOfOne}; the body only where the row is a new one. */
function recordOne(onConflict: string): string {
  return `
    with recorded as (
      insert into inbox (id, provider, account, event_id, event_type, source, occurred_at, livemode,
                         secret_index, fingerprint, body_bytes, due_at, ring_at)
      values ($1, $2, $3, $4, $5, $6, to_timestamp($7::float8 / 1000.0), $8, $9, $10,
              length($11::bytea), now() + make_interval(secs => $12),
              now() + make_interval(secs => $12))
      on conflict (provider, account, event_id) ${onConflict}
      returning id
    ), kept as (
      insert into inbox_bodies (inbox_id, body)
      select id, $11::bytea from recorded where id = $1
    )
    select id from recorded`;
}

const RECORD_NEW = recordOne('do nothing');
/** An update that changes nothing: it makes the row of the other one visible, and gives its id. */
const RECORD_OR_FIND = recordOne('do update set event_id = excluded.event_id');

function valuesOfOne(one: OneEvent, graceSeconds: number): unknown[] {
  return [
    one.id,
    one.provider,
    one.account,
    one.eventId,
    one.eventType,
    one.source,
    one.occurredAtMs,
    one.livemode,
    one.secretIndex,
    one.fingerprint,
    one.body,
    graceSeconds,
  ];
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
