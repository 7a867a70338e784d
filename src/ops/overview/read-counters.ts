import type { Counter, Gauge, Histogram } from 'prom-client';
import type { Metrics } from '../../telemetry/metrics.js';

/** What a process has counted since it started. */
export interface Counters {
  readonly received: number;
  readonly duplicates: number;
  readonly refused: number;
  readonly applied: number;
  readonly noop: number;
  readonly ignored: number;
  readonly retried: number;
  readonly dead: number;
  /** Of the histograms: how many fell into each bucket, the last one being above all bounds. */
  readonly acknowledgeBuckets: readonly number[];
  readonly applyLagBuckets: readonly number[];
  readonly secretMatches: readonly SecretMatch[];
}

/** How many deliveries one secret has verified. */
export interface SecretMatch {
  readonly provider: string;
  readonly account: string;
  /** Position in the configuration, 0 = newest. */
  readonly index: number;
  readonly deliveries: number;
}

export const NOTHING_COUNTED: Counters = {
  received: 0,
  duplicates: 0,
  refused: 0,
  applied: 0,
  noop: 0,
  ignored: 0,
  retried: 0,
  dead: 0,
  acknowledgeBuckets: [],
  applyLagBuckets: [],
  secretMatches: [],
};

export async function readCounters(metrics: Metrics): Promise<Counters> {
  const outcomes = (await metrics.outcomes.get()).values;
  const outcome = (name: string) => sumOf(outcomes.filter(({ labels }) => labels.outcome === name));
  return {
    received: await total(metrics.received),
    duplicates: await total(metrics.duplicates),
    refused: await total(metrics.refused),
    applied: outcome('applied'),
    noop: outcome('noop'),
    ignored: outcome('ignored'),
    retried: outcome('retry'),
    dead: outcome('dead'),
    acknowledgeBuckets: await readBuckets(metrics.acknowledgeSeconds),
    applyLagBuckets: await readBuckets(metrics.applyLagSeconds),
    secretMatches: (await metrics.secretMatched.get()).values.map(({ labels, value }) => ({
      provider: String(labels.provider),
      account: String(labels.account),
      index: Number(labels.index),
      deliveries: value,
    })),
  };
}

/** What came about between two readings of one process. */
export function subtractCounters(now: Counters, before: Counters): Counters {
  const less = (name: CountName) => now[name] - before[name];
  return {
    received: less('received'),
    duplicates: less('duplicates'),
    refused: less('refused'),
    applied: less('applied'),
    noop: less('noop'),
    ignored: less('ignored'),
    retried: less('retried'),
    dead: less('dead'),
    acknowledgeBuckets: subtractBuckets(now.acknowledgeBuckets, before.acknowledgeBuckets),
    applyLagBuckets: subtractBuckets(now.applyLagBuckets, before.applyLagBuckets),
    secretMatches: now.secretMatches
      .map((match) => ({
        ...match,
        deliveries: match.deliveries - matchesOf(before.secretMatches, match),
      }))
      .filter(({ deliveries }) => deliveries > 0),
  };
}

type CountName = Exclude<keyof Counters, `${string}Buckets` | 'secretMatches'>;

/** What a gauge shows; null when nobody could measure it. */
export async function readGauge(gauge: Gauge): Promise<number | null> {
  const value = (await gauge.get()).values[0]?.value;
  return value === undefined || Number.isNaN(value) ? null : value;
}

function matchesOf(matches: readonly SecretMatch[], wanted: SecretMatch): number {
  const { provider, account, index } = wanted;
  const isWanted = (one: SecretMatch) =>
    one.provider === provider && one.account === account && one.index === index;
  return matches.find(isWanted)?.deliveries ?? 0;
}

function subtractBuckets(now: readonly number[], before: readonly number[]): number[] {
  return now.map((count, index) => count - (before[index] ?? 0));
}

async function total(counter: Pick<Counter, 'get'>): Promise<number> {
  return sumOf((await counter.get()).values);
}

function sumOf(values: readonly { readonly value: number }[]): number {
  return values.reduce((sum, { value }) => sum + value, 0);
}

/** prom-client counts up from bucket to bucket, per label; here each stands for itself, over all. */
async function readBuckets(histogram: Pick<Histogram, 'get'>): Promise<number[]> {
  const { values } = await histogram.get();
  const upTo = new Map<number, number>();
  for (const { value, labels } of values) {
    const { le } = labels as { readonly le?: number | string };
    if (le === undefined) continue;
    const bound = le === '+Inf' ? Infinity : Number(le);
    upTo.set(bound, (upTo.get(bound) ?? 0) + value);
  }
  const cumulative = [...upTo].sort(([one], [other]) => one - other).map(([, count]) => count);
  return cumulative.map((count, index) => count - (cumulative[index - 1] ?? 0));
}
