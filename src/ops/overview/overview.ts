import { z } from 'zod';
import { readInput } from '../../read-input.js';
import type { Services } from '../../services.js';
import { LAG_BUCKETS_SECONDS, LATENCY_BUCKETS_SECONDS } from '../../telemetry/metrics.js';
import {
  countWaiting,
  findStepBuckets,
  findStepCounts,
  type StepBuckets,
  type StepCounts,
  type Waiting,
} from './overview.queries.js';
import { percentile } from './percentile.js';

const MINUTES_MAX = 10_080;
const MINUTES_DEFAULT = 60;
const POINTS_MAX = 240;
const STEPS_MINUTES = [1, 2, 5, 10, 15, 30, 60] as const;
const SECONDS_PER_MINUTE = 60;
const MS_PER_SECOND = 1000;

const overviewQuery = z.strictObject({
  minutes: z.coerce.number().int().min(1).max(MINUTES_MAX).default(MINUTES_DEFAULT),
});

/** How long something took, of many times; null when it did not happen. */
export interface Durations {
  readonly count: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

/** What came about in a stretch of time. */
export type Counts = Omit<
  StepCounts,
  'atSeconds' | 'backlog' | 'backlogOldestSeconds' | 'deadLetters'
> & {
  /** From a verified delivery to its commit. */
  readonly acknowledge: Durations;
  /** From the receipt of an event to its outcome. */
  readonly applyLag: Durations;
};

/** One step of the series. */
export interface OverviewPoint {
  /** Its beginning, UTC. */
  readonly at: string;
  /** Null: no process took a sample in this step. */
  readonly counts: Counts | null;
  /** The most there was in this step; null: not known. */
  readonly backlog: number | null;
  readonly backlogOldestSeconds: number | null;
  readonly deadLetters: number | null;
}

/** How the service fares: at this moment, and in the last minutes. */
export interface Overview {
  readonly from: string;
  readonly to: string;
  readonly stepSeconds: number;
  readonly now: Waiting;
  readonly totals: Counts;
  /** Oldest first, without a gap. The last one is still being filled. */
  readonly points: readonly OverviewPoint[];
}

/**
 * @param query `minutes` to look back: 1 to 10080, 60 by default
 * @throws TollgateError `bad_request`
 */
export async function overview(
  { database }: Pick<Services, 'database'>,
  query: unknown,
  now = new Date(),
): Promise<Overview> {
  const { minutes } = readInput(overviewQuery, query);
  const stepSeconds = stepMinutesOf(minutes) * SECONDS_PER_MINUTE;
  const steps = Math.ceil((minutes * SECONDS_PER_MINUTE) / stepSeconds);
  const lastSeconds = Math.floor(now.getTime() / MS_PER_SECOND / stepSeconds) * stepSeconds;
  const fromSeconds = lastSeconds - (steps - 1) * stepSeconds;
  const stretch = { fromSeconds, stepSeconds };
  const [waiting, counts, buckets] = await Promise.all([
    countWaiting(database.command),
    findStepCounts(database.command, stretch),
    findStepBuckets(database.command, stretch),
  ]);
  const points = Array.from({ length: steps }, (_, index) => {
    const atSeconds = fromSeconds + index * stepSeconds;
    return toPoint(atSeconds, counts, buckets);
  });
  return {
    from: toIso(fromSeconds),
    to: toIso(lastSeconds + stepSeconds),
    stepSeconds,
    now: waiting,
    totals: toCounts(counts, buckets),
    points,
  };
}

/** The shortest step of which there are not too many points to draw. */
function stepMinutesOf(minutes: number): number {
  return STEPS_MINUTES.find((step) => minutes / step <= POINTS_MAX) ?? SECONDS_PER_MINUTE;
}

function toPoint(
  atSeconds: number,
  counts: readonly StepCounts[],
  buckets: readonly StepBuckets[],
): OverviewPoint {
  const found = counts.filter((one) => one.atSeconds === atSeconds);
  const histograms = buckets.filter((one) => one.atSeconds === atSeconds);
  const [step] = found;
  return {
    at: toIso(atSeconds),
    counts: step ? toCounts(found, histograms) : null,
    backlog: step?.backlog ?? null,
    backlogOldestSeconds: step?.backlogOldestSeconds ?? null,
    deadLetters: step?.deadLetters ?? null,
  };
}

function toCounts(steps: readonly StepCounts[], buckets: readonly StepBuckets[]): Counts {
  const sum = (pick: (step: StepCounts) => number) =>
    steps.reduce((all, step) => all + pick(step), 0);
  const ofKind = (kind: StepBuckets['kind']) => buckets.filter((one) => one.kind === kind);
  return {
    received: sum(({ received }) => received),
    duplicates: sum(({ duplicates }) => duplicates),
    refused: sum(({ refused }) => refused),
    applied: sum(({ applied }) => applied),
    noop: sum(({ noop }) => noop),
    ignored: sum(({ ignored }) => ignored),
    retried: sum(({ retried }) => retried),
    dead: sum(({ dead }) => dead),
    acknowledge: toDurations(LATENCY_BUCKETS_SECONDS, ofKind('acknowledge')),
    applyLag: toDurations(LAG_BUCKETS_SECONDS, ofKind('apply_lag')),
  };
}

function toDurations(bounds: readonly number[], histograms: readonly StepBuckets[]): Durations {
  const counts = [...bounds, Infinity].map((_, index) =>
    histograms.reduce((sum, { buckets }) => sum + (buckets[index] ?? 0), 0),
  );
  const milliseconds = (share: number) => {
    const seconds = percentile(bounds, counts, share);
    return seconds === null ? null : Math.round(seconds * MS_PER_SECOND * 100) / 100;
  };
  return {
    count: counts.reduce((sum, count) => sum + count, 0),
    p50Ms: milliseconds(0.5),
    p95Ms: milliseconds(0.95),
    p99Ms: milliseconds(0.99),
  };
}

function toIso(seconds: number): string {
  return new Date(seconds * MS_PER_SECOND).toISOString();
}
