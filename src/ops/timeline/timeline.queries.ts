import type { Queryable } from '../../database/transaction.js';

/** What a timeline is of: payments, and the order that they belong to. */
export interface TimelineSubject {
  readonly paymentIds: readonly string[];
  readonly orderId: string | null;
}

/** Something that we were asked for. */
export interface CommandRow {
  readonly at: Date;
  readonly command: string;
  /** Name of a token; null: nobody noted it. */
  readonly by: string | null;
  readonly outcome: string | null;
  readonly why: string | null;
  readonly paymentId: string | null;
}

/**
 * Commands about these payments and this order that left a trace of their own, newest first. That of
 * an order's creation is its message, for as long as messages are kept.
 */
export async function findCommands(
  database: Queryable,
  { paymentIds, orderId }: TimelineSubject,
  limit: number,
): Promise<CommandRow[]> {
  const { rows } = await database.query<CommandRow>({
    name: 'find-timeline-commands',
    text: `
      select s.created_at as at, 'start_payment' as command, null as by, s.outcome,
             s.amount_minor || ' ' || s.currency as why, s.payment_id as "paymentId"
      from payment_starts s where s.payment_id = any ($1::uuid[])
      union all
      select r.created_at, 'refund_payment', r.requested_by, r.outcome,
             r.amount_minor || ' ' || r.currency || coalesce(': ' || r.reason, ''), r.payment_id
      from refunds r where r.payment_id = any ($1::uuid[])
      union all
      select m.created_at, 'create_order', null, 'done',
             (m.data -> 'order' ->> 'amountDueMinor') || ' ' || (m.data -> 'order' ->> 'currency'),
             null
      from outbox m where m.aggregate_id = $2 and m.type = 'order.created'
      union all
      select o.cancel_requested_at, 'cancel_order', null, 'asked', null, null
      from orders o where o.id = $2 and o.cancel_requested_at is not null
      order by at desc limit $3`,
    values: [paymentIds, orderId, limit],
  });
  return rows;
}

/** A message with where it is on its way to everybody who is told. */
export interface MessageRow {
  readonly id: string;
  readonly type: string;
  readonly aggregateId: string;
  readonly version: number;
  readonly at: Date;
  readonly dispatches: readonly {
    readonly consumer: string;
    readonly status: string;
    readonly reason: string | null;
  }[];
}

/** What others were told of these payments, orders and disputes, newest first. */
export async function findMessages(
  database: Queryable,
  aggregateIds: readonly string[],
  limit: number,
): Promise<MessageRow[]> {
  const { rows } = await database.query<MessageRow>({
    name: 'find-timeline-messages',
    text: `
      select m.id, m.type, m.aggregate_id as "aggregateId", m.version, m.created_at as at,
             coalesce((select json_agg(json_build_object(
                'consumer', d.consumer, 'status', d.status, 'reason', d.reason)
                order by d.consumer) from dispatches d where d.message_id = m.id), '[]')
               as dispatches
      from outbox m where m.aggregate_id = any ($1::uuid[]) order by m.id desc limit $2`,
    values: [aggregateIds, limit],
  });
  return rows;
}

/** Money that moved between accounts. */
export interface TransferRow {
  readonly at: Date;
  readonly rule: string;
  readonly debit: string;
  readonly credit: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly inboxId: string | null;
  readonly command: string | null;
  readonly paymentId: string;
}

/** Transfers of these payments, newest first. */
export async function findTransfers(
  database: Queryable,
  paymentIds: readonly string[],
  limit: number,
): Promise<TransferRow[]> {
  const { rows } = await database.query<TransferRow>({
    name: 'find-timeline-transfers',
    text: `
      select posted_at as at, rule, debit_account as debit, credit_account as credit,
             amount_minor::float8 as "amountMinor", currency, inbox_id as "inboxId", command,
             payment_id as "paymentId"
      from ledger_transfers where payment_id = any ($1::uuid[]) order by id desc limit $2`,
    values: [paymentIds, limit],
  });
  return rows;
}
