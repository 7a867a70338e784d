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

/** The ledger of the order when it is paid. */
export const LEDGER = {
  data: [
    {
      id: '019cad9e-a105-7e6b-9f02-6b1d8c3a5e40',
      paymentId: PAYMENT.id,
      debitAccount: 'provider:stripe:default',
      creditAccount: 'order:order-1001',
      currency: 'USD',
      amountMinor: 5000,
      rule: 'capture',
      revision: 1,
      fact: { kind: 'captured', key: 'ch_3TgSampleOrder1001' },
      eventId: '019cad9d-6b8e-7d10-8a55-2f9c4e7b1d60',
      command: null,
      postedAt: '2026-03-02T09:17:03.556Z',
    },
  ],
  nextCursor: null,
  balances: [
    {
      account: 'order:order-1001',
      currency: 'USD',
      debitMinor: 0,
      creditMinor: 5000,
      balanceMinor: -5000,
    },
    {
      account: 'provider:stripe:default',
      currency: 'USD',
      debitMinor: 5000,
      creditMinor: 0,
      balanceMinor: 5000,
    },
  ],
};

/** What a message says of a payment is less than what the API says. */
const NOT_TOLD = ['unknownOutcome', 'updatedAt'];
const paidSnapshot = Object.fromEntries(
  Object.entries(PAID_PAYMENT).filter(([name]) => !NOT_TOLD.includes(name)),
);

const DEPOT_ERROR = {
  attempt: 8,
  code: 'consumer_failed',
  message: 'the depot has no such article',
  at: '2026-03-02T10:48:12.640Z',
};

/** That the order is paid, which its consumer could not use. */
export const DEAD_DISPATCH = {
  consumer: 'shipping',
  id: '019cad9e-a107-7a3c-8d15-0e5f7b2c9a61',
  type: 'order.paid',
  subject: 'order-1001',
  version: 3,
  status: 'dead',
  attempts: 8,
  lastError: DEPOT_ERROR,
  errors: [DEPOT_ERROR],
  reason: 'consumer_failed',
  sends: 0,
  replays: 0,
  dueAt: null,
  publishedAt: '2026-03-02T10:48:12.117Z',
  createdAt: '2026-03-02T09:17:03.556Z',
  settledAt: '2026-03-02T10:48:12.640Z',
  data: {
    order: {
      reference: 'order-1001',
      status: 'paid',
      currency: 'USD',
      amountDueMinor: 5000,
      amountPaidMinor: 5000,
      amountRefundedMinor: 0,
      metadata: { cart: 'c-77' },
      isCancelled: false,
      payments: [paidSnapshot],
      reviews: [],
      createdAt: '2026-03-02T09:15:04.120Z',
      version: 3,
    },
    previousStatus: 'open',
  },
};

export const INVOICE = {
  id: '019cad9e-a3f1-7c08-b6d4-1a9e5f0c7d82',
  series: 'INV',
  number: 1,
  kind: 'invoice',
  orderReference: 'order-1001',
  currency: 'USD',
  amountMinor: 5000,
  correctsId: null,
  issuedAt: '2026-03-02T09:17:04.018Z',
};
