import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from '../api.js';
import type { ReplayView } from '../api-views.js';
import { CliError } from '../cli-error.js';
import type { Exit } from '../exit-codes.js';
import type { Progress } from './progress.js';

const PAUSE_MS = 500;
/** A service that is deployed meanwhile comes back within this time. */
const SILENCE_MS_MAX = 60_000;
/** How long the last events may take to get their outcome, once all are sent through. */
const OUTCOME_MS_MAX = 15_000;

/**
 * Waits until a replay is over and its events have their outcomes. What fails and is tried again
 * later is not waited for: that may take hours.
 */
export async function waitForReplay(
  api: Api,
  started: ReplayView,
  progress: Progress,
): Promise<ReplayView> {
  let replay = started;
  let heardAtMs = Date.now();
  let overAtMs: number | null = null;
  for (;;) {
    progress.show(replay.total - replay.pending, replay.total);
    if (isOver(replay)) {
      overAtMs ??= Date.now();
      if (countWaiting(replay) === 0 || Date.now() - overAtMs > OUTCOME_MS_MAX) return replay;
    }
    await delay(PAUSE_MS);
    try {
      replay = await api.get<ReplayView>(`/v1/replays/${started.id}`);
      heardAtMs = Date.now();
    } catch (error) {
      const isSilent = error instanceof CliError && error.exit === 'unreachable';
      if (!isSilent || Date.now() - heardAtMs > SILENCE_MS_MAX) throw error;
    }
  }
}

function isOver({ status }: ReplayView): boolean {
  return status === 'done' || status === 'cancelled';
}

/** Events that have been sent through and have no outcome yet. */
export function countWaiting({ results }: ReplayView): number {
  return (results?.['received'] ?? 0) + (results?.['pending'] ?? 0);
}

/** A replay has failed when some of it died again, or when somebody called it off. */
export function exitOfReplay({ status, action, results }: ReplayView): Exit {
  const hasDead = action === 'replay' && (results?.['dead'] ?? 0) > 0;
  return hasDead || status === 'cancelled' ? 'failed' : 'done';
}
