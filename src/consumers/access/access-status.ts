import type { OrderSnapshot } from '../../outbox/message.js';

/**
 * Whether a customer may use what an order pays for. `held`: a review holds the order and nobody
 * has decided; whoever asks decides what that means (a shop may wait before it ships, and go on
 * with what was used already).
 */
export type AccessStatus = 'granted' | 'held' | 'revoked';

/** What follows from the status of an order, and from nothing else. */
export const ACCESS_BY_ORDER_STATUS: Record<OrderSnapshot['status'], AccessStatus> = {
  open: 'revoked',
  partially_paid: 'revoked',
  paid: 'granted',
  partially_refunded: 'granted', // a part given back is a concession, not a return
  refunded: 'revoked',
  cancelled: 'revoked',
  in_review: 'held',
};
