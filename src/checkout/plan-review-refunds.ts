import { TollgateError } from '../errors.js';
import type { LockedReview } from '../payments/resolve-review.js';
import type { PlannedRefund, WantedRefund } from '../payments/decision.queries.js';
import type { PaymentRow } from '../payments/ring-state.js';

/** By payment: minor units that can still be given back, less what was asked for already. */
export type LeftToRefund = ReadonlyMap<string, bigint>;

/**
 * What has to be given back so that nothing contradicts any more: what was paid beyond what is owed,
 * newest payment first, or all of a payment that should not be there.
 *
 * @throws TollgateError `nothing_to_refund`, `refund_exceeds_captured`, `not_found`
 */
export function planReviewRefunds(
  subject: LockedReview,
  left: LeftToRefund,
  wanted: WantedRefund,
): PlannedRefund[] {
  const most =
    wanted.paymentId === null ? planByReason(subject, left) : planNamed(subject, left, wanted);
  if (most.length === 0) {
    throw new TollgateError(
      'nothing_to_refund',
      'no money of this review is left to be given back: accept or dismiss it',
    );
  }
  const mostMinor = sum(most);
  const plan = wanted.amountMinor === null ? most : limit(most, BigInt(wanted.amountMinor));
  if (wanted.amountMinor !== null && sum(plan) < BigInt(wanted.amountMinor)) {
    throw new TollgateError(
      'refund_exceeds_captured',
      `at most ${mostMinor} minor units can be given back for this review`,
    );
  }
  return plan.map((one) => ({ ...one, amountMinor: Number(one.amountMinor) }));
}

/** What is at stake after these refunds, minor units. */
export function leftAtStake(subject: LockedReview, refunds: readonly PlannedRefund[]): number {
  const counted = countedPayments(subject).map(({ id }) => id);
  const returned = refunds.filter(({ paymentId }) => counted.includes(paymentId));
  const returnedMinor = returned.reduce((total, { amountMinor }) => total + amountMinor, 0);
  return Math.max(0, subject.review.amountMinor - returnedMinor);
}

/** What was asked to be given back and still shows as being at stake, minor units. */
export function pendingAtStake(subject: LockedReview, left: LeftToRefund): number {
  const kept = countedPayments(subject).map(({ id, ...payment }) => {
    const pending = keptOf(payment) - (left.get(id) ?? 0n);
    return pending > 0n ? Number(pending) : 0;
  });
  return kept.reduce((total, pending) => total + pending, 0);
}

interface Refundable {
  readonly paymentId: string;
  readonly amountMinor: bigint;
}

function planNamed(
  { payments }: LockedReview,
  left: LeftToRefund,
  wanted: WantedRefund,
): Refundable[] {
  const payment = payments.find(({ id }) => id === wanted.paymentId);
  if (payment) return wholeOf([payment], left);
  throw new TollgateError('not_found', 'this review is not about a payment with this id');
}

function planByReason(subject: LockedReview, left: LeftToRefund): Refundable[] {
  const { review, order } = subject;
  const whole = wholeOf(paymentsAtStake(subject), left);
  if (review.reason !== 'paid_twice' && review.reason !== 'amount_mismatch') return whole;
  const dueMinor = order?.amountDueMinor ?? null;
  return dueMinor === null ? [] : limit(whole, sum(whole) - dueMinor);
}

/** The payments that should not be there, or of which there are too many. */
function paymentsAtStake({ review, order, payments }: LockedReview): readonly PaymentRow[] {
  if (review.paymentId !== null) return payments;
  switch (review.reason) {
    case 'captured_after_cancel':
      return payments;
    case 'currency_mismatch':
      return payments.filter(({ currency }) => currency !== order?.currency);
    case 'livemode_mismatch':
      return payments.filter(({ livemode }) => !livemode);
    case 'paid_twice':
    case 'amount_mismatch':
      return payments.filter(({ currency }) => currency === order?.currency);
    case 'captured_after_refund':
    case 'refund_exceeds_capture':
      return [];
  }
}

/** Those by whose refund less is at stake: of one payment in two currencies nobody can tell. */
function countedPayments(subject: LockedReview): readonly PaymentRow[] {
  const { paymentId, reason } = subject.review;
  return paymentId !== null && reason === 'currency_mismatch' ? [] : paymentsAtStake(subject);
}

/** Everything that is left of these payments, newest first. */
function wholeOf(payments: readonly PaymentRow[], left: LeftToRefund): Refundable[] {
  return payments
    .map(({ id }) => ({ paymentId: id, amountMinor: left.get(id) ?? 0n }))
    .filter(({ amountMinor }) => amountMinor > 0n)
    .sort((one, other) => (one.paymentId < other.paymentId ? 1 : -1));
}

type Money = Pick<PaymentRow, 'amountCapturedMinor' | 'amountRefundedMinor'>;

function keptOf({ amountCapturedMinor, amountRefundedMinor }: Money): bigint {
  return amountCapturedMinor - amountRefundedMinor;
}

/** The first of them that come to this amount. */
function limit(plan: readonly Refundable[], amountMinor: bigint): Refundable[] {
  let left = amountMinor;
  const taken: Refundable[] = [];
  for (const { paymentId, amountMinor: most } of plan) {
    const amount = most < left ? most : left;
    if (amount > 0n) taken.push({ paymentId, amountMinor: amount });
    left -= amount;
  }
  return taken;
}

function sum(plan: readonly Refundable[]): bigint {
  return plan.reduce((total, { amountMinor }) => total + amountMinor, 0n);
}
