/** Beyond this many standard errors apart, two means are taken for different. */
export const T_MAX = 4.5;

/** How much of both samples is looked at: the slowest were waiting for something else. */
const KEPT_SHARE = 0.9;

/**
 * Does two things again and again, one sample of each after the other in an order that chance
 * decides, so that whatever slows the machine down slows both; returns Welch's t of how long they
 * took.
 * @see https://en.wikipedia.org/wiki/Welch%27s_t-test
 */
export function compareTimes(one: () => void, other: () => void, samples: number): number {
  const times: [number[], number[]] = [[], []];
  for (let n = 0; n < samples; n += 1) {
    const first = Math.random() < 0.5 ? 0 : 1;
    for (const which of [first, 1 - first] as const) {
      const work = which === 0 ? one : other;
      const startedAt = process.hrtime.bigint();
      work();
      times[which]?.push(Number(process.hrtime.bigint() - startedAt));
    }
  }
  const limit = quantile([...times[0], ...times[1]], KEPT_SHARE);
  return welch(
    times[0].filter((time) => time <= limit),
    times[1].filter((time) => time <= limit),
  );
}

function welch(one: readonly number[], other: readonly number[]): number {
  const error = Math.sqrt(variance(one) / one.length + variance(other) / other.length);
  return (mean(one) - mean(other)) / error;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: readonly number[]): number {
  const average = mean(values);
  return values.reduce((sum, value) => sum + (value - average) ** 2, 0) / (values.length - 1);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? 0;
}
