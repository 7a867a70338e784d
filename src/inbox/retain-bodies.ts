import type { Pool } from 'pg';
import { timeOf } from '../database/id-time.js';
import { inTransaction, limitLockWait, sqlState, type Queryable } from '../database/transaction.js';
import type { Pass } from '../loop.js';
import {
  adoptStray,
  attachPartition,
  countDefault,
  countNeeded,
  countStray,
  createPartition,
  DEFAULT_PARTITION,
  detachPartition,
  dropTable,
  findPartitions,
  limitStatementTime,
  lockBodies,
  moveNeeded,
  readDatabaseClock,
  removeConflictBodies,
  removeOldBodies,
  tryLockPartitions,
  type BodyPartition,
} from './body-partition.queries.js';
import { weeksFrom, type BodyWeek } from './body-weeks.js';

/** What keeping bodies for a while needs. */
export interface RetentionContext {
  readonly pool: Pool;
  /** For which bodies are kept; 0: for ever. */
  readonly retentionDays: number;
  /** Milliseconds since 1970; everybody's, not that of one process. */
  readonly clock: () => Promise<number>;
  /** Told after each commit. */
  readonly report: (change: RetentionChange) => void;
  /** Told of what is tried again with the next pass. */
  readonly onError: (error: unknown) => void;
}

/** What was done to the bodies. */
export type RetentionChange =
  | { readonly what: 'week created' | 'week left to the default'; readonly partition: string }
  | { readonly what: 'week dropped'; readonly partition: string; readonly kept: number }
  | { readonly what: 'bodies removed'; readonly partition: string; readonly removed: number };

/** Should every worker be away for as long, bodies only go where those of odd clocks go. */
export const WEEKS_AHEAD = 4;
/**
 * Who waits for a table makes everybody wait who comes after. Less than a delivery waits for its
 * INSERT (DATABASE_LOCK_TIMEOUT_MS), so none fails for this.
 */
const LOCK_TIMEOUT_MS = 300;
/** Of each statement while others wait. */
const STATEMENT_TIMEOUT_MS = 1500;
/** As many are moved while everybody waits: some ten milliseconds. */
const MOVED_MAX = 1000;
const PAGE_MAX = 500;
const DAY_MS = 86_400_000;

/**
 * Makes the partitions of the weeks to come, drops those of weeks whose time is over, and removes
 * old bodies that are in no partition of their own, a page with each pass. Any number of processes
 * may do this at once. What fails is told and tried again with the next pass.
 */
export function bodyRetention(context: RetentionContext): () => Promise<Pass> {
  const { pool, retentionDays, clock } = context;
  let thinning: Thinning | null = null;
  return async () => {
    const nowMs = await clock();
    if (thinning === null) {
      await createWeeks(context, nowMs);
      if (retentionDays === 0) return 'done';
      const beforeMs = nowMs - retentionDays * DAY_MS;
      thinning = { beforeMs, left: await dropWeeks(context, beforeMs), afterId: null };
    }
    const conflicts = await removeConflictBodies(pool, thinning.beforeMs, PAGE_MAX);
    thinning = await thinOut(context, thinning);
    return thinning === null && conflicts < PAGE_MAX ? 'done' : 'more';
  };
}

/** Partitions in which bodies are removed one by one, and how far that is. */
interface Thinning {
  readonly beforeMs: number;
  readonly left: readonly string[];
  readonly afterId: string | null;
}

async function createWeeks(context: RetentionContext, nowMs: number): Promise<void> {
  const there = new Set((await findPartitions(context.pool)).map(({ fromId }) => fromId));
  for (const week of weeksFrom(nowMs, WEEKS_AHEAD)) {
    if (there.has(week.fromId)) continue;
    try {
      await createWeek(context, week);
    } catch (error) {
      context.onError(error);
    }
  }
}

