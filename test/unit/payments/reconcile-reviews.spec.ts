import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  reconcileReviews,
  standingAfter,
  type ReviewStanding,
  type ReviewStandings,
} from '../../../src/payments/reconcile-reviews.js';

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

  it('asks no more when what had come on top of what was decided is gone again', () => {
    const asked = new Map([
      [TWICE.reason, { status: 'open', amountMinor: 9000n, resolvedMinor: 5000n } as const],
    ]);
    const withdrawn = { ...TWICE, amountMinor: 9000n, status: 'withdrawn', isNews: true };
    expect(reconcileReviews([TWICE], asked)).toEqual([withdrawn]);
    expect(reconcileReviews([{ ...TWICE, amountMinor: 5001n }], asked)).toEqual([
      { ...TWICE, amountMinor: 5001n, status: 'open', isNews: false },
    ]);
  });

  it('ends open exactly if more is at stake than was decided, whatever was in between', () => {
    const stake = fc.option(fc.bigInt({ min: 0n, max: 4n }));
    const news = fc.record({ stake, isDecided: fc.boolean() });
    fc.assert(
      fc.property(fc.array(news, { minLength: 1, maxLength: 12 }), (all) => {
        const reviews: ReviewStandings = new Map();
        let decidedMinor = -1n;
        for (const { stake: amountMinor, isDecided } of all) {
          const contradictions = amountMinor === null ? [] : [{ ...TWICE, amountMinor }];
          for (const move of reconcileReviews(contradictions, reviews)) {
            reviews.set(move.reason, standingAfter(move, reviews.get(move.reason)));
          }
          const review = reviews.get(TWICE.reason);
          if (!isDecided || review?.status !== 'open') continue;
          decidedMinor = review.amountMinor;
          reviews.set(TWICE.reason, { ...review, status: 'resolved', resolvedMinor: decidedMinor });
        }
        const last = all.at(-1)?.stake ?? null;
        const isOpen = reviews.get(TWICE.reason)?.status === 'open';
        expect(isOpen).toBe(last !== null && last > decidedMinor);
      }),
    );
  });
});
