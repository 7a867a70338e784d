import type { Ring } from '../queues/queues.js';

/** Limits of what is worked on together. */
export interface BatchLimits {
  /** Batches at once. */
  readonly batchesMax: number;
  /** Events of a batch, or up to half as many again: a ring that names more is worked on in several. */
  readonly eventsMax: number;
}

interface Waiting extends Ring {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Lets rings share a transaction. One that is heard when there is room is worked on at once; what is
 * heard meanwhile shares the next batch. No timer is involved, so an idle worker adds no latency, and
 * a backlog of small rings is worked off in large batches.
 */
export class RingBatches {
  private waiting: Waiting[] = [];
  private underWay = 0;

  constructor(
    private readonly work: (ring: Ring) => Promise<void>,
    private readonly limits: BatchLimits,
  ) {}

  /**
   * Settles once the work on all batches has ended that have a part of this ring.
   * @throws what the first one failed with that failed
   */
  async add(ring: Ring): Promise<void> {
    const parts = await Promise.allSettled(this.partsOf(ring).map((part) => this.addPart(part)));
    for (const part of parts) if (part.status === 'rejected') throw part.reason;
  }

  /** Whether half of the places are taken: what comes then had better come in larger rings. */
  get isBehind(): boolean {
    return this.underWay >= Math.ceil(this.limits.batchesMax / 2);
  }

  private partsOf(ring: Ring): Ring[] {
    const parts = Math.round(ring.ids.length / this.limits.eventsMax);
    if (parts <= 1) return [ring];
    const bound = (part: number) => Math.floor((part * ring.ids.length) / parts);
    return Array.from({ length: parts }, (_one, part) => {
      return { ...ring, ids: ring.ids.slice(bound(part), bound(part + 1)) };
    });
  }

  private addPart(ring: Ring): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject, ...ring });
      this.startBatches();
    });
  }

  private startBatches(): void {
    while (this.waiting.length > 0 && this.underWay < this.limits.batchesMax) {
      this.underWay += 1;
      void this.workOn(this.takeBatch()).finally(() => {
        this.underWay -= 1;
        this.startBatches();
      });
    }
  }

  /** Rings whose attempts are noted stay as they are: what they name has been planned. */
  private takeBatch(): Waiting[] {
    let events = 0;
    const end = this.waiting.findIndex(({ ids, unended }, index) => {
      events += ids.length;
      if (index === 0) return false;
      return isWatched(this.waiting[0]) || unended !== undefined || events > this.limits.eventsMax;
    });
    return this.waiting.splice(0, end === -1 ? this.waiting.length : end);
  }

  private async workOn(batch: readonly Waiting[]): Promise<void> {
    const [first] = batch;
    const ids = [...new Set(batch.flatMap((ring) => ring.ids))];
    const ring = first?.unended === undefined ? { ids } : { ids, unended: first.unended };
    try {
      await this.work(ring);
      for (const { resolve } of batch) resolve();
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      for (const { reject } of batch) reject(reason);
    }
  }
}

function isWatched(ring: Ring | undefined): boolean {
  return ring?.unended !== undefined;
}
