import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { percentile } from '../../../src/ops/overview/percentile.js';
import {
  NOTHING_COUNTED,
  readCounters,
  readGauge,
  subtractCounters,
} from '../../../src/ops/overview/read-counters.js';
import { fingerprintSecret } from '../../../src/ops/settings/fingerprint-secret.js';
import { createMetrics } from '../../../src/telemetry/metrics.js';

describe('percentile', () => {
  const bounds = [1, 2, 4];

  it('is null of nothing', () => {
    expect(percentile(bounds, [0, 0, 0, 0], 0.5)).toBeNull();
    expect(percentile(bounds, [], 0.5)).toBeNull();
  });

  it('lies within the bucket, as if its values were evenly spread', () => {
    expect(percentile(bounds, [10, 0, 0, 0], 0.5)).toBe(0.5);
    expect(percentile(bounds, [5, 5, 0, 0], 0.5)).toBe(1);
    expect(percentile(bounds, [0, 0, 10, 0], 0.95)).toBeCloseTo(3.9);
  });

  it('says no more than the last bound of what is above all', () => {
    expect(percentile(bounds, [0, 0, 0, 7], 0.5)).toBe(4);
  });

  it('never falls when the share grows', () => {
    const counts = fc.array(fc.nat(100), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(counts, fc.double({ min: 0, max: 1, noNaN: true }), (given, share) => {
        const lower = percentile(bounds, given, share / 2) ?? 0;
        expect(percentile(bounds, given, share) ?? 0).toBeGreaterThanOrEqual(lower);
      }),
    );
  });
});

describe('readCounters', () => {
  it('adds up over labels, and counts each bucket for itself', async () => {
    const metrics = createMetrics();
    metrics.received.inc({ provider: 'stripe' }, 3);
    metrics.received.inc({ provider: 'paystack' }, 2);
    metrics.outcomes.inc({ provider: 'stripe', outcome: 'noop', reason: 'stale' }, 4);
    metrics.outcomes.inc({ provider: 'stripe', outcome: 'noop', reason: 'repeated' });
    metrics.outcomes.inc({ provider: 'stripe', outcome: 'retry', reason: 'apply_failed' });
    for (const seconds of [0.0005, 0.002, 0.002, 100]) {
      metrics.acknowledgeSeconds.observe({ provider: 'stripe' }, seconds);
    }
    metrics.acknowledgeSeconds.observe({ provider: 'paystack' }, 0.0005);
    metrics.secretMatched.inc({ provider: 'stripe', account: 'default', index: '1' }, 5);

    const counters = await readCounters(metrics);
    expect(counters).toMatchObject({ received: 5, noop: 5, retried: 1, applied: 0, dead: 0 });
    expect(counters.acknowledgeBuckets).toEqual([2, 2, ...Array<number>(11).fill(0), 1]);
    expect(counters.secretMatches).toEqual([
      { provider: 'stripe', account: 'default', index: 1, deliveries: 5 },
    ]);
  });

  it('gives what came about in between', async () => {
    const metrics = createMetrics();
    const match = { provider: 'stripe', account: 'default', index: '0' };
    metrics.received.inc({ provider: 'stripe' }, 3);
    metrics.secretMatched.inc(match, 3);
    const before = await readCounters(metrics);
    expect(subtractCounters(before, NOTHING_COUNTED)).toEqual(before);
    metrics.received.inc({ provider: 'stripe' });
    const between = subtractCounters(await readCounters(metrics), before);
    expect(between).toMatchObject({ received: 1, secretMatches: [] });
  });

  it('tells a gauge that nobody could measure from one at zero', async () => {
    const metrics = createMetrics();
    metrics.backlog.set(0);
    expect(await readGauge(metrics.backlog)).toBe(0);
    metrics.backlog.set(NaN);
    expect(await readGauge(metrics.backlog)).toBeNull();
  });
});

describe('fingerprintSecret', () => {
  it('names a secret by 12 digits that hold nothing of it', () => {
    expect(fingerprintSecret('whsec_of_mine')).toMatch(/^[0-9a-f]{12}$/);
    expect(fingerprintSecret('whsec_of_mine')).toBe(fingerprintSecret('whsec_of_mine'));
    expect(fingerprintSecret('whsec_of_mine')).not.toBe(fingerprintSecret('whsec_of_yours'));
  });
});
