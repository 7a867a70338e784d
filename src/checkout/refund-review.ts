import { TollgateError } from '../errors.js';
import { isKeyKnown } from '../idempotency/claim.queries.js';
import type { CommandRequest } from '../idempotency/execute.js';
import { fingerprintRequest } from '../idempotency/fingerprint.js';
import type { StoredResponse } from '../idempotency/key.js';
import { readStoredProblem } from '../idempotency/response.js';
import type { PlannedRefund } from '../payments/decision.queries.js';
import { findReview } from '../payments/review.queries.js';
import type { CheckoutContext } from './context.js';

/** What giving money back for a review needs. */
export interface RefundReviewContext {
  readonly checkout: CheckoutContext;
  /** Runs the refund command under its key. */
  readonly refund: (request: CommandRequest) => Promise<StoredResponse>;
}

/** Refunds that were decided. */
export interface DecidedRefunds {
  readonly reviewId: string;
  /** Kept with the review; each refund has a key made of it. */
  readonly key: string;
  readonly refunds: readonly PlannedRefund[];
  readonly reason: string;
}

/**
 * Makes the refunds one after the other. What nobody has begun yet is only begun while the review
 * still asks for it: this may be hours later, and the money may have gone back in another way.
 *
 * @returns why a refund was refused; null: all of them were taken
 */
export async function refundReview(
  { checkout, refund }: RefundReviewContext,
  decided: DecidedRefunds,
): Promise<TollgateError | null> {
  const { reviewId, key, reason } = decided;
  for (const [index, { paymentId, amountMinor }] of decided.refunds.entries()) {
    const request = {
      caller: `review:${reviewId}`,
      key: `${key}-${index}`,
      fingerprint: fingerprintRequest('POST', `/v1/payments/${paymentId}/refunds`, { amountMinor }),
      params: { id: paymentId },
      body: { amountMinor, reason },
    };
    const isBegun = await isKeyKnown(checkout.pool, { ...request, operation: 'refund_payment' });
    if (!isBegun && !(await isStillWanted(checkout, decided))) {
      return new TollgateError('review_closed', 'other news ended this review before the refund');
    }
    const answer = await runRefund(refund, request);
    if (answer.status >= 400) return readStoredProblem(answer);
  }
  return null;
}

async function isStillWanted(
  { pool }: CheckoutContext,
  { reviewId, key }: DecidedRefunds,
): Promise<boolean> {
  const review = await findReview(pool, reviewId);
  return review?.status === 'open' && review.refundKey === key;
}

/** Somebody else who makes the same refund is no refusal: it can be asked for again. */
async function runRefund(
  refund: RefundReviewContext['refund'],
  request: CommandRequest,
): Promise<StoredResponse> {
  try {
    return await refund(request);
  } catch (error) {
    if (!(error instanceof TollgateError) || error.code !== 'request_in_progress') throw error;
    throw new TollgateError('provider_outcome_unknown', 'the refund is being made: ask again');
  }
}