/** Makes the partition of a week, unless somebody has, or too much of it lies elsewhere already. */
async function createWeek({ pool, report }: RetentionContext, week: BodyWeek): Promise<void> {
  const result = await inTransaction(pool, async (tx) => {
    if (!(await tryLockPartitions(tx))) return null;
    const partitions = await findPartitions(tx);
    if (partitions.some(({ fromId }) => fromId === week.fromId)) return null;
    const stray = await countStray(tx, week, MOVED_MAX + 1);
    if (stray > MOVED_MAX) return 'week left to the default';
    await limitLockWait(tx, LOCK_TIMEOUT_MS);
    await limitStatementTime(tx, STATEMENT_TIMEOUT_MS);
    await createPartition(tx, week);
    if (stray > 0) await adoptStray(tx, week);
    await attachPartition(tx, week);
    return 'week created';
  });
  if (result !== null) report({ what: result, partition: week.name });
}

/**
 * Drops every week that ended before a time.
 * @returns where bodies are to be removed one by one
 */
async function dropWeeks(context: RetentionContext, beforeMs: number): Promise<string[]> {
  const left = [DEFAULT_PARTITION];
  for (const partition of await findPartitions(context.pool)) {
    if (timeOf(partition.toId) > beforeMs) continue;
    try {
      const result = await dropWeek(context, partition);
      if (result === 'needed') left.push(partition.name);
    } catch (error) {
      context.onError(error);
    }
  }
  return left;
}

/** Drops a week, and keeps what is needed of it, unless that is too much. */
async function dropWeek(
  { pool, report }: RetentionContext,
  partition: BodyPartition,
): Promise<'dropped' | 'needed' | 'busy'> {
  const kept = await inTransaction(pool, async (tx) => {
    if (!(await tryLockPartitions(tx))) return null;
    const partitions = await findPartitions(tx);
    if (!partitions.some(({ name }) => name === partition.name)) return null;
    if ((await countNeeded(tx, partition, MOVED_MAX + 1)) > MOVED_MAX) return 'too many';
    await limitLockWait(tx, LOCK_TIMEOUT_MS);
    await limitStatementTime(tx, STATEMENT_TIMEOUT_MS);
    // Whoever has sent one of these events through again has committed it from here on, so it is
    // seen as received; whoever wants to finds no body.
    await lockBodies(tx);
    await detachPartition(tx, partition);
    const moved = await moveNeeded(tx, partition);
    await dropTable(tx, partition);
    return moved;
  });
  if (kept === null) return 'busy';
  if (kept === 'too many') return 'needed';
  report({ what: 'week dropped', partition: partition.name, kept });
  return 'dropped';
}

/** Removes a page of old bodies. @returns what is left to be looked at; null: nothing */
async function thinOut(
  { pool, report, onError }: RetentionContext,
  { beforeMs, left, afterId }: Thinning,
): Promise<Thinning | null> {
  const [partition, ...others] = left;
  if (partition === undefined) return null;
  const rest = others.length > 0 ? { beforeMs, left: others, afterId: null } : null;
  try {
    const page = { afterId, limit: PAGE_MAX, beforeMs };
    const { lastId, removed } = await removeOldBodies(pool, partition, page);
    if (removed > 0) report({ what: 'bodies removed', partition, removed });
    return lastId === null ? rest : { beforeMs, left, afterId: lastId };
  } catch (error) {
    if (sqlState(error) === null) throw error; // not of this partition: the connection, say
    onError(error);
    return rest;
  }
}

/** How the bodies are stored, for those who watch. */
export interface BodyStorage {
  /** Age of the beginning of the oldest week that has a partition; 0: none has. */
  readonly oldestSeconds: number;
  /** Weeks after this one that have a partition. */
  readonly weeksAhead: number;
  /** Bodies of no week, counted up to 10 000. */
  readonly stray: number;
}

export async function measureBodies(database: Queryable): Promise<BodyStorage> {
  const nowMs = await readDatabaseClock(database);
  const partitions = await findPartitions(database);
  const [oldest] = partitions;
  return {
    oldestSeconds: oldest ? Math.max(0, (nowMs - timeOf(oldest.fromId)) / 1000) : 0,
    weeksAhead: partitions.filter(({ fromId }) => timeOf(fromId) > nowMs).length,
    stray: await countDefault(database),
  };
}
