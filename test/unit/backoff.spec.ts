import { describe, expect, it } from '@jest/globals';
import { backoffMs } from '../../src/backoff.js';

const OPTIONS = { baseSeconds: 30, factor: 4, capSeconds: 86_400 };

describe('backoffMs', () => {
  it('grows by the factor up to the cap', () => {
    const bounds = [1, 2, 3, 4, 5, 6, 7, 8].map((attempts) => backoffMs(OPTIONS, attempts, 1));
    expect(bounds.map((ms) => ms / 1000)).toEqual([
      30, 120, 480, 1920, 7680, 30_720, 86_400, 86_400,
    ]);
  });

  it('takes any part of the bound, so that failures spread out', () => {
    expect(backoffMs(OPTIONS, 2, 0)).toBe(0);
    expect(backoffMs(OPTIONS, 2, 0.5)).toBe(60_000);
    const drawn = new Set(Array.from({ length: 50 }, () => backoffMs(OPTIONS, 3)));
    expect(drawn.size).toBeGreaterThan(10);
  });
});
