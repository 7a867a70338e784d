import { setTimeout as delay } from 'node:timers/promises';
import { newId } from '../new-id.js';
import { TollgateError } from '../errors.js';
import { failPoint } from '../fail-points.js';
import { insertObservation, type ObservationInsert } from './inbox.queries.js';
import { processRing, type RingContext } from './process-ring.js';
import { findProgress, type EventProgress } from './ring.queries.js';

/** Who works on the row meanwhile is a worker: it takes milliseconds, unless something is wrong. */
const WAIT_MS = 5000;
const PAUSE_MS = 20;
/** Until the sweeper takes over, should this process die in between. */
const GRACE_SECONDS = 30;

/**
 * Records what a provider answered in the inbox, like anything that it sends by itself, and applies
 * it at once. Whoever sees the same at the same time shares the row.
 *
 * @returns what came of it
 * @throws TollgateError `storage_unavailable` when it is stored and could not be applied yet
 */
export async function applyObservation(
  context: RingContext,
  seen: Omit<ObservationInsert, 'id'>,
): Promise<EventProgress> {
  const id = await insertObservation(context.pool, { ...seen, id: newId() }, GRACE_SECONDS);
  await failPoint('observe.stored', seen.source);
  for (const giveUpAtMs = Date.now() + WAIT_MS; ;) {
    const progress = await findProgress(context.pool, id);
    if (progress && progress.status !== 'received') return progress;
    if ((progress?.attempts ?? 0) > 0 || Date.now() >= giveUpAtMs) {
      throw new TollgateError(
        'storage_unavailable',
        `the provider's answer is stored and will be applied: ${progress?.lastError ?? 'it waits'}`,
      );
    }
    const taken = await processRing(context, [id]);
    if (taken === 0) await delay(PAUSE_MS); // a worker has it
  }
}
