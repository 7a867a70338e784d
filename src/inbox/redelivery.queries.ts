import { byteaArray, integerArray, textArray } from '../database/binary-array.js';
import type { Queryable } from '../database/transaction.js';
import type { EventKey } from './inbox.queries.js';

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
 * Counts deliveries of known events that have the content of the stored one. Bodies stay here: only
 * those of another content are evidence. Rows are locked in the order of their ids, whatever the
 * order of arrival: two processes that count the same events wait for each other instead of
 * deadlocking.
 *
 * @param redeliveries each content of an event at most once
 * @returns those of another content than the stored event, which are not counted yet
 */
export async function countRedeliveries<T extends Redelivery>(
  database: Queryable,
  redeliveries: readonly T[],
): Promise<T[]> {
  const { rows } = await database.query<{ n: number }>({
    name: 'count-redeliveries',
    text: `
      with given as materialized (
        select * from unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::int[])
          with ordinality as t (provider, account, event_id, fingerprint, deliveries, n)
      ), known as materialized (
        select i.id, g.n, g.deliveries, i.fingerprint = g.fingerprint as is_same
        from given g join inbox i using (provider, account, event_id)
        order by i.id for no key update of i
      ), counted as (
        update inbox set deliveries = inbox.deliveries + known.deliveries
        from known where inbox.id = known.id and known.is_same
      )
      select n::int from known where not is_same`,
    values: [
      textArray(redeliveries.map((one) => one.provider)),
      textArray(redeliveries.map((one) => one.account)),
      textArray(redeliveries.map((one) => one.eventId)),
      byteaArray(redeliveries.map((one) => one.fingerprint)),
      integerArray(redeliveries.map((one) => one.deliveries)),
    ],
  });
  return rows.flatMap(({ n }) => redeliveries[n - 1] ?? []);
}

/**
 * Counts deliveries of known events that have another content, and keeps their bodies as evidence,
 * once per content. Locks as {@link countRedeliveries} does.
 *
 * @param others each content of an event at most once
 */
export async function keepConflicts(
  database: Queryable,
  others: readonly Redelivery[],
): Promise<EventConflict[]> {
  const { rows } = await database.query<EventConflict>({
    name: 'keep-conflicts',
    text: `
      with given as materialized (
        select * from unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::int[])
          as t (provider, account, event_id, fingerprint, body, deliveries)
      ), known as materialized (
        select i.id, provider, account, event_id, g.fingerprint, g.body, g.deliveries
        from given g join inbox i using (provider, account, event_id)
        order by i.id for no key update of i
      ), conflicts as (
        select id, provider, account, event_id, sum(deliveries)::int as deliveries
        from known group by id, provider, account, event_id
      ), counted as (
        update inbox set
          deliveries = inbox.deliveries + conflicts.deliveries,
          conflicts = inbox.conflicts + conflicts.deliveries
        from conflicts where inbox.id = conflicts.id
      ), kept as (
        insert into inbox_conflicts (inbox_id, fingerprint, body, deliveries)
        select id, fingerprint, body, deliveries from known
        on conflict (inbox_id, fingerprint)
          do update set deliveries = inbox_conflicts.deliveries + excluded.deliveries
      )
      select id as "inboxId", provider, account, event_id as "eventId", deliveries
      from conflicts`,
    values: [
      textArray(others.map((one) => one.provider)),
      textArray(others.map((one) => one.account)),
      textArray(others.map((one) => one.eventId)),
      byteaArray(others.map((one) => one.fingerprint)),
      byteaArray(others.map((one) => one.body)),
      integerArray(others.map((one) => one.deliveries)),
    ],
  });
  return rows;
}
