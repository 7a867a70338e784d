import { TollgateError } from '../errors.js';
import type {
  PlannedRefund,
  Proposal,
  RefundPlan,
  WantedRefund,
} from '../payments/decision.queries.js';
import type { ReviewDetails } from '../payments/review.queries.js';

/** What somebody wants to be done. */
export interface Wish {
  readonly resolution: string;
  readonly by: string;
  /** What would be given back now. */
  readonly refunds: readonly PlannedRefund[];
}

/** What to plan for: who confirms a proposal without naming anything wants what was proposed. */
export function wantedOf(wanted: WantedRefund, proposal: Proposal | null): WantedRefund {
  const isNamed = wanted.paymentId !== null || wanted.amountMinor !== null;
  return isNamed || proposal?.resolution !== 'refund' ? wanted : proposal.wanted;
}

/**
 * Whether it has to be proposed first: so much is at stake, or would be given back, that two have to
 * want it, and nobody else has proposed exactly this. What was proposed and would be another refund
 * by now is proposed anew.
 *
 * @param secondPersonMinor minor units from which on that is so; null: never
 * @throws TollgateError `second_person_needed` when the one who proposed it confirms it
 */
export function needsProposal(
  secondPersonMinor: number | null,
  { proposal, amountMinor }: ReviewDetails,
  wish: Wish,
): boolean {
  const refundedMinor = wish.refunds.reduce((total, one) => total + one.amountMinor, 0);
  if (secondPersonMinor === null) return false;
  if (Math.max(amountMinor, refundedMinor) < secondPersonMinor) return false;
  if (proposal?.resolution !== wish.resolution) return true;
  if (nameOf(proposal.refunds) !== nameOf(wish.refunds)) return true;
  if (proposal.by !== wish.by) return false;
  throw new TollgateError(
    'second_person_needed',
    'you proposed this: somebody else has to confirm it, since so much is at stake',
  );
}

/** Whether two want the same to be given back. */
export function isSameWish(one: WantedRefund, other: WantedRefund): boolean {
  return one.paymentId === other.paymentId && one.amountMinor === other.amountMinor;
}

/**
 * Whether a refund that was decided can still be taken part in: its keys are remembered for longer,
 * so nothing of it can be made twice.
 */
export function isUnderWay({ at }: RefundPlan, ttlSeconds: number): boolean {
  return Date.now() - Date.parse(at) < (ttlSeconds / 2) * 1000;
}

function nameOf(refunds: readonly PlannedRefund[]): string {
  return refunds.map(({ paymentId, amountMinor }) => `${paymentId} ${amountMinor}`).join();
}
