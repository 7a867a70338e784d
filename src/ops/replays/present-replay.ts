import type { ReplayRow } from './replay.queries.js';

/** A replay as those see it who gave the order, or look after it. */
export type ReplayView = ReturnType<typeof presentReplay>;

/** @param results where what was sent through stands now, by status; null: nobody has counted */
export function presentReplay(replay: ReplayRow, results: Readonly<Record<string, number>> | null) {
  const { id, target, action, status, filter, reason, actor, perSecond } = replay;
  const { total, done, skipped, createdAt, finishedAt } = replay;
  return {
    id,
    target,
    action,
    status,
    filter,
    reason,
    requestedBy: actor,
    perSecond,
    total,
    done,
    skipped,
    pending: total - done - skipped,
    results,
    createdAt,
    finishedAt,
  };
}
