import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  compareValues,
  isEqual,
  mergeFacts,
  registerOf,
  saysTheSame,
  type StoredFact,
} from '../../../src/payments/fact-register.js';
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

  it.each([
    ['amount', { amountMinor: 1n }, { amountMinor: 2n }],
    ['amount rather than none', { amountMinor: null }, { amountMinor: 0n }],
    ['currency', { currency: 'NGN' }, { currency: 'USD' }],
    ['currency rather than none', { currency: null }, { currency: 'NGN' }],
    ['reference', { reference: 'a' }, { reference: 'b' }],
    ['reference rather than none', { reference: null }, { reference: 'a' }],
    ['mode', { livemode: false }, { livemode: true }],
    ['mode rather than none', { livemode: null }, { livemode: false }],
    ['state rather than none', { state: null }, { state: 'pending' as const }],
    ['time rather than none', { occurredAtMs: null }, { occurredAtMs: 0 }],
  ])('keeps the greater %s when nothing before it tells two reports apart', (_what, less, more) => {
    const [lesser, greater] = [refund('re_1', 100n, less), refund('re_1', 100n, more)];
    expect(mergeFacts(lesser, greater)).toBe(greater);
    expect(mergeFacts(greater, lesser)).toBe(greater);
  });

  it('keeps the first of two that are equal, and with it who told', () => {
    const first = captured(5000n);
    expect(mergeFacts(first, { ...first })).toBe(first);
  });
});

describe('registerOf', () => {
  it('is one for each kind and key', () => {
    const others = [refund('re_2', 1n), dispute('re_1', 'open'), refund('re_1', 2n, { at: 9 })];
    expect(others.map((one) => registerOf(one) === registerOf(refund('re_1', 1n)))).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe('what tells two reports apart', () => {
  const report = refund('re_1', 100n, { reference: 'a' });

  it.each<[string, Partial<StoredFact>]>([
    ['amount', { amountMinor: 101n }],
    ['currency', { currency: 'USD' }],
    ['state', { state: 'failed' }],
    ['reference', { reference: 'b' }],
    ['mode', { livemode: false }],
  ])('is their %s', (_what, changed) => {
    const other = { ...report, ...changed };
    expect(saysTheSame(report, other)).toBe(false);
    expect(isEqual(report, other)).toBe(false);
  });

  it('is their time, although they say the same', () => {
    const later = { ...report, occurredAtMs: 2000 };
    expect(saysTheSame(report, later)).toBe(true);
    expect(isEqual(report, later)).toBe(false);
  });

  it('is nothing else', () => {
    expect(saysTheSame(report, { ...report })).toBe(true);
    expect(isEqual(report, { ...report })).toBe(true);
  });
});

describe('compareValues', () => {
  it('puts null before everything, and leaves equals alone', () => {
    expect([compareValues(null, -1), compareValues(-1, null)]).toEqual([-1, 1]);
    expect([compareValues('a', 'b'), compareValues('b', 'a')]).toEqual([-1, 1]);
    expect([compareValues<number>(null, null), compareValues(1n, 1n)]).toEqual([0, 0]);
  });
});
