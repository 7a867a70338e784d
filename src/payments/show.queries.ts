import type { ReviewEntity } from '../database/payment.entity.js';
import type { Queryable } from '../database/transaction.js';
import {
  presentOrder,
  presentPayment,
  presentRefund,
  type OrderView,
  type PaymentView,
  type RefundView,
} from './present.js';

/** A payment as the API shows it, read in the transaction of the caller; null: there is none. */
export async function showPayment(database: Queryable, paymentId: string) {
  const { rows } = await database.query<PaymentView>({
    name: 'show-payment',
    text: `${SELECT_PAYMENT} where p.id = $1`,
    values: [paymentId],
  });
  return rows[0] ? presentPayment(rows[0]) : null;
}

/** The id of an order; null: nothing is known of it. */
export async function findOrder(database: Queryable, reference: string): Promise<string | null> {
  const { rows } = await database.query<{ id: string }>({
    name: 'find-order',
    text: 'select id from orders where reference = $1',
    values: [reference],
  });
  return rows[0]?.id ?? null;
}

/** An order with its payments and reviews as the API shows it. @throws Error: there is none */
export async function showOrder(database: Queryable, reference: string) {
  const { rows } = await database.query<OrderView>({
    name: 'show-order',
    text: `
      select id, reference, status, currency, amount_due_minor::float8 as "amountDueMinor",
             amount_paid_minor::float8 as "amountPaidMinor",
             amount_refunded_minor::float8 as "amountRefundedMinor", metadata, version,
             cancel_requested_at as "cancelRequestedAt", cancelled_at as "cancelledAt",
             created_at as "createdAt", updated_at as "updatedAt"
      from orders where reference = $1`,
    values: [reference],
  });
  const [order] = rows;
  if (!order) throw new Error('an order that was just locked is not there');
  const payments = await database.query<PaymentView>({
    name: 'show-order-payments',
    text: `${SELECT_PAYMENT} where p.order_id = $1 order by p.id`,
    values: [order.id],
  });
  const reviews = await database.query<ReviewEntity>({
    name: 'show-order-reviews',
    text: `
      select r.id, r.payment_id as "paymentId", r.order_id as "orderId", r.reason, r.status,
             r.amount_minor::float8 as "amountMinor", r.resolution, r.resolved_by as "resolvedBy", r.inbox_id as "inboxId",
             r.opened_at as "openedAt", r.closed_at as "closedAt"
      from reviews r
      where r.order_id = $1 or r.payment_id = any ($2::uuid[]) order by r.opened_at`,
    values: [order.id, payments.rows.map(({ id }) => id)],
  });
  return presentOrder(order, payments.rows, reviews.rows);
}

/** A refund as the API shows it. @throws Error: there is none */
export async function showRefund(database: Queryable, refundId: string) {
  const { rows } = await database.query<RefundView>({
    name: 'show-refund',
    text: `${SELECT_REFUND} where r.id = $1`,
    values: [refundId],
  });
  if (!rows[0]) throw new Error('a refund that was just written is not there');
  return presentRefund(rows[0]);
}

/** The refunds that we asked for, oldest first. */
export async function showRefunds(database: Queryable, paymentId: string) {
  const { rows } = await database.query<RefundView>({
    name: 'show-refunds',
    text: `${SELECT_REFUND} where r.payment_id = $1 order by r.id`,
    values: [paymentId],
  });
  return rows.map(presentRefund);
}

// float8 holds every amount of 0 to 2^53−1, and the CHECKs allow no other.
const SELECT_PAYMENT = `
  select p.id, p.provider, p.account, p.provider_payment_id as "providerPaymentId",
         p.is_provisional as "isProvisional", p.unknown_outcome as "unknownOutcome", p.status,
         p.currency, p.amount_minor::float8 as "amountMinor",
         p.amount_authorized_minor::float8 as "amountAuthorizedMinor",
         p.amount_captured_minor::float8 as "amountCapturedMinor",
         p.amount_refunded_minor::float8 as "amountRefundedMinor", p.livemode, p.version,
         p.created_at as "createdAt", p.updated_at as "updatedAt",
         case when o.id is not null then json_build_object('reference', o.reference) end as "order"
  from payments p left join orders o on o.id = p.order_id`;

const SELECT_REFUND = `
  select r.id, r.payment_id as "paymentId", r.amount_minor::float8 as "amountMinor", r.currency,
         r.reason, r.outcome, r.provider_refund_id as "providerRefundId", f.state,
         r.created_at as "createdAt"
  from refunds r
  left join payment_facts f on f.payment_id = r.payment_id and f.kind = 'refund'
    and f.fact_key = r.provider_refund_id`;
