import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { OpenLoopClient } from './client.js';

/** T of I5: after this long nothing may wait any more. */
const QUIET_MS_MAX = 90_000;
const LOOK_MS = 100;

export interface Quiet {
  /** When nothing waited any more, in milliseconds of `performance.now()`; null: never. */
  readonly quietAtMs: number | null;
  /** What waited last. */
  readonly last: string;
  /** Under I5, what waits for ever. */
  readonly problems: readonly string[];
}

/** I5: waits until everything is acknowledged, applied and told. */
export async function untilQuiet(database: pg.Pool, client: OpenLoopClient): Promise<Quiet> {
  const deadline = performance.now() + QUIET_MS_MAX;
  let last = 'nothing';
  while (performance.now() < deadline) {
    const waits = await whatWaits(database, client).catch((error: unknown) => [String(error)]);
    if (waits.length === 0) return { quietAtMs: performance.now(), last, problems: [] };
    last = waits.join(', ');
    await delay(LOOK_MS);
  }
  const seconds = QUIET_MS_MAX / 1000;
  return { quietAtMs: null, last, problems: [`I5 after ${seconds} s there still waits: ${last}`] };
}

async function whatWaits(database: pg.Pool, client: OpenLoopClient): Promise<string[]> {
  if (!(await client.delivered(LOOK_MS))) return [`${client.undeliveredCount} deliveries`];
  const { rows } = await database.query<{ what: string; count: number }>(`
    select 'events' as what, count(*)::int as count from inbox where status = 'received'
    union all select 'messages to be given out', count(*)::int from outbox
     where fanned_out_at is null
    union all select 'messages to be consumed', count(*)::int from dispatches
     where status = 'pending'
    union all select 'commands', count(*)::int from idempotency_keys where status = 'in_progress'`);
  return rows.filter(({ count }) => count > 0).map(({ what, count }) => `${count} ${what}`);
}
