import type { ReviewDetails } from './review.queries.js';

/** A review as those see it who decide about it. */
export type ReviewView = ReturnType<typeof presentReviewDetails>;

/** @param secondPersonMinor amount at stake from which on a second person must confirm; null: never */
export function presentReviewDetails(review: ReviewDetails, secondPersonMinor: number | null) {
  const { id, reason, status, paymentId, orderId, orderReference, amountMinor, currency } = review;
  const { claimedBy, claimedAt, proposal, refundPlan, inboxId, openedAt, closedAt } = review;
  const { resolution, resolvedBy, resolutionReason } = review;
  return {
    id,
    reason,
    status,
    paymentId,
    orderId,
    orderReference,
    amountMinor,
    currency,
    needsSecondPerson: secondPersonMinor !== null && amountMinor >= secondPersonMinor,
    claimedBy,
    claimedAt,
    proposal,
    isRefunding: refundPlan !== null,
    resolution,
    resolvedBy,
    resolutionReason,
    eventId: inboxId,
    openedAt,
    closedAt,
  };
}
