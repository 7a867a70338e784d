import type { MessageType } from '../../src/outbox/message.js';
import type { Observer } from './observe.js';

/** A table in which nothing keeps an effect from being there twice. */
export async function createEffects(observer: Observer): Promise<void> {
  await observer.query('create table effects (consumer text not null, message_id uuid not null)');
}

/** Writes messages as somebody does who changed a few orders; returns their ids. */
export async function tell(
  observer: Observer,
  messages: number,
  type: MessageType = 'order.paid',
): Promise<string[]> {
  const rows = await observer.query<{ id: string }>(
    `insert into outbox (id, type, aggregate, aggregate_id, version, subject, data)
     select gen_random_uuid(), $1, split_part($1, '.', 1), gen_random_uuid(), 1, 'order-' || n, '{}'
     from generate_series(1, $2::int) as n returning id`,
    [type, messages],
  );
  return rows.map(({ id }) => id);
}

/** What one consumer has done. */
export interface EffectCount {
  readonly consumer: string;
  readonly effects: number;
  /** Of that many messages. */
  readonly messages: number;
}

export function countEffects(observer: Observer): Promise<EffectCount[]> {
  return observer.query<EffectCount>(
    `select consumer, count(*)::int as effects, count(distinct message_id)::int as messages
     from effects group by consumer order by consumer`,
  );
}

/** A message on its way to a consumer, as far as tests ask for it. */
export interface DispatchRow {
  readonly consumer: string;
  readonly message_id: string;
  readonly status: string;
  readonly sends: number;
  readonly attempts: number;
  readonly attempt_errors: readonly {
    readonly attempt: number;
    readonly code: string;
    readonly message: string;
  }[];
  readonly reason: string | null;
  readonly replays: number;
  readonly is_settled: boolean;
  /** From now on; negative: it is due. */
  readonly due_in_seconds: number;
}

/** In the order of their messages. */
export function findDispatches(
  observer: Observer,
  consumer: string,
  messageId?: string,
): Promise<DispatchRow[]> {
  return observer.query<DispatchRow>(
    `select consumer, message_id, status, sends, attempts, attempt_errors, reason, replays,
            settled_at is not null as is_settled,
            extract(epoch from due_at - clock_timestamp())::float8 as due_in_seconds
     from dispatches where consumer = $1 and message_id = coalesce($2, message_id)
     order by message_id`,
    [consumer, messageId ?? null],
  );
}

/** Every consumer has done its thing once for each message, and nothing waits. */
export async function expectAllOnce(
  observer: Observer,
  consumers: readonly string[],
  messages: number,
): Promise<void> {
  // The cheap question first: it is asked again and again.
  const unsettled = await observer.query(
    `(select 'pending' as what from dispatches where status <> 'consumed' limit 1)
     union all (select 'waiting' from outbox where fanned_out_at is null limit 1)`,
  );
  expect(unsettled).toEqual([]);
  expect(await countEffects(observer)).toEqual(
    [...consumers].sort().map((consumer) => ({ consumer, effects: messages, messages })),
  );
  const settled = await observer.query(
    'select consumer, count(*)::int as messages from dispatches group by consumer order by consumer',
  );
  expect(settled).toEqual([...consumers].sort().map((consumer) => ({ consumer, messages })));
}
