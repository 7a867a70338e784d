import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeAge, describeSeconds } from '../../../src/console/describe-age.js';
import { formatMinor } from '../../../src/console/format-money.js';

describe('formatMinor', () => {
  it.each([
    [5000, 'USD', '50.00 USD'],
    [5, 'EUR', '0.05 EUR'],
    [0, 'NGN', '0.00 NGN'],
    [123_456_789, 'USD', '1,234,567.89 USD'],
    [5000, 'JPY', '5,000 JPY'],
    [1234, 'KWD', '1.234 KWD'],
    [-2050, 'GBP', '−20.50 GBP'],
    [9_007_199_254_740_991, 'USD', '90,071,992,547,409.91 USD'],
    [12_345_678_901_234_567_890n, 'USD', '123,456,789,012,345,678.90 USD'],
    [5000, null, '5,000 minor units'],
    [5000, 'not a currency', '50.00 not a currency'],
  ])('writes %s %s as %s', (amountMinor, currency, expected) => {
    expect(formatMinor(amountMinor, currency)).toBe(expected);
  });

  it('loses no unit of any amount', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }), (amount) => {
        const digits = formatMinor(amount, 'USD')
          .replace('−', '-')
          .replaceAll(/[^0-9-]/g, '');
        expect(BigInt(digits)).toBe(amount);
      }),
    );
  });
});

describe('describeAge', () => {
  const now = new Date('2026-03-02T12:00:00Z');

  it.each([
    ['2026-03-02T12:00:00.400Z', 'just now'],
    ['2026-03-02T11:59:30Z', '30 sec ago'],
    ['2026-03-02T11:58:59Z', '1 min ago'],
    ['2026-03-02T09:00:00Z', '3 hr ago'],
    ['2026-02-20T12:00:00Z', '10 days ago'],
    ['2026-03-02T14:30:00Z', 'in 2 hr'],
  ])('tells %s as "%s"', (at, expected) => {
    expect(describeAge(new Date(at), now)).toBe(expected);
  });
});

describe('describeSeconds', () => {
  it.each([
    [0.0034, '3 ms'],
    [1.26, '1.3 s'],
    [3, '3 s'],
    [90, '90 s'],
    [600, '10 min'],
    [10_800, '3 h'],
    [864_000, '10 d'],
  ])('tells %s s as "%s"', (seconds, expected) => {
    expect(describeSeconds(seconds)).toBe(expected);
  });
});
