import type { OrderEntity, PaymentEntity, ReviewEntity } from '../database/payment.entity.js';
import type { RefundEntity } from '../database/refund.entity.js';

/** What is read of an order without following its relations. */
export type OrderView = Omit<OrderEntity, 'payments'>;
/** A payment with as much of its order as is shown. */
export type PaymentView = Omit<PaymentEntity, 'order'> & {
  readonly order: Pick<OrderEntity, 'reference'> | null;
};
/** A refund with what the newest fact about it says; null as long as there is none. */
export type RefundView = RefundEntity & { readonly state: string | null };

/**
 * A payment as the API shows it; amounts in minor units. `providerPaymentId` is null as long as
 * the provider has not told it; `unknownOutcome` while nobody knows whether it has the payment.
 */
export function presentPayment(payment: PaymentView) {
  const { id, provider, account, status, currency, amountMinor } = payment;
  const { amountAuthorizedMinor, amountCapturedMinor, amountRefundedMinor } = payment;
  const { livemode, unknownOutcome, createdAt, updatedAt, version } = payment;
  return {
    id,
    provider,
    account,
    providerPaymentId: payment.isProvisional ? null : payment.providerPaymentId,
    orderReference: payment.order?.reference ?? null,
    status,
    unknownOutcome,
    currency,
    amountMinor,
    amountAuthorizedMinor,
    amountCapturedMinor,
    amountRefundedMinor,
    livemode,
    createdAt,
    updatedAt,
    version,
  };
}

/** An order as the API shows it. `amountDueMinor` is null until the order is created. */
export function presentOrder(
  order: OrderView,
  payments: readonly PaymentView[],
  reviews: readonly ReviewEntity[],
) {
  const { reference, status, currency, amountDueMinor, amountPaidMinor } = order;
  const { amountRefundedMinor, metadata, cancelRequestedAt, cancelledAt } = order;
  const { version, createdAt, updatedAt } = order;
  return {
    reference,
    status,
    currency,
    amountDueMinor,
    amountPaidMinor,
    amountRefundedMinor,
    metadata,
    cancelRequestedAt,
    cancelledAt,
    payments: payments.map(presentPayment),
    reviews: reviews.map(presentReview),
    createdAt,
    updatedAt,
    version,
  };
}

export function presentReview(review: ReviewEntity) {
  const { id, paymentId, orderId, reason, status, amountMinor, resolution, resolvedBy } = review;
  const { openedAt, closedAt, inboxId } = review;
  return {
    id,
    paymentId,
    orderId,
    reason,
    status,
    amountMinor,
    resolution,
    resolvedBy,
    eventId: inboxId,
    openedAt,
    closedAt,
  };
}

/**
 * A refund that we asked for. Its status is the provider's; `failed` when the provider refused it,
 * and `pending` as long as nobody has told more.
 */
export function presentRefund(refund: RefundView) {
  const { id, paymentId, providerRefundId, amountMinor, currency, reason } = refund;
  const { outcome, state, createdAt } = refund;
  return {
    id,
    paymentId,
    providerRefundId,
    status: outcome === 'refused' ? 'failed' : (state ?? 'pending'),
    unknownOutcome: outcome === 'unknown',
    amountMinor,
    currency,
    reason,
    createdAt,
  };
}
