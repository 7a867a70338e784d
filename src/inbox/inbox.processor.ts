import type { Job } from 'bullmq';
import type { QueueBackend } from '../queues/queue-backend.js';
import { QUEUES, readRing, type Ring } from '../queues/queues.js';
import { processRing } from './process-ring.js';
import { processWatched, type WatchContext } from './process-watched.js';
import { RingBatches, type BatchLimits } from './ring-batches.js';
import { Turns } from './turns.js';

/** Told of each batch of rings: events named, events taken, seconds it took. */
export type RingListener = (named: number, taken: number, seconds: number) => void;

/** Limits of a worker that answers the doorbell. */
export interface InboxWorkerLimits extends BatchLimits {
  readonly lockSeconds: number;
}

/** What answers the doorbell. */
export interface InboxWorker {
  /** Resolves when it is closed. */
  run(): Promise<void>;
  /** Hears no more rings; resolves when those that it heard are worked on. */
  close(): Promise<void>;
  /** Whether half of its places are taken, or more. */
  readonly isBehind: boolean;
}

/** Rings that are heard for each batch that may be under way: as many as may share the next one. */
const RINGS_PER_BATCH = 8;

/**
 * The BullMQ worker that answers the doorbell. A job that fails is not tried again by BullMQ: its
 * rows stay due, and the sweeper rings for them.
 */
export function createInboxWorker(
  backend: QueueBackend,
  context: WatchContext,
  { batchesMax, eventsMax, lockSeconds }: InboxWorkerLimits,
  onRing: RingListener,
): InboxWorker {
  const turns = new Turns(context.graceSeconds * 1000);
  const work = async (ring: Ring): Promise<void> => {
    const startedAt = performance.now();
    const taken = await workOn(context, turns, ring);
    onRing(ring.ids.length, taken, (performance.now() - startedAt) / 1000);
  };
  const batches = new RingBatches(work, { batchesMax, eventsMax });
  const worker = backend.worker(
    QUEUES.inbox,
    async (job) => {
      const ring = toWatched(readRing(job.data), job);
      if (ring === null) throw new Error('expected a ring with inbox ids');
      await batches.add(ring);
    },
    { concurrency: batchesMax * RINGS_PER_BATCH, lockSeconds },
  );
  return {
    run: () => worker.run(),
    close: () => worker.close(),
    get isBehind() {
      return batches.isBehind;
    },
  };
}

/** Whoever took a ring that has stalled did not come to its end: it is not taken on trust again. */
function toWatched(ring: Ring | null, { stalledCounter }: Job): Ring | null {
  return stalledCounter === 0 ? ring : ring && { unended: 0, ...ring };
}

function workOn(context: WatchContext, turns: Turns, { ids, unended }: Ring): Promise<number> {
  if (unended === undefined) return turns.besideOthers(() => processRing(context, ids));
  const work = () => processWatched(context, { ids, unended });
  // What may end the process must not take along others, which would seem to have ended it.
  return unended > 0 ? turns.alone(work) : turns.besideOthers(work);
}
