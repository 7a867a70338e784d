import type { PaymentView } from '../../ops/payments/list-payments.js';
import type { listReviews, showReview } from '../../ops/reviews/list-reviews.js';

export type Review = Awaited<ReturnType<typeof listReviews>>['data'][number];
/** A review with everything that was ever decided about it. */
export type ReviewDetails = Awaited<ReturnType<typeof showReview>>;
/** A payment that a review is about. */
export type PaymentOfReview = PaymentView;
export type Resolution = NonNullable<Review['resolution']>;

/** What the facts contradict, for a person who has never seen it. */
export const REASONS: Readonly<Record<Review['reason'], string>> = {
  captured_after_cancel: 'Money was taken for something that had been called off.',
  captured_after_refund: 'Money was taken again after it had been given back.',
  amount_mismatch: 'A payment brought more than the order owes.',
  currency_mismatch: 'Two currencies came where there can be only one.',
  paid_twice: 'A second payment came for an order that is paid.',
  refund_exceeds_capture: 'More was given back than was taken.',
  livemode_mismatch: 'Test money and real money came together in one place.',
};

export const STATUSES = ['open', 'resolved', 'withdrawn'] as const satisfies Review['status'][];

/** What can be decided, and what it does. All of them end the hold of the order. */
export const RESOLUTIONS: Readonly<
  Record<Resolution, { readonly verb: string; readonly effect: string }>
> = {
  accept: {
    verb: 'Accept',
    effect: 'The money stands as it is. No money moves, and the order follows its money again.',
  },
  refund: {
    verb: 'Refund',
    effect:
      'What is at stake is given back through the provider, and the order follows its money again.',
  },
  dismiss: {
    verb: 'Dismiss',
    effect: 'There was nothing to decide. No money moves, and the order follows its money again.',
  },
};

/** How long a review may have been open, in seconds, as the filter offers it. */
const AGES: ReadonlyMap<string, number> = new Map([
  ['over_an_hour', 3600],
  ['over_a_day', 86_400],
  ['over_a_week', 604_800],
]);
export const REVIEW_AGES: readonly string[] = [...AGES.keys()];

/** Filters as `listReviews` takes them. An age that nobody offered stays, and is refused there. */
export function withAge({
  age,
  ...filters
}: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (age === undefined) return filters;
  const seconds = AGES.get(age);
  return seconds === undefined
    ? { ...filters, age }
    : { ...filters, olderThanSeconds: String(seconds) };
}
