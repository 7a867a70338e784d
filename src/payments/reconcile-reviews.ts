import type { ReviewReason, ReviewStatus } from './review-reasons.js';

/** The reviews of one payment or order by reason. */
export type ReviewStatuses = Map<ReviewReason, ReviewStatus>;

/**
 * What has to change so that the reviews say what the facts say: a contradiction without a review
 * opens one, an open review without a contradiction is withdrawn. What a person resolved stays
 * resolved: each contradiction is asked about once.
 */
export function reconcileReviews(
  contradictions: readonly ReviewReason[],
  reviews: ReadonlyMap<ReviewReason, ReviewStatus>,
): { reason: ReviewReason; status: 'open' | 'withdrawn' }[] {
  const opened = contradictions
    .filter((reason) => (reviews.get(reason) ?? 'withdrawn') === 'withdrawn')
    .map((reason) => ({ reason, status: 'open' as const }));
  const withdrawn = [...reviews]
    .filter(([reason, status]) => status === 'open' && !contradictions.includes(reason))
    .map(([reason]) => ({ reason, status: 'withdrawn' as const }));
  return [...opened, ...withdrawn];
}
