/** What the documented requests and answers show: one order from its creation to a refund. */

const TIMES = { createdAt: '2026-03-02T09:15:04.120Z', updatedAt: '2026-03-02T09:15:04.120Z' };

export const ORDER = {
  reference: 'order-1001',
  status: 'open',
  currency: 'USD',
  amountDueMinor: 5000,
  amountPaidMinor: 0,
  amountRefundedMinor: 0,
  metadata: { cart: 'c-77' },
  cancelRequestedAt: null,
  cancelledAt: null,
  payments: [],
  reviews: [],
  ...TIMES,
  version: 1,
};

export const PAYMENT = {
  id: '019cad9d-3a10-7c62-9d44-5a0e3f1b7c21',
  provider: 'stripe',
  account: 'default',
  providerPaymentId: 'pi_3TgSampleOrder1001',
  orderReference: 'order-1001',
  status: 'pending',
  unknownOutcome: false,
  currency: 'USD',
  amountMinor: 5000,
  amountAuthorizedMinor: 0,
  amountCapturedMinor: 0,
  amountRefundedMinor: 0,
  livemode: false,
  createdAt: '2026-03-02T09:15:31.984Z',
  updatedAt: '2026-03-02T09:15:32.410Z',
  version: 2,
};

const STRIPE_HANDOVER = {
  clientSecret: 'pi_3TgSampleOrder1001_secret_w9EXAMPLE',
  authorizationUrl: null,
};
export const STARTED_AT_STRIPE = { ...PAYMENT, ...STRIPE_HANDOVER, returnUrl: null };
export const OPEN_PAYMENT = { ...PAYMENT, ...STRIPE_HANDOVER };

export const STARTED_AT_PAYSTACK = {
  ...PAYMENT,
  id: '019cad9d-8f02-7e15-8a6d-0c9b2e4f6a83',
  provider: 'paystack',
  providerPaymentId: 'tg-019cad9d-8f02-7e15-8a6d-0c9b2e4f6a83',
  orderReference: 'order-1002',
  currency: 'NGN',
  amountMinor: 250_000,
  clientSecret: null,
  authorizationUrl: 'https://checkout.paystack.com/3ni8kdavz62431k',
  returnUrl: 'https://shop.example/thanks',
};

/** Asked for, and the answer was lost. */
export const UNKNOWN_PAYMENT = { ...PAYMENT, providerPaymentId: null, unknownOutcome: true };

export const PAID_PAYMENT = {
  ...PAYMENT,
  status: 'paid',
  amountCapturedMinor: 5000,
  updatedAt: '2026-03-02T09:17:03.556Z',
  version: 3,
};

export const CANCELLED_ORDER = {
  ...ORDER,
  status: 'cancelled',
  cancelRequestedAt: '2026-03-02T09:40:00.412Z',
  cancelledAt: '2026-03-02T09:40:00.902Z',
  payments: [
    { ...PAYMENT, status: 'cancelled', updatedAt: '2026-03-02T09:40:00.871Z', version: 3 },
  ],
  updatedAt: '2026-03-02T09:40:00.902Z',
  version: 3,
};

export const REFUND = {
  id: '019cadb1-60c4-7b0f-b3a9-4d7e8c2f5e19',
  paymentId: PAYMENT.id,
  providerRefundId: 're_3TgSampleOrder1001',
  status: 'succeeded',
  unknownOutcome: false,
  amountMinor: 2000,
  currency: 'USD',
  reason: 'requested_by_customer',
  createdAt: '2026-03-02T09:37:32.228Z',
};

export const REFUNDED_PAYMENT = {
  ...REFUND,
  payment: {
    ...PAID_PAYMENT,
    status: 'partially_refunded',
    amountRefundedMinor: 2000,
    updatedAt: '2026-03-02T09:37:32.790Z',
    version: 4,
  },
};

export const UNKNOWN_REFUND = {
  ...REFUND,
  providerRefundId: null,
  status: 'pending',
  unknownOutcome: true,
};
