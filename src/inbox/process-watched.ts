import { setTimeout as delay } from 'node:timers/promises';
import { failPointOfEach } from '../fail-points.js';
import { failUntried, processRing, type RingContext } from './process-ring.js';
import {
  beginAttempts,
  endAttempts,
  keepAttempts,
  type BegunEvent,
  type WatchedRows,
} from './unended.queries.js';

/** After so many attempts without an end, the last ones at it alone, an event is a dead letter. */
const UNENDED_MAX = 3;
/** An attempt that hangs must not keep its row for ever. */
const RENEWALS_PER_GRACE = 3;
const RENEWALS_MAX = 30;
/** What is not noted as ended would count as the end of the process. */
const END_TRIES_MAX = 30;
const END_PAUSE_MS = 1000;

export interface WatchContext extends RingContext {
  /** How long nobody else rings for rows of which somebody says that they are worked on. */
  readonly graceSeconds: number;
  /**
   * Told of rows of which an earlier attempt never came to an end, and awaited before they are
   * worked on: that may end the process. Must not reject.
   */
  readonly onSuspect: (events: readonly BegunEvent[], unended: number) => Promise<void>;
}

/**
 * Works on rows that were rung for again and again, or of which attempts never came to an end: each
 * attempt is noted before it begins and again when it has ended, in statements of their own. What
 * ends the process leaves its note behind. Such an event becomes a dead letter without being tried
 * once more, so that in the end something lives on to say so.
 *
 * @returns how many events were taken, whatever came of them
 */
export async function processWatched(context: WatchContext, rows: WatchedRows): Promise<number> {
  const { pool, graceSeconds, onSuspect } = context;
  const begun = await beginAttempts(pool, rows, graceSeconds);
  if (begun.length === 0) return 0;
  const { unended } = rows;
  if (unended > 0) await onSuspect(begun, unended);
  const ids = begun.map(({ id }) => id);
  if (unended >= UNENDED_MAX) return buryAll(context, ids, unended);
  await failPointOfEach('apply.begun', begun, (event) => [event.eventType, event.eventId]);
  const stopKeeping = keep(context, { ids, unended });
  try {
    return await processRing(context, ids);
  } finally {
    stopKeeping();
    await noteEnd(context, { ids, unended });
  }
}

async function buryAll(
  context: RingContext,
  ids: readonly string[],
  unended: number,
): Promise<number> {
  const message =
    `${unended} attempts at this event began and none came to an end: ` +
    'each time the process died, or hung';
  let buried = 0;
  for (const id of ids) {
    buried += await failUntried(context, id, { code: 'process_ended', message });
  }
  return buried;
}

/** Says that the attempts are under way for as long as they are. */
function keep({ pool, graceSeconds }: WatchContext, rows: WatchedRows): () => void {
  let renewals = 0;
  const timer = setInterval(
    () => {
      renewals += 1;
      if (renewals === RENEWALS_MAX) clearInterval(timer);
      // One that fails is made up for by the next.
      void keepAttempts(pool, rows, graceSeconds).catch(() => undefined);
    },
    (graceSeconds * 1000) / RENEWALS_PER_GRACE,
  );
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}

/** Says so until it is heard: a database that is away is no fault of these events. */
async function noteEnd({ pool }: WatchContext, rows: WatchedRows): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await endAttempts(pool, rows);
      return;
    } catch (error) {
      if (tries === END_TRIES_MAX) throw error;
      await delay(END_PAUSE_MS);
    }
  }
}
