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
