import { AUDIT_ACTIONS } from '../../audit/audit.queries.js';
import { claimReviewInput } from '../../ops/reviews/claim-review.js';
import { REVIEW_REASONS, REVIEW_STATUSES } from '../../payments/review-reasons.js';
import { resolveReviewInput } from '../inputs.js';
import { PAYMENT } from './examples.js';
import { AUDIT_ENTRY, PROPOSED_REVIEW, RESOLVED_REVIEW, REVIEW } from './operation-examples.js';
import type { Route } from './route-codes.js';
import {
  filters,
  idParameter,
  optionalKey,
  shows,
  type RouteDescription,
} from './route-description.js';
import { bodyOf, named, TEXT, TIME } from './schema.js';

/** What people decide about contradictions, and what is written down of everything they do. */
export const REVIEW_ROUTES = {
  'GET /v1/reviews': {
    name: 'listReviews',
    summary: 'List reviews, newest first',
    description: `A review is opened where money facts contradict each other, and holds its order until somebody has
decided. \`order\` is a reference, \`olderThanSeconds\` an age: those opened at least so long ago.`,
    parameters: filters({
      status: { type: 'string', enum: REVIEW_STATUSES },
      reason: { type: 'string', enum: REVIEW_REASONS },
      order: TEXT,
      olderThanSeconds: { type: 'integer', minimum: 0, maximum: 3_153_600_000 },
    }),
    answers: shows('ReviewList', 'A page', { page: { data: [REVIEW], nextCursor: null } }),
  },

  'GET /v1/reviews/{id}': {
    name: 'showReview',
    summary: 'One review with everything that was ever decided about it',
    description: `A review opens again when more is at stake than was decided about; earlier decisions stay.`,
    parameters: [idParameter('review')],
    answers: shows('ReviewHistory', 'The review', {
      open: { ...PROPOSED_REVIEW, decisions: [] },
    }),
  },

  'POST /v1/reviews/{id}/claim': {
    name: 'claimReview',
    summary: 'Look at a review, so that nobody else decides it meanwhile',
    description: `For operators. Asking twice does it once. One that somebody else looks at is \`review_claimed\`,
unless \`takeOver\` is sent.`,
    parameters: [idParameter('review')],
    body: {
      schema: bodyOf(claimReviewInput),
      required: false,
      examples: { claim: {}, takeOver: { takeOver: true } },
    },
    answers: shows('ReviewDetails', 'It is yours', { claimed: REVIEW }),
  },

  'POST /v1/reviews/{id}/release': {
    name: 'releaseReview',
    summary: 'Let go of a review',
    description: 'For operators. Nothing happens to one that you do not look at.',
    parameters: [idParameter('review')],
    answers: shows('ReviewDetails', 'The review, without you', {
      released: { ...REVIEW, claimedBy: null, claimedAt: null },
    }),
  },

  'POST /v1/reviews/{id}/resolve': {
    name: 'resolveReview',
    summary: 'Decide a review: accept, refund or dismiss',
    description: `For operators, with a reason. \`accept\`: the money stands as it is. \`refund\`: what is at stake is given
back through the provider, newest payment first; \`paymentId\` and \`amountMinor\` name another amount of
one payment. \`dismiss\`: there was nothing to decide. All of them end the hold, and the order follows its
money again.

From \`REVIEW_SECOND_PERSON_MINOR\` at stake on, two people decide: the first request is a proposal (202),
and somebody else with another token confirms it by sending the same resolution. Who proposed it cannot
(\`second_person_needed\`). Another resolution is a proposal of its own, instead of the first.

Two who decide the same give money back once. A refund whose outcome is unknown is made up for by
itself: ask again.`,
    parameters: [
      idParameter('review'),
      optionalKey(
        'The same key with the same body is the same decision, which is answered as it was. With ' +
          'another body it is `idempotency_key_reused`. Without a key each request is a new ' +
          'decision, and `review_closed` once it is decided.',
      ),
    ],
    body: {
      schema: bodyOf(resolveReviewInput),
      required: true,
      examples: {
        accept: { resolution: 'accept', reason: 'agreed with the customer by phone' },
        refund: { resolution: 'refund', reason: 'paid twice' },
        part: {
          resolution: 'refund',
          reason: 'half of it, as agreed',
          paymentId: PAYMENT.id,
          amountMinor: 2500,
        },
      },
    },
    answers: {
      200: {
        description: 'It is decided',
        schema: named('ReviewDetails'),
        examples: { refunded: RESOLVED_REVIEW },
      },
      202: {
        description: 'Proposed: a second person has to confirm it',
        schema: named('ReviewDetails'),
        examples: { proposed: PROPOSED_REVIEW },
      },
    },
  },

  'GET /v1/audit': {
    name: 'listAudit',
    summary: 'List what people did, newest first',
    description: `For viewers and operators. Append-only: nothing of it is changed or removed. What was refused is
there too, with its code as \`result\`, unless nobody knows who asked. \`actor\` is the name of a token,
\`subject\` the id of what it was done to.`,
    parameters: filters({
      actor: TEXT,
      action: { type: 'string', enum: AUDIT_ACTIONS },
      subject: TEXT,
      from: TIME,
      to: TIME,
    }),
    answers: shows('AuditList', 'A page', {
      page: { data: [AUDIT_ENTRY], nextCursor: null },
    }),
  },
} as const satisfies Readonly<Partial<Record<Route, RouteDescription>>>;
