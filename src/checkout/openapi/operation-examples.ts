import { ORDER, PAYMENT } from './examples.js';

/** What the routes show of those who look after it: a dead letter, its replay, and a review. */

const FAILURE = {
  attempt: 1,
  code: 'amount_unusable',
  message: 'expected an amount in minor units, found "50.00" at data.object.amount',
  at: '2026-03-02T09:17:03.640Z',
};

export const DEAD_EVENT = {
  id: '019cad9d-6b8e-7d10-8a55-2f9c4e7b1d60',
  provider: 'stripe',
  account: 'default',
  eventId: 'evt_3TgSampleOrder1001',
  type: 'payment_intent.succeeded',
  source: 'webhook',
  status: 'dead',
  outcome: 'dead',
  reason: 'amount_unusable',
  attempts: 1,
  attemptsMax: 12,
  dueAt: null,
  lastError: FAILURE,
  deliveries: 1,
  conflicts: 0,
  replays: 0,
  livemode: false,
  paymentId: null,
  occurredAt: '2026-03-02T09:17:02.000Z',
  receivedAt: '2026-03-02T09:17:03.512Z',
  appliedAt: '2026-03-02T09:17:03.640Z',
};

export const REPLAYED_EVENT = {
  isReplayed: true,
  replayId: '019cae12-4f0a-7b6d-9c31-8e5d2a7f0b44',
  ...DEAD_EVENT,
  status: 'received',
  outcome: null,
  reason: null,
  attempts: 0,
  replays: 1,
  dueAt: '2026-03-02T11:24:51.402Z',
  appliedAt: null,
};

/** What the dead letter would do, now that it can be read. */
export const DRY_RUN = {
  dryRun: true,
  matched: 1,
  examined: 1,
  changes: [
    {
      eventId: DEAD_EVENT.id,
      provider: 'stripe',
      type: DEAD_EVENT.type,
      outcome: 'applied',
      error: null,
      payment: {
        id: PAYMENT.id,
        currency: PAYMENT.currency,
        changes: [
          { field: 'status', before: 'pending', after: 'paid' },
          { field: 'amountCapturedMinor', before: 0, after: 5000 },
        ],
      },
      order: {
        reference: ORDER.reference,
        isNew: false,
        currency: ORDER.currency,
        changes: [{ field: 'status', before: 'open', after: 'paid' }],
      },
      reviews: [],
      messages: ['payment.paid', 'order.paid'],
    },
  ],
};

export const REPLAY = {
  id: '019cae12-8c57-7e02-a4d9-1b6f3c0e9a75',
  target: 'events',
  action: 'replay',
  status: 'running',
  filter: { code: 'amount_unusable', provider: 'stripe' },
  reason: 'fixed in 1.4.2',
  requestedBy: 'grace',
  perSecond: 50,
  total: 1204,
  done: 150,
  skipped: 2,
  pending: 1052,
  results: { applied: 148, noop: 2 },
  createdAt: '2026-03-02T11:25:07.031Z',
  finishedAt: null,
};

/** Nobody has counted yet. */
export const STARTED_REPLAY = { ...REPLAY, done: 0, skipped: 0, pending: 1204, results: null };

export const REVIEW = {
  id: '019cadc4-17b2-7f5a-8e60-3d9a1c5b7e02',
  reason: 'paid_twice',
  status: 'open',
  paymentId: null,
  orderId: '019cad9c-d0c8-7a41-b2f7-6c3e9d1a8b50',
  orderReference: ORDER.reference,
  amountMinor: 5000,
  currency: 'USD',
  needsSecondPerson: true,
  claimedBy: 'grace',
  claimedAt: '2026-03-02T10:01:12.904Z',
  proposal: null,
  isRefunding: false,
  resolution: null,
  resolvedBy: null,
  resolutionReason: null,
  eventId: '019cadc4-179e-7c3d-9a18-5e0b4f2d6c71',
  openedAt: '2026-03-02T09:58:26.610Z',
  closedAt: null,
};

export const PROPOSED_REVIEW = {
  ...REVIEW,
  proposal: {
    resolution: 'refund',
    by: 'grace',
    reason: 'the second payment was a mistake of the shop',
    at: '2026-03-02T10:03:40.118Z',
    wanted: { paymentId: null, amountMinor: null },
    refunds: [{ paymentId: PAYMENT.id, amountMinor: 5000 }],
  },
};

export const RESOLVED_REVIEW = {
  ...REVIEW,
  status: 'resolved',
  claimedBy: null,
  claimedAt: null,
  resolution: 'refund',
  resolvedBy: 'ada',
  resolutionReason: 'the second payment was a mistake of the shop',
  closedAt: '2026-03-02T10:11:09.377Z',
};

export const AUDIT_ENTRY = {
  id: '019cae12-8c5b-7d90-b1e4-0f7a2c6d8e13',
  at: '2026-03-02T11:25:07.031Z',
  actor: 'grace',
  role: 'operator',
  action: 'replay.start',
  subject: REPLAY.id,
  reason: REPLAY.reason,
  filter: { target: 'events', action: 'replay', ...REPLAY.filter },
  counts: { matched: 1204 },
  result: 'started',
};

export const TIMELINE = {
  data: [
    {
      at: '2026-03-02T09:17:03.512Z',
      kind: 'delivery',
      title: 'payment_intent.succeeded',
      outcome: 'recorded',
      why: 'delivered 2 times, recorded once',
      by: { kind: 'provider', name: 'stripe' },
      links: { event: DEAD_EVENT.id, payment: PAYMENT.id },
      entry: { eventId: DEAD_EVENT.eventId, source: 'webhook', deliveries: 2 },
    },
  ],
  nextCursor: null,
};
