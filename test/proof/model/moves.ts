/** A payment of which no money was taken, and that may still bring some. */
const ON_THE_WAY = ['pending', 'authorized', 'failed'];
/** Money was taken; how much of it was given back is the whole difference, and may change. */
const WITH_MONEY = ['partially_paid', 'paid', 'partially_refunded', 'refunded'];

/**
 * Whether a payment may go from one status to another. Null is one that nobody knew: it may turn up
 * anywhere. Nothing is ever unknown again, what is called off is only ever contradicted by money,
 * and money that was taken is never forgotten.
 */
export function isLegalPaymentMove(from: string | null, to: string): boolean {
  if (from === to) return false;
  if (from === null) return to === 'initiated' || isLegalPaymentMove('initiated', to);
  if (WITH_MONEY.includes(to)) {
    return [...ON_THE_WAY, ...WITH_MONEY, 'initiated', 'cancelled'].includes(from);
  }
  const isOpen = from === 'initiated' || ON_THE_WAY.includes(from);
  return isOpen && (to === 'cancelled' || ON_THE_WAY.includes(to));
}

const ORDER_STATUSES = [
  'open',
  'partially_paid',
  'paid',
  'partially_refunded',
  'refunded',
  'cancelled',
  'in_review',
];

/**
 * Whether an order may go from one status to another. Its payments may be taken from it and given
 * to it, so nearly everything is possible; but what we called off is never open again.
 */
export function isLegalOrderMove(from: string | null, to: string): boolean {
  if (from === to || !ORDER_STATUSES.includes(to)) return false;
  if (from === null) return true;
  return ORDER_STATUSES.includes(from) && !(from === 'cancelled' && to === 'open');
}
