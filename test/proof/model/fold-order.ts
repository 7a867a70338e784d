import type { PaymentStory } from './fold-payment.js';
import type { ExpectedOrder, ModelOrder } from './world.js';

/**
 * @param terms null: nobody created the order
 * @param payments those that name it
 */
export function foldOrder(
  reference: string,
  terms: ModelOrder | null,
  payments: readonly PaymentStory[],
): ExpectedOrder {
  const currency = terms?.currency ?? payments.find((one) => one.currency)?.currency ?? null;
  const counted = payments.filter((one) => one.currency === currency);
  const payers = counted.filter(({ takenMinor }) => takenMinor > 0);
  const dueMinor = terms?.amountMinor ?? sum(payers.map((one) => one.askedMinor ?? 0));
  const paidMinor = sum(counted.map((one) => one.takenMinor));
  const refundedMinor = sum(counted.map((one) => one.givenBackMinor));
  const isForeign = (one: PaymentStory) => one.currency !== null && one.currency !== currency;
  const openReviews = [
    ...payments.flatMap(({ doubts }) => doubts),
    ...(payments.some(isForeign) ? ['currency_mismatch'] : []),
    ...(terms ? doubtsAboutAmount(dueMinor, counted.map(kept)) : []),
  ].sort();
  const status = openReviews.length > 0 ? 'in_review' : statusOf(dueMinor, counted);
  return {
    reference,
    status,
    currency,
    amountDueMinor: terms?.amountMinor ?? null,
    amountPaidMinor: paidMinor,
    amountRefundedMinor: refundedMinor,
    openReviews,
    ...documentsOf(status, dueMinor, payers),
    hasAccess: status === 'paid' || status === 'partially_refunded',
  };
}

function kept({ takenMinor, givenBackMinor }: PaymentStory): number {
  return takenMinor - givenBackMinor;
}

function doubtsAboutAmount(dueMinor: number, amounts: readonly number[]): string[] {
  const isTooMuch = amounts.some((minor) => minor > dueMinor);
  const payers = amounts.filter((minor) => minor > 0);
  const isTwice = payers.length > 1 && sum(payers) > dueMinor;
  return [...(isTooMuch ? ['amount_mismatch'] : []), ...(isTwice ? ['paid_twice'] : [])];
}

function statusOf(dueMinor: number, payments: readonly PaymentStory[]): string {
  const takenMinor = sum(payments.map((one) => one.takenMinor));
  if (takenMinor === 0) return 'open';
  const keptMinor = sum(payments.map(kept));
  if (keptMinor <= 0) return 'refunded';
  if (keptMinor >= dueMinor) return 'paid';
  const alive = payments.filter((one) => kept(one) > 0);
  const aliveMinor = sum(alive.map((one) => one.takenMinor));
  return aliveMinor >= dueMinor ? 'partially_refunded' : 'partially_paid';
}

/**
 * What `invoices` must have issued. Left open is what depends on which versions of the order it was
 * told of:
 *
 * - What was issued for an order that a review holds. A second payment that comes in one ring with
 *   the first leaves no moment in which to issue anything.
 * - How many notes correct an invoice. Two refunds that are told at once are one note; a payment
 *   in part, or a refund that fails, may be told after the order looked paid, or before.
 * - Whether there is an invoice for what was paid in part, where it could look paid in full while
 *   nobody knew what is owed.
 */
function documentsOf(
  status: string,
  dueMinor: number,
  payers: readonly PaymentStory[],
): Pick<ExpectedOrder, 'invoices' | 'creditNotes' | 'documentsNetMinor'> {
  const isPlain = payers.every((one) => one.askedMinor === dueMinor && !one.isGivenBackEver);
  switch (status) {
    case 'in_review':
      return { invoices: null, creditNotes: null, documentsNetMinor: null };
    case 'open':
      return { invoices: 0, creditNotes: 0, documentsNetMinor: 0 };
    case 'paid':
      return { invoices: 1, creditNotes: isPlain ? 0 : null, documentsNetMinor: dueMinor };
    case 'partially_refunded':
      return { invoices: 1, creditNotes: null, documentsNetMinor: sum(payers.map(kept)) };
    case 'refunded': {
      const isPaidBefore = sum(payers.map((one) => one.takenMinor)) >= dueMinor;
      return { invoices: isPaidBefore ? 1 : null, creditNotes: null, documentsNetMinor: 0 };
    }
    default: {
      const isNeverFull = payers.every((one) => one.takenMinor < (one.askedMinor ?? 0));
      const none = isNeverFull ? 0 : null;
      return { invoices: none, creditNotes: none, documentsNetMinor: 0 };
    }
  }
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, one) => total + one, 0);
}
