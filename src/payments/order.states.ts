import type { Verdict } from './verdict.js';

/** What an order can be. `in_review`: a review holds it, whatever its money says. */
export const ORDER_STATUSES = [
  'open',
  'partially_paid',
  'paid',
  'partially_refunded',
  'refunded',
  'cancelled',
  'in_review',
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/**
 * What each pair means. The diagonal is `same`.
 *
 * - `cancelled` is left by money alone, and money for a cancelled order is a contradiction
 *   (`captured_after_cancel`), so it goes to `in_review` first.
 * - An order with money is not `cancelled`: its money decides. It falls back to `open` or to
 *   `cancelled` only when news tells that its payment belongs to another order.
 */
export const ORDER_TRANSITIONS: Record<OrderStatus, Record<OrderStatus, Verdict>> = {
  open: {
    open: 'same',
    partially_paid: 'move',
    paid: 'move',
    partially_refunded: 'move',
    refunded: 'move',
    cancelled: 'move',
    in_review: 'review',
  },
  partially_paid: {
    open: 'move',
    partially_paid: 'same',
    paid: 'move',
    partially_refunded: 'move',
    refunded: 'move',
    cancelled: 'move',
    in_review: 'review',
  },
  paid: {
    open: 'move',
    partially_paid: 'move',
    paid: 'same',
    partially_refunded: 'move',
    refunded: 'move',
    cancelled: 'move',
    in_review: 'review',
  },
  partially_refunded: {
    open: 'move',
    partially_paid: 'move',
    paid: 'move',
    partially_refunded: 'same',
    refunded: 'move',
    cancelled: 'move',
    in_review: 'review',
  },
  refunded: {
    open: 'move',
    partially_paid: 'move',
    paid: 'move',
    partially_refunded: 'move',
    refunded: 'same',
    cancelled: 'move',
    in_review: 'review',
  },
  cancelled: {
    open: 'never',
    partially_paid: 'review',
    paid: 'review',
    partially_refunded: 'review',
    refunded: 'review',
    cancelled: 'same',
    in_review: 'review',
  },
  in_review: {
    open: 'move',
    partially_paid: 'move',
    paid: 'move',
    partially_refunded: 'move',
    refunded: 'move',
    cancelled: 'move',
    in_review: 'same',
  },
};
