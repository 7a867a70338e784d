import { describe, expect, it } from '@jest/globals';
import { OrderDrafts, termsOf } from '../../../src/payments/order-drafts.js';
import { orderRow, paymentRow } from '../../support/ring-state.js';

const CAUSE = { inboxId: null, command: 'resolve_review' };
const paying = paymentRow({
  orderId: 'o1',
  status: 'paid',
  currency: 'NGN',
  amountCapturedMinor: 6000n,
  version: 1,
});
const held = orderRow({ status: 'in_review', amountPaidMinor: 6000n });
const review = {
  paymentId: null,
  orderId: 'o1',
  reason: 'amount_mismatch',
  status: 'open',
  amountMinor: 1000n,
  resolvedMinor: null,
} as const;
const draft = () => new OrderDrafts({ orders: [held], orderPayments: [paying], reviews: [review] });

describe('what a person has decided about an order', () => {
  it('lets it go, and is told', () => {
    const drafts = draft();
    expect(drafts.resolve('o1', 'amount_mismatch', CAUSE)).toBe(true);
    expect(drafts.changed()).toMatchObject([{ id: 'o1', status: 'paid', version: 2 }]);
    expect(drafts.reviewChanges).toEqual([]);
    expect(drafts.transitions).toMatchObject([
      { from: 'in_review', to: 'paid', facts: [], ...CAUSE },
    ]);
    expect(drafts.messages.map(({ type, part, data }) => [type, part, data])).toMatchObject([
      ['order.paid', '', {}],
      [
        'order.review_resolved',
        'amount_mismatch ',
        { review: { reason: 'amount_mismatch', status: 'resolved', paymentId: null } },
      ],
    ]);
  });

  it('covers as much as was at stake then, and no more', () => {
    const drafts = draft();
    drafts.resolve('o1', 'amount_mismatch', CAUSE);
    const more = { ...paying, amountCapturedMinor: 6001n };
    drafts.update('o1', more, { open: [], changed: [] }, CAUSE, []);
    expect(drafts.reviewChanges).toMatchObject([{ amountMinor: 1001n, status: 'open' }]);
    expect(drafts.changed()).toMatchObject([{ status: 'in_review' }]);
  });

  it('is nothing without a review, or without an order', () => {
    const drafts = draft();
    expect(drafts.resolve('o1', 'paid_twice', CAUSE)).toBe(false);
    expect(drafts.resolve('nobody', 'amount_mismatch', CAUSE)).toBe(false);
    expect([drafts.changed(), drafts.messages]).toEqual([[], []]);
  });
});

describe('the terms of an order', () => {
  it('are those that its row says', () => {
    const cancelled = orderRow({ isCancelled: true });
    expect(termsOf(cancelled)).toMatchObject({ currency: 'NGN', amountDueMinor: 5000n });
    expect(termsOf({ ...cancelled, amountDueMinor: null })).toMatchObject({
      currency: null,
      amountDueMinor: null,
      isCancelled: true,
    });
  });
});

describe('an order that was not locked', () => {
  it('is not derived', () => {
    const drafts = draft();
    drafts.derive('nobody', CAUSE, []);
    expect([drafts.changed(), drafts.messages]).toEqual([[], []]);
  });

  it('is a defect for whoever asks about it', () => {
    const drafts = draft();
    expect(() => drafts.messageOf('nobody', 'order.created', null)).toThrow('not locked');
    expect(() => drafts.idOf('order-9')).toThrow('an order of the ring was not locked');
    expect(() => drafts.orderOf({ ...paying, orderId: 'nobody' })).toThrow('was not locked');
    expect([drafts.idOf(null), drafts.orderOf({ ...paying, orderId: null })]).toEqual([null, null]);
    expect([drafts.idOf('order-1'), drafts.orderOf(paying)?.reference]).toEqual(['o1', 'order-1']);
  });
});
