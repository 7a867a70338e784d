import { describe, expect, it } from '@jest/globals';
import { reconcileReviews, type ReviewStanding } from '../../../src/payments/reconcile-reviews.js';

const TWICE = { reason: 'paid_twice', amountMinor: 5000n } as const;

function standing(status: ReviewStanding['status'], resolvedMinor: bigint | null = null) {
  return new Map([[TWICE.reason, { status, amountMinor: 5000n, resolvedMinor }]]);
}

describe('reconcileReviews', () => {
  it('opens a review of what nobody has asked about', () => {
    expect(reconcileReviews([TWICE], new Map())).toEqual([
      { ...TWICE, status: 'open', isNews: true },
    ]);
  });

  it('opens one again that was withdrawn', () => {
    expect(reconcileReviews([TWICE], standing('withdrawn'))).toEqual([
      { ...TWICE, status: 'open', isNews: true },
    ]);
  });

  it('withdraws what contradicts no more', () => {
    expect(reconcileReviews([], standing('open'))).toEqual([
      { ...TWICE, status: 'withdrawn', isNews: true },
    ]);
  });

  it('leaves what is open as it is', () => {
    expect(reconcileReviews([TWICE], standing('open'))).toEqual([]);
  });

  it('notes that more is at stake, which is no news', () => {
    const more = { ...TWICE, amountMinor: 7000n };
    expect(reconcileReviews([more], standing('open'))).toEqual([
      { ...more, status: 'open', isNews: false },
    ]);
  });

  it('leaves alone what a person resolved, while no more is at stake', () => {
    expect(reconcileReviews([TWICE], standing('resolved', 5000n))).toEqual([]);
    const less = { ...TWICE, amountMinor: 1n };
    expect(reconcileReviews([less], standing('resolved', 5000n))).toEqual([]);
    expect(reconcileReviews([], standing('resolved', 5000n))).toEqual([]);
  });

  it('asks again when more is at stake than was decided about', () => {
    const more = { ...TWICE, amountMinor: 5001n };
    expect(reconcileReviews([more], standing('resolved', 5000n))).toEqual([
      { ...more, status: 'open', isNews: true },
    ]);
  });
});
