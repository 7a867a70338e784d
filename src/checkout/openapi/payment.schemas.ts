import { FACT_KINDS } from '../../payments/payment-fact.js';
import { ORDER_STATUSES } from '../../payments/order.states.js';
import { PAYMENT_STATUSES } from '../../payments/payment.states.js';
import type {
  presentOrder,
  presentPayment,
  presentRefund,
  presentReview,
} from '../../payments/present.js';
import { REVIEW_REASONS, REVIEW_STATUSES } from '../../payments/review-reasons.js';
import {
  ACCOUNT,
  AMOUNT,
  CURRENCY,
  FLAG,
  listOf,
  named,
  nullable,
  objectOf,
  PROVIDER,
  TEXT,
  TIME,
  UUID,
  VERSION,
  type Fields,
  type Schema,
} from './schema.js';

const payment: Fields<ReturnType<typeof presentPayment>> = {
  id: UUID,
  provider: PROVIDER,
  account: ACCOUNT,
  providerPaymentId: nullable(TEXT, 'null as long as the provider has not told it'),
  orderReference: nullable(TEXT, 'null for a payment that belongs to no order'),
  status: { type: 'string', enum: PAYMENT_STATUSES },
  unknownOutcome: {
    ...FLAG,
    description: 'nobody knows whether the provider has this payment; it is being found out',
  },
  currency: nullable(CURRENCY),
  amountMinor: nullable(AMOUNT, 'what was asked for, in the smallest unit of the currency'),
  amountAuthorizedMinor: AMOUNT,
  amountCapturedMinor: AMOUNT,
  amountRefundedMinor: AMOUNT,
  livemode: { ...FLAG, description: "false for the provider's test mode" },
  createdAt: TIME,
  updatedAt: TIME,
  version: VERSION,
};

/** With what the customer pays. */
const handover = {
  clientSecret: nullable(TEXT, "for the client's own page (Stripe)"),
  authorizationUrl: nullable(TEXT, "the provider's page on which the customer pays (Paystack)"),
};

const refund: Fields<ReturnType<typeof presentRefund>> = {
  id: UUID,
  paymentId: UUID,
  providerRefundId: nullable(TEXT, 'null as long as the provider has not told it'),
  status: {
    type: 'string',
    enum: ['pending', 'succeeded', 'failed', 'cancelled'],
    description: 'as the provider tells it; `failed` too when it refused the refund',
  },
  unknownOutcome: {
    ...FLAG,
    description: 'nobody knows whether the provider makes this refund; it is being found out',
  },
  amountMinor: AMOUNT,
  currency: CURRENCY,
  reason: nullable(TEXT),
  createdAt: TIME,
};

const review: Fields<ReturnType<typeof presentReview>> = {
  id: UUID,
  paymentId: nullable(UUID),
  orderId: nullable(UUID),
  reason: { type: 'string', enum: REVIEW_REASONS },
  status: { type: 'string', enum: REVIEW_STATUSES },
  amountMinor: { ...AMOUNT, description: 'what is at stake' },
  resolution: nullable(TEXT),
  resolvedBy: nullable(TEXT),
  eventId: nullable(UUID, 'the event that opened or withdrew it; null when a command of ours did'),
  openedAt: TIME,
  closedAt: nullable(TIME),
};

const order: Fields<ReturnType<typeof presentOrder>> = {
  reference: TEXT,
  status: { type: 'string', enum: ORDER_STATUSES },
  currency: nullable(CURRENCY),
  amountDueMinor: nullable(AMOUNT, 'null until the order is created: then a provider named it'),
  amountPaidMinor: { ...AMOUNT, description: 'captured so far, refunds not subtracted' },
  amountRefundedMinor: AMOUNT,
  metadata: { type: 'object', description: 'as it was given when the order was created' },
  cancelRequestedAt: nullable(TIME, 'from then on no payment of it is started'),
  cancelledAt: nullable(TIME, 'when what was open was cancelled at its providers'),
  payments: listOf(named('Payment')),
  reviews: listOf(named('Review')),
  createdAt: TIME,
  updatedAt: TIME,
  version: VERSION,
};

export const FACT: Schema = objectOf({
  kind: { type: 'string', enum: FACT_KINDS },
  key: TEXT,
  amountMinor: nullable(AMOUNT),
  currency: nullable(CURRENCY),
  occurredAt: nullable(TIME, "by the provider's clock; null when it does not say"),
  state: nullable(TEXT, 'of a refund or dispute'),
  reference: nullable(TEXT, "the order's reference, where the provider's metadata has it"),
  livemode: nullable(FLAG),
  eventId: nullable(UUID, 'the event that told it; null when a command of ours did'),
  recordedAt: TIME,
});

export const PAYMENT_SCHEMAS = {
  Payment: objectOf(payment),
  StartedPayment: objectOf({
    ...payment,
    ...handover,
    returnUrl: nullable(TEXT, 'as it was given'),
  }),
  /** In a problem, a payment comes with the means to pay only where it is the customer's to pay. */
  ConcernedPayment: { ...objectOf(payment), properties: { ...payment, ...handover } },
  PaymentDetails: objectOf({
    ...payment,
    facts: listOf(named('Fact')),
    reviews: listOf(named('Review')),
    refunds: {
      ...listOf(named('Refund')),
      description: 'those that were asked for here, oldest first',
    },
    timeline: listOf(named('TimelineEntry')),
  }),
  PaymentList: pageOf('Payment'),
  Refund: objectOf(refund),
  RefundedPayment: objectOf({ ...refund, payment: named('Payment') }),
  Order: objectOf(order),
  Review: objectOf(review),
  Fact: FACT,
} as const satisfies Readonly<Record<string, Schema>>;

/**
 * A page of a list, newest first.
 * @param more what this list tells besides
 */
export function pageOf(name: string, more: Readonly<Record<string, Schema>> = {}): Schema {
  return objectOf({
    data: listOf(named(name)),
    nextCursor: nullable(TEXT, 'give it back as `cursor`; null on the last page'),
    ...more,
  });
}
