import type { MessageType, NewMessage, ReviewSnapshot } from '../outbox/message.js';
import type { DisputeRow, OrderRow, PaymentRow } from './ring-state.js';

/** What others are told when a payment has changed: its move, and what became of its refunds. */
export function paymentMessages(
  before: PaymentRow,
  after: PaymentRow,
  orderReference: string | null,
): NewMessage[] {
  const previousStatus = previousStatusOf(before);
  const types = new Set<MessageType>();
  if (previousStatus !== after.status) types.add(`payment.${after.status}`);
  const { amountRefundedMinor } = before;
  if (after.amountRefundedMinor > amountRefundedMinor) types.add('payment.refunded');
  if (after.amountRefundedMinor < amountRefundedMinor) types.add('payment.refund_reversed');
  if (types.size === 0) types.add('payment.updated');
  const payment = toPaymentSnapshot(after, orderReference);
  return [...types].map((type) => aboutPayment(type, after, { payment, previousStatus }));
}

/** That a payment turned out to be a part of another one, and is no more. */
export function mergedMessage(
  payment: PaymentRow,
  orderReference: string | null,
  mergedInto: string,
): NewMessage {
  const last = { ...payment, version: payment.version + 1 };
  return aboutPayment('payment.merged', last, {
    payment: toPaymentSnapshot(last, orderReference),
    previousStatus: payment.status,
    mergedInto,
  });
}

/** A review of a payment; the order that it holds, if there is one, is told of it too. */
export function paymentReviewMessage(
  before: PaymentRow,
  after: PaymentRow,
  orderReference: string | null,
  review: ReviewSnapshot,
): NewMessage {
  const type = review.status === 'open' ? 'payment.review_opened' : 'payment.review_resolved';
  const payment = toPaymentSnapshot(after, orderReference);
  const data = { payment, previousStatus: previousStatusOf(before), review };
  return { ...aboutPayment(type, after, data), part: review.reason };
}

export function disputeMessage(
  before: DisputeRow | undefined,
  after: DisputeRow,
  payment: PaymentRow,
  orderReference: string | null,
): NewMessage {
  const hasMoved = before?.status !== after.status;
  const { id, paymentId, key: providerDisputeId, status, currency, version } = after;
  const amountMinor = toNumber(after.amountMinor);
  return {
    type: hasMoved ? `dispute.${after.status}` : 'dispute.updated',
    aggregate: 'dispute',
    aggregateId: id,
    version,
    subject: id,
    part: '',
    data: {
      dispute: { id, paymentId, providerDisputeId, status, currency, amountMinor, version },
      payment: toPaymentSnapshot(payment, orderReference),
      previousStatus: before?.status ?? null,
    },
  };
}

/** What a message about an order is made of. */
export interface OrderNews {
  readonly type: MessageType;
  readonly order: OrderRow;
  /** Null: the order is new. */
  readonly previousStatus: OrderRow['status'] | null;
  readonly payments: Iterable<PaymentRow>;
  /** Those that hold it. */
  readonly openReviews: readonly ReviewSnapshot[];
  /** The one that the message is about, if it is about one. */
  readonly review?: ReviewSnapshot;
}

export function orderMessage(news: OrderNews): NewMessage {
  const { type, order, previousStatus, review } = news;
  const { reference, status, currency, isCancelled, metadata, createdAt, version } = order;
  const payments = [...news.payments].sort((one, other) => (one.id < other.id ? -1 : 1));
  return {
    type,
    aggregate: 'order',
    aggregateId: order.id,
    version,
    subject: reference,
    part: review ? [review.reason, review.paymentId ?? ''].join(' ') : '',
    data: {
      order: {
        reference,
        status,
        currency,
        amountDueMinor: toNumber(order.amountDueMinor),
        amountPaidMinor: Number(order.amountPaidMinor),
        amountRefundedMinor: Number(order.amountRefundedMinor),
        metadata,
        isCancelled,
        payments: payments.map((one) => toPaymentSnapshot(one, reference)),
        reviews: news.openReviews,
        createdAt,
        version,
      },
      previousStatus,
      ...(review && { review }),
    },
  };
}

/** Null: the payment is new. */
function previousStatusOf({ version, status }: PaymentRow): PaymentRow['status'] | null {
  return version === 0 ? null : status;
}

function aboutPayment(
  type: MessageType,
  { id, version }: PaymentRow,
  data: NewMessage['data'],
): NewMessage {
  return { type, aggregate: 'payment', aggregateId: id, version, subject: id, part: '', data };
}

function toPaymentSnapshot(row: PaymentRow, orderReference: string | null) {
  const { id, provider, account, status, currency, livemode, createdAt, version } = row;
  return {
    id,
    provider,
    account,
    providerPaymentId: row.isProvisional ? null : row.providerPaymentId,
    orderReference,
    status,
    currency,
    amountMinor: toNumber(row.amountMinor),
    amountAuthorizedMinor: Number(row.amountAuthorizedMinor),
    amountCapturedMinor: Number(row.amountCapturedMinor),
    amountRefundedMinor: Number(row.amountRefundedMinor),
    livemode,
    createdAt,
    version,
  };
}

/** Exact: the CHECKs of the tables allow no amount above 2^53−1. */
function toNumber(amountMinor: bigint | null): number | null {
  return amountMinor === null ? null : Number(amountMinor);
}
