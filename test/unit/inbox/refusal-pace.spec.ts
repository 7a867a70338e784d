import { describe, expect, it } from '@jest/globals';
import { RefusalPace } from '../../../src/inbox/refusal-pace.js';

const times = (count: number, make: () => number) => Array.from({ length: count }, make);

describe('the pace of refusals', () => {
  it('lets twenty pass at once, and one every two milliseconds behind them', () => {
    const pace = new RefusalPace();
    expect(times(21, () => pace.next(10_000))).toEqual(times(21, () => 0));
    expect(times(3, () => pace.next(10_000))).toEqual([2, 4, 6]);
  });

  it('puts none off by more than a second', () => {
    const pace = new RefusalPace();
    const delays = times(5000, () => pace.next(10_000));
    expect(Math.max(...delays)).toBe(1000);
    expect(pace.next(10_500)).toBeGreaterThan(499);
  });

  it('puts nobody off who comes less often', () => {
    const pace = new RefusalPace();
    let nowMs = 10_000;
    expect(times(3000, () => pace.next((nowMs += 2)))).toEqual(times(3000, () => 0));
  });

  it('lets twenty pass again after a quiet while, however many there were before', () => {
    const pace = new RefusalPace();
    times(5000, () => pace.next(10_000));
    expect(pace.next(11_100)).toBe(0);
    expect(times(21, () => pace.next(13_000)).at(-1)).toBe(0);
    expect(pace.next(13_000)).toBe(2);
  });
});
