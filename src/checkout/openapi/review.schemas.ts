import { AUDIT_ACTIONS } from '../../audit/audit.queries.js';
import type { AuditView } from '../../ops/audit/audit-entry.queries.js';
import type { DecisionView } from '../../ops/reviews/decision.queries.js';
import type { ReviewView } from '../../payments/present-review.js';
import type { PlannedRefund, Proposal, WantedRefund } from '../../payments/decision.queries.js';
import { RESOLUTIONS, REVIEW_REASONS, REVIEW_STATUSES } from '../../payments/review-reasons.js';
import { pageOf } from './payment.schemas.js';
import {
  AMOUNT,
  COUNT,
  CURRENCY,
  FLAG,
  listOf,
  named,
  nullable,
  objectOf,
  TEXT,
  TIME,
  UUID,
  type Fields,
  type Schema,
} from './schema.js';

const RESOLUTION: Schema = { type: 'string', enum: RESOLUTIONS };

const plannedRefund: Fields<PlannedRefund> = { paymentId: UUID, amountMinor: AMOUNT };

const wantedRefund: Fields<WantedRefund> = {
  paymentId: nullable(UUID),
  amountMinor: nullable(AMOUNT),
};

const proposal: Fields<Proposal> = {
  resolution: RESOLUTION,
  by: TEXT,
  reason: TEXT,
  at: TIME,
  wanted: {
    ...objectOf(wantedRefund),
    description: 'as it was named; null: whatever the review is about',
  },
  refunds: { ...listOf(objectOf(plannedRefund)), description: 'what would be given back' },
};

const review: Fields<ReviewView> = {
  id: UUID,
  reason: { type: 'string', enum: REVIEW_REASONS, description: 'what contradicts what' },
  status: {
    type: 'string',
    enum: REVIEW_STATUSES,
    description: '`withdrawn`: what opened it no longer holds, and nobody had to decide',
  },
  paymentId: nullable(UUID),
  orderId: nullable(UUID),
  orderReference: nullable(TEXT, 'of the order that it holds; null: a payment without an order'),
  amountMinor: { ...AMOUNT, description: 'what is at stake, in the smallest unit of `currency`' },
  currency: nullable(CURRENCY),
  needsSecondPerson: {
    ...FLAG,
    description: 'so much is at stake that a second person has to confirm what the first proposes',
  },
  claimedBy: nullable(TEXT, 'who looks at it: nobody else can decide meanwhile'),
  claimedAt: nullable(TIME),
  proposal: {
    anyOf: [objectOf(proposal), { type: 'null' }],
    description: 'a decision that waits for a second person',
  },
  isRefunding: { ...FLAG, description: 'a refund was decided and is being made' },
  resolution: { type: ['string', 'null'], enum: [...RESOLUTIONS, null] },
  resolvedBy: nullable(TEXT),
  resolutionReason: nullable(TEXT),
  eventId: nullable(UUID, 'the event that opened or withdrew it; null when a command of ours did'),
  openedAt: TIME,
  closedAt: nullable(TIME),
};

const decision: Fields<DecisionView> = {
  reviewId: UUID,
  at: TIME,
  by: TEXT,
  resolution: RESOLUTION,
  isProposal: { ...FLAG, description: 'a second person had to confirm it' },
  reason: TEXT,
  amountMinor: { ...AMOUNT, description: 'what was at stake then' },
};

const auditEntry: Fields<AuditView> = {
  id: UUID,
  at: TIME,
  actor: { ...TEXT, description: 'name of the token' },
  role: { type: 'string', enum: ['viewer', 'operator', 'service'] },
  action: { type: 'string', enum: AUDIT_ACTIONS },
  subject: nullable(
    TEXT,
    'id of what it was done to, as it was given; `<consumer>/<id>` of a message; null: of many',
  ),
  reason: nullable(TEXT),
  filter: { type: ['object', 'null'], description: 'which of many it was done to' },
  counts: {
    type: ['object', 'null'],
    additionalProperties: COUNT,
    description: 'to how many',
  },
  result: {
    ...TEXT,
    description:
      '`done`, `started`, `unchanged` when there was nothing to do, what was decided, or the code with ' +
      'which it was refused',
  },
};

export const REVIEW_SCHEMAS = {
  ReviewDetails: objectOf(review),
  ReviewList: pageOf('ReviewDetails'),
  ReviewHistory: objectOf({
    ...review,
    decisions: {
      ...listOf(named('Decision')),
      description: 'everything that was ever decided or proposed, oldest first',
    },
  }),
  Decision: objectOf(decision),
  AuditEntry: objectOf(auditEntry),
  AuditList: pageOf('AuditEntry'),
} as const satisfies Readonly<Record<string, Schema>>;
