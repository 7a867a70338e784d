import { v7 as uuidv7 } from 'uuid';
import type { Queryable, Tx } from '../database/transaction.js';
import type { NewMessage } from './message.js';

/**
 * Writes what others are told, in the transaction of the change: both are committed or neither is.
 * `UNIQUE (aggregate_id, version, type, part)` makes it impossible to tell one change twice.
 */
export async function insertMessages(tx: Tx, messages: readonly NewMessage[]): Promise<void> {
  await tx.query({
    name: 'insert-messages',
    text: `
      insert into outbox (id, type, aggregate, aggregate_id, version, part, subject, data)
      select id, type, aggregate, "aggregateId", version, part, subject, data
      from json_to_recordset($1) as t (
        id uuid, type text, aggregate text, "aggregateId" uuid, version integer, part text,
        subject text, data jsonb)`,
    values: [JSON.stringify(messages.map((message) => ({ id: uuidv7(), ...message })))],
  });
}

/**
 * Gives messages to all consumers that want their type, in one statement: a message is given to
 * all of them or, as far as anybody can see, to none yet. Messages that another relay is at are
 * left to it.
 *
 * @param wishes consumers and the types they want, as patterns of `like`
 * @returns how many messages were given out
 */
export async function fanOutMessages(
  database: Queryable,
  wishes: readonly { readonly consumer: string; readonly pattern: string }[],
  messagesMax: number,
): Promise<number> {
  const { rows } = await database.query<{ messages: number }>({
    name: 'fan-out-messages',
    text: `
      with waiting as materialized (
        select id, type from outbox where fanned_out_at is null
        order by id limit $3 for update skip locked),
      given as (
        insert into dispatches (consumer, message_id)
        select distinct wish.consumer, waiting.id
        from waiting join unnest($1::text[], $2::text[]) as wish (consumer, pattern)
          on waiting.type like wish.pattern
        on conflict (consumer, message_id) do nothing),
      marked as (
        update outbox set fanned_out_at = now() from waiting where outbox.id = waiting.id
        returning outbox.id)
      select count(*)::integer as messages from marked`,
    values: [
      wishes.map(({ consumer }) => consumer),
      wishes.map(({ pattern }) => pattern),
      messagesMax,
    ],
  });
  return rows[0]?.messages ?? 0;
}

/**
 * Removes messages that were given out long ago and that nobody waits for: what is a dead letter
 * of any consumer, or on its way to one, stays.
 */
export async function forgetMessages(
  database: Queryable,
  olderThanSeconds: number,
  messagesMax: number,
): Promise<number> {
  const { rowCount } = await database.query({
    name: 'forget-messages',
    text: `
      delete from outbox where id in (
        select m.id from outbox m
        where m.fanned_out_at < now() - make_interval(secs => $1)
          and not exists (
            select 1 from dispatches d where d.message_id = m.id and d.status <> 'consumed')
        order by m.fanned_out_at limit $2 for update skip locked)`,
    values: [olderThanSeconds, messagesMax],
  });
  return rowCount ?? 0;
}

/** Removes what consumers remember of messages that can come no more. */
export async function forgetConsumed(
  database: Queryable,
  olderThanSeconds: number,
  messagesMax: number,
): Promise<number> {
  const { rowCount } = await database.query({
    name: 'forget-consumed',
    text: `
      delete from consumed_messages where (consumer, message_id) in (
        select c.consumer, c.message_id from consumed_messages c
        where c.consumed_at < now() - make_interval(secs => $1)
          and not exists (select 1 from outbox m where m.id = c.message_id)
        order by c.consumed_at limit $2 for update skip locked)`,
    values: [olderThanSeconds, messagesMax],
  });
  return rowCount ?? 0;
}
