import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isEqual, mergeFacts, type StoredFact } from '../../../src/payments/fact-register.js';
import { FACT_KINDS } from '../../../src/payments/payment-fact.js';
import { captured, dispute, refund } from '../../support/facts.js';

/** Two or three reports about one register, with few values so that ties are common. */
const reports = fc.constantFrom(...FACT_KINDS).chain((kind) => {
  const report: fc.Arbitrary<StoredFact> = fc.record({
    kind: fc.constant(kind),
    key: fc.constant('one'),
    amountMinor: fc.constantFrom(null, 0n, 1n, 2n),
    currency: fc.constantFrom(null, 'NGN', 'USD'),
    occurredAtMs: fc.constantFrom(null, 0, 1000, 2000),
    state: fc.constantFrom(null, 'pending' as const, 'succeeded' as const, 'failed' as const),
    reference: fc.constantFrom(null, 'a', 'b'),
    livemode: fc.boolean(),
  });
  return fc.tuple(report, report, report);
});

describe('mergeFacts', () => {
  it('gives the same whichever report comes first, however they are grouped, however often', () => {
    fc.assert(
      fc.property(reports, ([a, b, c]) => {
        expect(isEqual(mergeFacts(a, b), mergeFacts(b, a))).toBe(true);
        const left = mergeFacts(mergeFacts(a, b), c);
        expect(isEqual(left, mergeFacts(a, mergeFacts(b, c)))).toBe(true);
        expect(isEqual(mergeFacts(a, a), a)).toBe(true);
        expect(isEqual(mergeFacts(left, b), left)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps the newer report', () => {
    const older = refund('re_1', 100n, { at: 1, state: 'succeeded' });
    const newer = refund('re_1', 100n, { at: 2, state: 'pending' });
    expect(mergeFacts(older, newer)).toBe(newer);
    expect(mergeFacts(newer, older)).toBe(newer);
  });

  it('keeps the state further along when two reports share a second or have no time', () => {
    const pending = refund('re_1', 100n, { state: 'pending' });
    const failed = refund('re_1', 100n, { state: 'failed' });
    expect(mergeFacts(failed, pending)).toBe(failed);
    const [noTimePending, noTimeFailed] = [pending, failed].map((one) => ({
      ...one,
      occurredAtMs: null,
    })) as [StoredFact, StoredFact];
    expect(mergeFacts(noTimePending, noTimeFailed)).toBe(noTimeFailed);
  });

  it('keeps a lost dispute lost when it was opened for more in the same second', () => {
    const opened = dispute('dp_1', 'open', { amountMinor: 5000n });
    const lost = dispute('dp_1', 'lost', { amountMinor: 4900n });
    expect(mergeFacts(opened, lost)).toBe(lost);
    expect(mergeFacts(lost, opened)).toBe(lost);
  });

  it('never lets captured money shrink, and keeps the time when it was taken', () => {
    const taken = captured(5000n, { at: 1 });
    expect(mergeFacts(captured(3000n, { at: 9 }), taken)).toBe(taken);
    expect(mergeFacts(captured(5000n, { at: 9 }), taken)).toBe(taken);
    expect(mergeFacts({ ...taken, occurredAtMs: null }, taken)).toBe(taken);
  });
});
