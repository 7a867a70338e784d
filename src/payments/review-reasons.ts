/** What money facts can contradict. Each opens one review per payment or order. */
export const REVIEW_REASONS = [
  'captured_after_cancel', // money was taken for something that was called off
  'captured_after_refund', // money was taken again after it had been given back
  'amount_mismatch', // one payment brought more than the order owes
  'currency_mismatch', // two currencies where there can be only one, or money of an unknown one
  'paid_twice', // a second payment of an order that is paid
  'refund_exceeds_capture', // more was given back than was taken
  'livemode_mismatch', // test money and real money in one place
] as const;
export type ReviewReason = (typeof REVIEW_REASONS)[number];

/**
 * `withdrawn`: what opened it no longer holds, since later news resolved the contradiction before
 * a person did. If the contradiction comes back, so does the review.
 */
export const REVIEW_STATUSES = ['open', 'resolved', 'withdrawn'] as const;
export type ReviewStatus = (typeof REVIEW_STATUSES)[number];

/**
 * What a person can decide. All of them end the hold, and the order follows its money again.
 * `accept`: the money stands as it is; `refund`: what is at stake was given back; `dismiss`: there
 * was nothing to decide.
 */
export const RESOLUTIONS = ['accept', 'refund', 'dismiss'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** What money facts contradict, and how much money that is about. */
export interface Contradiction {
  readonly reason: ReviewReason;
  /** Minor units of the currency of the payment or order; what was given back counts no more. */
  readonly amountMinor: bigint;
}
