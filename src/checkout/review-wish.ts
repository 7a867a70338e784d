import { TollgateError } from '../errors.js';
import type { PlannedRefund, Proposal, ReviewDetails } from '../payments/review.queries.js';
import type { WantedRefund } from './plan-review-refunds.js';

/** What somebody wants to be done. */
export interface Wish {
  readonly resolution: string;
  readonly by: string;
  readonly wanted: WantedRefund;
  readonly refunds: readonly PlannedRefund[];
}

/**
 * Whether it has to be proposed first, or which proposal it confirms; null: nobody need confirm it.
 * What a second person confirms is what was proposed, unless another amount is named.
 *
 * @param secondPersonMinor minor units at stake from which on that is so; null: never
 * @throws TollgateError `second_person_needed` when the one who proposed it confirms it
 */
export function confirmationOf(
  secondPersonMinor: number | null,
  { proposal, amountMinor }: ReviewDetails,
  wish: Wish,
): Proposal | 'proposal' | null {
  if (secondPersonMinor === null || amountMinor < secondPersonMinor) return null;
  if (proposal?.resolution !== wish.resolution || !isSamePlan(proposal, wish)) return 'proposal';
  if (proposal.by !== wish.by) return proposal;
  throw new TollgateError(
    'second_person_needed',
    'you proposed this: somebody else has to confirm it, since so much is at stake',
  );
}

/** Whether two want the same to be given back. */
export function isSameWish(one: WantedRefund, other: WantedRefund): boolean {
  return one.paymentId === other.paymentId && one.amountMinor === other.amountMinor;
}

/** Who names nothing wants what was proposed. */
function isSamePlan(proposal: Proposal, { wanted, refunds }: Wish): boolean {
  if (wanted.paymentId === null && wanted.amountMinor === null) return true;
  const flat = (plan: readonly PlannedRefund[]) =>
    plan.map(({ paymentId, amountMinor }) => `${paymentId} ${amountMinor}`).join();
  return flat(proposal.refunds) === flat(refunds);
}
