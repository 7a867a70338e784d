import type { Verdict } from './verdict.js';

/** What a payment can be. */
export const PAYMENT_STATUSES = [
  'initiated',
  'pending',
  'authorized',
  'failed',
  'cancelled',
  'partially_paid',
  'paid',
  'partially_refunded',
  'refunded',
] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

/**
 * What each pair means. The diagonal is `same`: nothing moves, the event is a no-op.
 *
 * - Facts are never taken back, so no payment becomes `initiated` again, none leaves `cancelled`
 *   but by money, and none that has seen money becomes anything that has not.
 * - `cancelled` to money is a `review`: the facts hold a cancellation and a capture.
 * - `refunded` to `paid` is a move when a refund failed; new money after a refund is the
 *   contradiction `captured_after_refund`, which opens its own review.
 */
export const PAYMENT_TRANSITIONS: Record<PaymentStatus, Record<PaymentStatus, Verdict>> = {
  initiated: {
    initiated: 'same',
    pending: 'move',
    authorized: 'move',
    failed: 'move',
    cancelled: 'move',
    partially_paid: 'move',
    paid: 'move',
    partially_refunded: 'move',
    refunded: 'move',
  },
  pending: {
    initiated: 'never',
    pending: 'same',
    authorized: 'move',
    failed: 'move',
    cancelled: 'move',
    partially_paid: 'move',
    paid: 'move',
    partially_refunded: 'move',
    refunded: 'move',
  },
  authorized: {
    initiated: 'never',
    pending: 'move',
    authorized: 'same',
    failed: 'move',
    cancelled: 'move',
    partially_paid: 'move',
    paid: 'move',
    partially_refunded: 'move',
    refunded: 'move',
  },
  failed: {
    initiated: 'never',
    pending: 'move',
    authorized: 'move',
    failed: 'same',
    cancelled: 'move',
    partially_paid: 'move',
    paid: 'move',
    partially_refunded: 'move',
    refunded: 'move',
  },
  cancelled: {
    initiated: 'never',
    pending: 'never',
    authorized: 'never',
    failed: 'never',
    cancelled: 'same',
    partially_paid: 'review',
    paid: 'review',
    partially_refunded: 'review',
    refunded: 'review',
  },
  partially_paid: {
    initiated: 'never',
    pending: 'never',
    authorized: 'never',
    failed: 'never',
    cancelled: 'never',
    partially_paid: 'same',
    paid: 'move',
    partially_refunded: 'move',
    refunded: 'move',
  },
  paid: {
    initiated: 'never',
    pending: 'never',
    authorized: 'never',
    failed: 'never',
    cancelled: 'never',
    partially_paid: 'move',
    paid: 'same',
    partially_refunded: 'move',
    refunded: 'move',
  },
  partially_refunded: {
    initiated: 'never',
    pending: 'never',
    authorized: 'never',
    failed: 'never',
    cancelled: 'never',
    partially_paid: 'move',
    paid: 'move',
    partially_refunded: 'same',
    refunded: 'move',
  },
  refunded: {
    initiated: 'never',
    pending: 'never',
    authorized: 'never',
    failed: 'never',
    cancelled: 'never',
    partially_paid: 'move',
    paid: 'move',
    partially_refunded: 'move',
    refunded: 'same',
  },
};
