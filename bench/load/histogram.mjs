import { createRequire } from 'node:module';

// Only the bench needs it, so it is installed with the baselines.
const requireOfBaselines = createRequire(new URL('../baselines/package.json', import.meta.url));
const { build } = requireOfBaselines('hdr-histogram-js');

const MICROS_MAX = 60_000_000;
const MICROS_PER_MS = 1000;
const DIGITS = 3;

/** Latencies of a window of any length, to three digits, by HdrHistogram. */
export function openHistogram() {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MICROS_MAX,
    numberOfSignificantValueDigits: DIGITS,
  });
  const ms = (percent) => histogram.getValueAtPercentile(percent) / MICROS_PER_MS;
  return {
    record: (latencyMs) => {
      const micros = Math.round(latencyMs * MICROS_PER_MS);
      histogram.recordValue(Math.min(MICROS_MAX, Math.max(1, micros)));
    },
    /** Percentiles in milliseconds; NaN of nothing. */
    figures: () => {
      if (histogram.totalCount === 0) {
        return { p50Ms: Number.NaN, p99Ms: Number.NaN, p999Ms: Number.NaN, mostMs: Number.NaN };
      }
      return { p50Ms: ms(50), p99Ms: ms(99), p999Ms: ms(99.9), mostMs: ms(100) };
    },
  };
}
