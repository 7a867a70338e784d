import { TollgateError } from '../../errors.js';
import { givenFilters } from '../given-filters.js';
import { parseAmount } from '../parse-amount.js';
import type { PaymentOfReview } from './review-words.js';

/**
 * What a person decided in a form, as `resolveReview` takes it. An amount is of one payment, whose
 * currency says how it is written.
 *
 * @param payments that the review is about
 * @throws TollgateError `bad_request`
 */
export function readDecision(
  form: unknown,
  payments: readonly Pick<PaymentOfReview, 'id' | 'currency'>[],
): Readonly<Record<string, unknown>> {
  const { resolution, reason, paymentId, amount } = givenFilters(form);
  const [only] = payments.length === 1 ? payments : [];
  const chosen = paymentId ?? (amount === undefined ? undefined : only?.id);
  const payment = payments.find(({ id }) => id === chosen);
  if (amount !== undefined && !payment) {
    throw new TollgateError('bad_request', 'amount: choose the payment that it is of');
  }
  return {
    resolution,
    reason,
    ...(chosen !== undefined && { paymentId: chosen }),
    ...(amount !== undefined && { amountMinor: parseAmount(amount, payment?.currency ?? null) }),
  };
}
