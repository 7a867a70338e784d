import { newId } from '../new-id.js';
import { Recordset } from '../database/recordset.js';
import type { Queryable, Tx } from '../database/transaction.js';
import type { NewMessage } from './message.js';

export const MESSAGES = new Recordset({
  id: 'uuid',
  type: 'text',
  aggregate: 'text',
  aggregateId: 'uuid',
  version: 'integer',
  part: 'text',
  subject: 'text',
  data: 'jsonb',
});

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
      from ${MESSAGES.sql}`,
    values: MESSAGES.values(messages.map((message) => ({ id: newId(), ...message }))),
  });
}

/** Somebody who is told, and of what. */
export interface RegisteredConsumer {
  readonly name: string;
  /** The types it is told of, as patterns of SQL's `like`. */
  readonly patterns: readonly string[];
}

/** Registers consumers, or what they want now. From here on messages are given out to them. */
export async function registerConsumers(
  database: Queryable,
  consumers: readonly RegisteredConsumer[],
): Promise<void> {
  await database.query({
    name: 'register-consumers',
    text: `
      insert into consumers (name, patterns)
      select name, patterns from json_to_recordset($1) as t (name text, patterns text[])
      order by name
      on conflict (name) do update set patterns = excluded.patterns, seen_at = now()`,
    values: [JSON.stringify(consumers)],
  });
}

/**
 * Says that a worker still knows these consumers. What they want stays what was said last: during a
 * deployment a worker of before must not take it back.
 */
export async function keepConsumers(
  database: Queryable,
  consumers: readonly RegisteredConsumer[],
): Promise<void> {
  await database.query({
    name: 'keep-consumers',
    text: `
      insert into consumers (name, patterns)
      select name, patterns from json_to_recordset($1) as t (name text, patterns text[])
      order by name
      on conflict (name) do update set seen_at = now()`,
    values: [JSON.stringify(consumers)],
  });
}

/**
 * Removes a consumer that no worker knows any more, with what it has not got yet and its dead
 * letters.
 *
 * @param quietSeconds how long no worker must have said that it knows it
 */
export async function removeConsumer(
  database: Queryable,
  name: string,
  quietSeconds: number,
): Promise<'removed' | 'in_use' | 'unknown'> {
  const { rows } = await database.query<{ is_in_use: boolean; found: number }>({
    name: 'remove-consumer',
    text: `
      with known as materialized (
        select name, seen_at > now() - make_interval(secs => $2) as is_in_use
        from consumers where name = $1 for update),
      removed as (
        delete from consumers using known where consumers.name = known.name and not is_in_use),
      dropped as (
        delete from dispatches where consumer = $1 and status <> 'consumed'
          and not exists (select 1 from known where is_in_use)
        returning 1)
      select exists (select 1 from known where is_in_use) as is_in_use,
             ((select count(*) from known) + (select count(*) from dropped))::integer as found`,
    values: [name, quietSeconds],
  });
  const [row] = rows;
  if (row?.is_in_use) return 'in_use';
  return row && row.found > 0 ? 'removed' : 'unknown';
}

/** Everybody who is registered. */
export async function findConsumers(database: Queryable): Promise<RegisteredConsumer[]> {
  const { rows } = await database.query<RegisteredConsumer>({
    name: 'find-consumers',
    text: 'select name, patterns from consumers order by name',
  });
  return rows;
}

/**
 * Gives messages to all registered consumers that want their type, in one statement: a message is
 * given to all of them or, as far as anybody can see, to none yet. Messages that another relay is
 * at are left to it.
 *
 * @returns how many messages were given out
 */
export async function fanOutMessages(database: Queryable, messagesMax: number): Promise<number> {
  const { rows } = await database.query<{ messages: number }>({
    name: 'fan-out-messages',
    text: `
      with waiting as materialized (
        select id, type from outbox where fanned_out_at is null
        order by id limit $1 for update skip locked),
      given as (
        insert into dispatches (consumer, message_id)
        select consumers.name, waiting.id
        from waiting join consumers on waiting.type like any (consumers.patterns)
        on conflict (consumer, message_id) do nothing),
      marked as (
        update outbox set fanned_out_at = now() from waiting where outbox.id = waiting.id
        returning outbox.id)
      select count(*)::integer as messages from marked`,
    values: [messagesMax],
  });
  return rows[0]?.messages ?? 0;
}

/** Where a look through old messages has come to. */
export interface MessagePosition {
  readonly fannedOutAt: string;
  readonly id: string;
}

/**
 * Looks at the next messages that were given out long ago, and removes those that nobody waits
 * for: what is a dead letter of any consumer, or on its way to one, stays.
 *
 * @param after where the last look ended, so that what stays is not looked at again and again
 * @returns where this look ended; null: there are no more
 */
export async function forgetMessages(
  database: Queryable,
  olderThanSeconds: number,
  messagesMax: number,
  after: MessagePosition | null,
): Promise<MessagePosition | null> {
  const { rows } = await database.query<MessagePosition & { looked: number }>({
    name: 'forget-messages',
    text: `
      with old as materialized (
        select id, fanned_out_at from outbox
        where fanned_out_at < now() - make_interval(secs => $1)
          and (fanned_out_at, id) > ($3::timestamptz, $4::uuid)
        order by fanned_out_at, id limit $2 for update skip locked),
      forgotten as (
        delete from outbox using old where outbox.id = old.id and not exists (
          select 1 from dispatches d
          where d.message_id = old.id and d.status in ('pending', 'dead')))
      select fanned_out_at::text as "fannedOutAt", id, count(*) over ()::integer as looked
      from old order by fanned_out_at desc, id desc limit 1`,
    values: [olderThanSeconds, messagesMax, after?.fannedOutAt ?? '-infinity', after?.id ?? NO_ID],
  });
  const [last] = rows;
  return last && last.looked === messagesMax ? last : null;
}

/** Where a look through what consumers remember has come to. */
export interface ConsumedPosition {
  readonly consumedAt: string;
  readonly messageId: string;
}

/**
 * Looks at what consumers have remembered for the longest time, and removes what is of messages
 * that are gone, and can come no more.
 *
 * @param after where the last look ended
 * @returns where this look ended; null: there is no more
 */
export async function forgetConsumed(
  database: Queryable,
  olderThanSeconds: number,
  messagesMax: number,
  after: ConsumedPosition | null,
): Promise<ConsumedPosition | null> {
  const { rows } = await database.query<ConsumedPosition & { looked: number }>({
    name: 'forget-consumed',
    text: `
      with old as materialized (
        select consumer, message_id, consumed_at from consumed_messages
        where consumed_at < now() - make_interval(secs => $1)
          and (consumed_at, message_id) > ($3::timestamptz, $4::uuid)
        order by consumed_at, message_id limit $2 for update skip locked),
      forgotten as (
        delete from consumed_messages c using old
        where c.consumer = old.consumer and c.message_id = old.message_id
          and not exists (select 1 from outbox m where m.id = old.message_id))
      select consumed_at::text as "consumedAt", message_id as "messageId",
             count(*) over ()::integer as looked
      from old order by consumed_at desc, message_id desc limit 1`,
    values: [
      olderThanSeconds,
      messagesMax,
      after?.consumedAt ?? '-infinity',
      after?.messageId ?? NO_ID,
    ],
  });
  const [last] = rows;
  return last && last.looked === messagesMax ? last : null;
}

/** Less than every id. */
const NO_ID = '00000000-0000-0000-0000-000000000000';
