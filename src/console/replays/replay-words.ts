import type { ReplayView } from '../../ops/replays/present-replay.js';

const SECONDS = 2;
/** Counting many takes longer, so it is asked for less often. */
const SECONDS_OF_MANY = 5;
const MANY = 5000;
/** How long the last ones may take to get an outcome; after that one has to look again oneself. */
const OUTCOMES_MS = 60_000;

/** How far a replay is, in a sentence. */
export function describeProgress(replay: ReplayView): string {
  const { status, total, pending, skipped, action } = replay;
  if (total === 0) return 'Nothing matched, so there was nothing to do.';
  const verb = action === 'replay' ? 'sent through again' : 'discarded';
  const done = `${total - pending - skipped} of ${total} ${verb}`;
  const left = skipped === 0 ? '' : `, ${skipped} left alone`;
  switch (status) {
    case 'running':
      return `Running: ${done}${left}.`;
    case 'paused':
      return `Paused: ${done}${left}.`;
    case 'cancelled':
      return `Called off: ${done}${left}; ${pending} were not touched.`;
    case 'done': {
      const waiting = countWaiting(replay);
      const rest = waiting === 0 ? '' : ` ${waiting} of them have no outcome yet.`;
      return `Done: ${done}${left}.${rest}`;
    }
  }
}

/** Seconds after which a page about it is to be loaded anew; null: nothing of it moves any more. */
export function pollSeconds(replay: ReplayView, now: Date): number | null {
  const { status, total, finishedAt } = replay;
  const pause = total > MANY ? SECONDS_OF_MANY : SECONDS;
  if (status === 'running') return pause;
  if (finishedAt === null || countWaiting(replay) === 0) return null;
  return now.getTime() - finishedAt.getTime() < OUTCOMES_MS ? pause : null;
}

/** Sent through, and without an outcome yet. */
function countWaiting({ results }: ReplayView): number {
  return (results?.['received'] ?? 0) + (results?.['pending'] ?? 0);
}
