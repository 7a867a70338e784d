import { describe, expect, it } from '@jest/globals';
import { isUnderWay, needsProposal, wantedOf } from '../../../src/checkout/review-wish.js';
import type { Proposal } from '../../../src/payments/decision.queries.js';
import type { ReviewDetails } from '../../../src/payments/review.queries.js';

const NOTHING = { paymentId: null, amountMinor: null };
const REFUNDS = [{ paymentId: 'one', amountMinor: 40 }];

function review(amountMinor: number, proposal: Partial<Proposal> | null = null): ReviewDetails {
  return { amountMinor, proposal } as unknown as ReviewDetails;
}

function proposed(more: Partial<Proposal> = {}): Partial<Proposal> {
  return { resolution: 'refund', by: 'ann', wanted: NOTHING, refunds: REFUNDS, ...more };
}

const wish = (by: string, resolution = 'refund', refunds = REFUNDS) => ({
  by,
  resolution,
  refunds,
});

describe('needsProposal', () => {
  it('is false below the amount, and without one', () => {
    expect(needsProposal(null, review(1_000_000), wish('ann'))).toBe(false);
    expect(needsProposal(100, review(99), wish('ann'))).toBe(false);
  });

  it('is true from the amount on', () => {
    expect(needsProposal(100, review(100), wish('ann'))).toBe(true);
  });

  it('is true when more would be given back than is at stake', () => {
    const all = [{ paymentId: 'one', amountMinor: 100_005 }];
    expect(needsProposal(100, review(5), wish('ann', 'refund', all))).toBe(true);
  });

  it('is false when somebody else proposed just this', () => {
    expect(needsProposal(100, review(100, proposed()), wish('ben'))).toBe(false);
  });

  it('is refused to whoever proposed it', () => {
    expect(() => needsProposal(100, review(100, proposed()), wish('ann'))).toThrow('you proposed');
  });

  it('is true when something else was proposed', () => {
    expect(needsProposal(100, review(100, proposed()), wish('ben', 'accept', []))).toBe(true);
  });

  it('is true when what was proposed would be another refund by now', () => {
    const less = [{ paymentId: 'one', amountMinor: 10 }];
    expect(needsProposal(100, review(100, proposed()), wish('ben', 'refund', less))).toBe(true);
  });
});

describe('wantedOf', () => {
  const named = { paymentId: 'one', amountMinor: 10 };

  it('is what was proposed, for whoever names nothing', () => {
    expect(wantedOf(NOTHING, proposed({ wanted: named }) as Proposal)).toEqual(named);
  });

  it('is what was named', () => {
    expect(wantedOf(named, proposed() as Proposal)).toEqual(named);
    expect(wantedOf(NOTHING, null)).toEqual(NOTHING);
  });

  it('is nothing of a proposal that gives nothing back', () => {
    const accept = proposed({ resolution: 'accept', wanted: named }) as Proposal;
    expect(wantedOf(NOTHING, accept)).toEqual(NOTHING);
  });
});

describe('isUnderWay', () => {
  const plan = (ageSeconds: number) => ({
    ...NOTHING,
    by: 'ann',
    at: new Date(Date.now() - ageSeconds * 1000).toISOString(),
    refunds: REFUNDS,
    leftMinor: 0,
  });

  it('ends long before the keys of its refunds are forgotten', () => {
    expect(isUnderWay(plan(0), 3600)).toBe(true);
    expect(isUnderWay(plan(1801), 3600)).toBe(false);
  });
});
