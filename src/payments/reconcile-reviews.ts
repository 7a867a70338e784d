import type { Contradiction, ReviewReason, ReviewStatus } from './review-reasons.js';

/** How a review stands. */
export interface ReviewStanding {
  readonly status: ReviewStatus;
  /** What is at stake, minor units. */
  readonly amountMinor: bigint;
  /** So much of it a person has decided about, whatever became of it since; null: nobody has. */
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
 * What has to change so that the reviews say what the facts say: a contradiction about which nobody
 * has decided opens one, an open review without such a contradiction is withdrawn. A decision is
 * about what was at stake then: when more is, the question is asked again; when that is gone again,
 * so is the question. Nothing here depends on what the review was in between.
 */
export function reconcileReviews(
  contradictions: readonly Contradiction[],
  reviews: ReadonlyMap<ReviewReason, ReviewStanding>,
): ReviewMove[] {
  const asked = contradictions.filter((one) => !isDecided(one, reviews.get(one.reason)));
  const opened = asked
    .filter(({ reason, amountMinor }) => {
      const review = reviews.get(reason);
      return review?.status !== 'open' || review.amountMinor !== amountMinor;
    })
    .map((one) => {
      const isNews = reviews.get(one.reason)?.status !== 'open';
      return { ...one, status: 'open' as const, isNews };
    });
  const reasons = new Set(asked.map(({ reason }) => reason));
  const withdrawn = [...reviews]
    .filter(([reason, { status }]) => status === 'open' && !reasons.has(reason))
    .map(([reason, { amountMinor }]) => {
      return { reason, amountMinor, status: 'withdrawn' as const, isNews: true };
    });
  return [...opened, ...withdrawn];
}

/** A move as the review stands after it. @param before undefined: there was none */
export function standingAfter(
  { status, amountMinor }: ReviewMove,
  before: ReviewStanding | undefined,
): ReviewStanding {
  return { status, amountMinor, resolvedMinor: before?.resolvedMinor ?? null };
}

/** Whether a person has decided about as much as this. */
function isDecided({ amountMinor }: Contradiction, review: ReviewStanding | undefined): boolean {
  const resolvedMinor = review?.resolvedMinor ?? null;
  return resolvedMinor !== null && amountMinor <= resolvedMinor;
}
