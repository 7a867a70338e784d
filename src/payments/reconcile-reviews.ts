import type { Contradiction, ReviewReason, ReviewStatus } from './review-reasons.js';

/** How a review stands. */
export interface ReviewStanding {
  readonly status: ReviewStatus;
  /** What is at stake, minor units. */
  readonly amountMinor: bigint;
  /** What was at stake when a person resolved it; null: nobody has. */
  readonly resolvedMinor: bigint | null;
}

/** The reviews of one payment or order by reason. */
export type ReviewStandings = Map<ReviewReason, ReviewStanding>;

/** What becomes of a review. */
export interface ReviewMove extends Contradiction {
  readonly status: 'open' | 'withdrawn';
  /** False: it was open before, and only more or less is at stake. */
  readonly isNews: boolean;
}

/**
 * What has to change so that the reviews say what the facts say: a contradiction without a review
 * opens one, an open review without a contradiction is withdrawn. What a person resolved stays
 * resolved for what was at stake then; when more is, the question is asked again.
 */
export function reconcileReviews(
  contradictions: readonly Contradiction[],
  reviews: ReadonlyMap<ReviewReason, ReviewStanding>,
): ReviewMove[] {
  const opened = contradictions
    .filter((one) => isAsked(one, reviews.get(one.reason)))
    .map((one) => {
      const isNews = reviews.get(one.reason)?.status !== 'open';
      return { ...one, status: 'open' as const, isNews };
    });
  const reasons = new Set(contradictions.map(({ reason }) => reason));
  const withdrawn = [...reviews]
    .filter(([reason, { status }]) => status === 'open' && !reasons.has(reason))
    .map(([reason, { amountMinor }]) => {
      return { reason, amountMinor, status: 'withdrawn' as const, isNews: true };
    });
  return [...opened, ...withdrawn];
}

/** A move as the review stands after it. */
export function standingAfter({ status, amountMinor }: ReviewMove): ReviewStanding {
  return { status, amountMinor, resolvedMinor: null };
}

/** Whether a contradiction changes anything about its review. */
function isAsked({ amountMinor }: Contradiction, review: ReviewStanding | undefined): boolean {
  if (!review || review.status === 'withdrawn') return true;
  if (review.status === 'open') return amountMinor !== review.amountMinor;
  return amountMinor > (review.resolvedMinor ?? 0n);
}
