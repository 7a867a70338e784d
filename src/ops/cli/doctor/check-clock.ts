import type pg from 'pg';
import { fail, ok, warn, type Check } from './check.js';

/** Signatures of providers are valid for minutes, and what is due is compared by both clocks. */
const SKEW_MS_WARN = 1000;
const SKEW_MS_FAIL = 30_000;
const TRIES = 3;

/** How far our clock is from that of the database: of several tries the quickest counts. */
export async function checkClock(client: pg.Client): Promise<Check> {
  const tries: { readonly roundTripMs: number; readonly skewMs: number }[] = [];
  for (let index = 0; index < TRIES; index += 1) {
    const sentAtMs = Date.now();
    const startedMs = performance.now();
    const { rows } = await client.query<{ ms: string }>(
      'select extract(epoch from clock_timestamp()) * 1000 as ms',
    );
    const roundTripMs = performance.now() - startedMs;
    tries.push({ roundTripMs, skewMs: Number(rows[0]?.ms) - sentAtMs - roundTripMs / 2 });
  }
  const [best] = tries.sort((one, other) => one.roundTripMs - other.roundTripMs);
  return judgeSkew(best?.skewMs ?? NaN);
}

/** @param skewMs positive when the database is ahead of us */
export function judgeSkew(skewMs: number): Check {
  const name = 'clock';
  const distanceMs = Math.abs(skewMs);
  const direction = skewMs < 0 ? 'behind' : 'ahead of';
  const found = `the database is ${Math.round(distanceMs)} ms ${direction} this machine`;
  const advice = 'let both follow NTP: signatures are refused when a clock is wrong by minutes';
  if (distanceMs <= SKEW_MS_WARN) return ok(name, found);
  return distanceMs <= SKEW_MS_FAIL ? warn(name, found, advice) : fail(name, found, advice);
}
