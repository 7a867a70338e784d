import type { Pool } from 'pg';
import { inTransaction, type Tx } from '../../database/transaction.js';
import { failPoint } from '../../fail-points.js';
import { discardEvents, findBodiless, replayEvents } from '../../inbox/replay.queries.js';
import type { Pass } from '../../loop.js';
import { discardDispatches, replayDispatches } from '../../outbox/replay.queries.js';
import {
  findPendingItems,
  settleItems,
  type ReplayItem,
  type SettledItem,
} from './replay-item.queries.js';
import { advanceReplay, claimReplay, type ReplayRow } from './replay.queries.js';

/** What working on replays needs. */
export interface ReplayContext {
  readonly pool: Pool;
  /** Until the sweeper rings for what nobody rang for. */
  readonly graceSeconds: number;
  /** Rings for events that are to be worked on again; after the commit. */
  readonly ring: (ids: readonly string[]) => Promise<unknown>;
  /** Messages wait to be sent again; after the commit. */
  readonly wakeRelay: () => void;
  readonly report: (part: ReplayPart) => void;
}

/** A part of a replay that is done. */
export interface ReplayPart {
  readonly replayId: string;
  readonly target: ReplayRow['target'];
  readonly action: ReplayRow['action'];
  readonly done: number;
  readonly skipped: number;
}

/** What one transaction holds locked, and one ring names. */
const PART_MAX = 100;
const PARTS_PER_SECOND = 4;

/**
 * Does the next part of a replay that is due. Everything of it is one transaction, so a process may
 * die after any line, and of two processes each item is dealt with by one.
 */
export async function runReplayOnce(context: ReplayContext): Promise<Pass> {
  const part = await inTransaction(context.pool, async (tx) => {
    const replay = await claimReplay(tx);
    return replay ? runPart(tx, context, replay) : null;
  });
  if (!part) return 'done';
  await failPoint('replay.committed', part.target);
  context.report(part);
  if (part.action === 'replay' && part.touched.length > 0) {
    if (part.target === 'events') await context.ring(part.touched);
    else context.wakeRelay();
  }
  return 'more';
}

/** Does a part, and puts the next one off so that no more than the wanted rate is done. */
async function runPart(
  tx: Tx,
  { graceSeconds }: ReplayContext,
  replay: ReplayRow,
): Promise<ReplayPart & { readonly touched: readonly string[] }> {
  const { id: replayId, target, action, perSecond } = replay;
  const itemsMax = Math.min(PART_MAX, Math.ceil(perSecond / PARTS_PER_SECOND));
  const items = await findPendingItems(tx, replayId, itemsMax);
  const { settled, touched } = await touchItems(tx, replay, items, graceSeconds);
  await settleItems(tx, replayId, settled);
  const done = touched.length;
  const skipped = items.length - done;
  // What was left alone costs nobody anything.
  await advanceReplay(tx, replayId, { done, skipped, pauseMs: (done / perSecond) * 1000 });
  await failPoint('replay.before_commit', target);
  return { replayId, target, action, done, skipped, touched };
}

/** Sends items through again, or discards them; what is no longer what was chosen is left alone. */
export async function touchItems(
  tx: Tx,
  { target, action }: Pick<ReplayRow, 'target' | 'action'>,
  items: readonly ReplayItem[],
  graceSeconds: number,
): Promise<{ settled: SettledItem[]; touched: string[] }> {
  const before = new Map<string, Before>();
  let bodiless: ReadonlySet<string> = new Set();
  if (target === 'events') {
    const touched =
      action === 'replay'
        ? await replayEvents(tx, items, graceSeconds)
        : await discardEvents(tx, items);
    for (const one of touched) before.set(keyOf(one.id, null), one);
    const left = items.filter(({ id }) => !before.has(keyOf(id, null))).map(({ id }) => id);
    if (action === 'replay' && left.length > 0) bodiless = new Set(await findBodiless(tx, left));
  } else {
    const chosen = items.map(({ id, consumer, generation }) => {
      return { consumer: consumer ?? '', messageId: id, generation };
    });
    const touched =
      action === 'replay'
        ? await replayDispatches(tx, chosen)
        : await discardDispatches(tx, chosen);
    for (const one of touched) before.set(keyOf(one.messageId, one.consumer), one);
  }
  const settled = items.map((item) => {
    const skipReason = bodiless.has(item.id) ? 'payload_not_kept' : null;
    return toSettled(item, before.get(keyOf(item.id, item.consumer)), skipReason);
  });
  const touched = items.filter(({ id, consumer }) => before.has(keyOf(id, consumer)));
  return { settled, touched: touched.map(({ id }) => id) };
}

type Before = Pick<SettledItem, 'statusBefore' | 'outcomeBefore'>;

function toSettled(
  { position }: ReplayItem,
  before: Before | undefined,
  skipReason: SettledItem['skipReason'],
): SettledItem {
  if (before) {
    const { statusBefore, outcomeBefore } = before;
    return { position, status: 'done', skipReason: null, statusBefore, outcomeBefore };
  }
  return { position, status: 'skipped', skipReason, statusBefore: null, outcomeBefore: null };
}

function keyOf(id: string, consumer: string | null): string {
  return `${consumer ?? ''} ${id}`;
}
