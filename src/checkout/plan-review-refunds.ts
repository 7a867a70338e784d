import { TollgateError } from '../errors.js';
import type { LockedReview } from '../payments/resolve-review.js';
import type { PlannedRefund } from '../payments/review.queries.js';
import type { PaymentRow } from '../payments/ring-state.js';

/** What the person named, if not everything that is at stake is to be given back. */
export interface WantedRefund {
  readonly paymentId: string | null;
  /** Minor units. */
  readonly amountMinor: bigint | null;
}

/**
 * What has to be given back so that nothing contradicts any more: what was paid beyond what is owed,
 * newest payment first, or all of a payment that should not be there.
 *
 * @throws TollgateError `nothing_to_refund`, `not_found`
 */
export function planReviewRefunds(subject: LockedReview, wanted: WantedRefund): PlannedRefund[] {
  const plan = wanted.paymentId === null ? planByReason(subject) : planNamed(subject, wanted);
  const limited = limit(plan, wanted.amountMinor);
  if (limited.length > 0) {
    return limited.map((one) => ({ ...one, amountMinor: Number(one.amountMinor) }));
  }
  throw new TollgateError(
    'nothing_to_refund',
    'no money of this review is left to be given back: accept or dismiss it',
  );
}

interface Refundable {
  readonly paymentId: string;
  readonly amountMinor: bigint;
}

function planNamed({ payments }: LockedReview, wanted: WantedRefund): Refundable[] {
  const payment = payments.find(({ id }) => id === wanted.paymentId);
  if (payment) return wholeOf([payment]);
  throw new TollgateError('not_found', 'this review is not about a payment with this id');
}

function planByReason({ review, order, payments }: LockedReview): Refundable[] {
  if (review.paymentId !== null || review.reason === 'captured_after_cancel') {
    return wholeOf(payments);
  }
  const ofCurrency = payments.filter(({ currency }) => currency === order?.currency);
  switch (review.reason) {
    case 'currency_mismatch':
      return wholeOf(payments.filter((one) => !ofCurrency.includes(one)));
    case 'livemode_mismatch':
      return wholeOf(payments.filter(({ livemode }) => !livemode));
    case 'paid_twice':
    case 'amount_mismatch':
      return limit(wholeOf(ofCurrency), excessOf(ofCurrency, order?.amountDueMinor ?? null));
    case 'captured_after_refund':
    case 'refund_exceeds_capture':
      return [];
  }
}

/** Everything that is left of these payments, newest first. */
function wholeOf(payments: readonly PaymentRow[]): Refundable[] {
  return payments
    .map((one) => ({ paymentId: one.id, amountMinor: keptOf(one) }))
    .filter(({ amountMinor }) => amountMinor > 0n)
    .sort((one, other) => (one.paymentId < other.paymentId ? 1 : -1));
}

function excessOf(payments: readonly PaymentRow[], dueMinor: bigint | null): bigint {
  const kept = payments.reduce((total, one) => total + keptOf(one), 0n);
  return dueMinor === null || kept < dueMinor ? 0n : kept - dueMinor;
}

function keptOf({ amountCapturedMinor, amountRefundedMinor }: PaymentRow): bigint {
  return amountCapturedMinor - amountRefundedMinor;
}

/** The first of them that come to this amount; null: all. */
function limit(plan: readonly Refundable[], amountMinor: bigint | null): Refundable[] {
  if (amountMinor === null) return [...plan];
  let left = amountMinor;
  const taken: Refundable[] = [];
  for (const { paymentId, amountMinor: most } of plan) {
    const amount = most < left ? most : left;
    if (amount > 0n) taken.push({ paymentId, amountMinor: amount });
    left -= amount;
  }
  return taken;
}
