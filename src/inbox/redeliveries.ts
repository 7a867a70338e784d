import type { Pool } from 'pg';
import { failPoint } from '../fail-points.js';
import {
  countRedeliveries,
  keepConflicts,
  type EventConflict,
  type Redelivery,
} from './redelivery.queries.js';

/** Bytes that may wait to be counted; past that, deliveries are answered but not counted. */
const WAITING_BYTES_MAX = 16_777_216;
const BATCH_BYTES_MAX = 2_097_152;
/**
 * From one statement to the next. An event that comes again and again is counted once in this time,
 * and its row written once. What fills a batch is counted at once.
 */
const PACE_MS = 100;
/** What an entry takes beyond its body. */
const ENTRY_BYTES = 512;
/** What could not be counted is tried again after this time: a worker may have held the rows. */
const RETRY_MS = 1000;

/**
 * Counts deliveries of known events off the answer's path: bounded in memory, one batch at a
 * time, again until it succeeds. The counts are for people; losing some in a crash changes nothing
 * that was promised.
 */
export class RedeliveryCounter {
  private readonly waiting = new Map<string, Redelivery>();
  private running: Promise<void> = Promise.resolve();
  private isRunning = false;
  private waitingBytes = 0;
  private retry: NodeJS.Timeout | undefined;
  private isHurried = false;
  private endPause: () => void = () => undefined;

  constructor(
    private readonly pool: Pool,
    private readonly listeners: {
      readonly conflict: (conflict: EventConflict) => void;
      /** A delivery could not be kept to be counted: too much waits. */
      readonly dropped: () => void;
      readonly failed: (error: unknown) => void;
    },
    private readonly retryMs = RETRY_MS,
  ) {}

  /** Notes a delivery; it is counted soon. */
  note(redelivery: Redelivery): void {
    const key = keyOf(redelivery);
    const known = this.waiting.get(key);
    if (known) {
      this.waiting.set(key, { ...known, deliveries: known.deliveries + redelivery.deliveries });
    } else if (this.waitingBytes + sizeOf(redelivery) <= WAITING_BYTES_MAX) {
      this.waiting.set(key, redelivery);
      this.waitingBytes += sizeOf(redelivery);
    } else {
      this.listeners.dropped();
    }
    if (this.waitingBytes >= BATCH_BYTES_MAX) this.endPause();
    this.start();
  }

  /** Resolves when everything noted so far is counted, or could not be. */
  drained(): Promise<void> {
    if (this.isRunning) this.isHurried = true;
    this.endPause();
    return this.running;
  }

  /** Tries once more what could not be counted, and nothing after that. */
  async close(): Promise<void> {
    await this.drained();
    this.start();
    await this.drained();
    clearTimeout(this.retry);
  }

  private start(): void {
    if (this.isRunning) return;
    clearTimeout(this.retry);
    this.isRunning = true;
    this.running = this.countAll();
  }

  private async countAll(): Promise<void> {
    while (this.waiting.size > 0) {
      let left = this.takeBatch();
      try {
        await failPoint('ingest.redelivered');
        left = await countRedeliveries(this.pool, left);
        const conflicts = left.length > 0 ? await keepConflicts(this.pool, left) : [];
        for (const conflict of conflicts) this.listeners.conflict(conflict);
      } catch (error) {
        this.putBack(left); // an alarm must not get lost
        this.listeners.failed(error);
        this.retry = setTimeout(() => {
          this.start();
        }, this.retryMs).unref();
        break;
      }
      await this.pause();
    }
    this.isRunning = false;
    this.isHurried = false;
  }

  private async pause(): Promise<void> {
    if (this.isHurried || this.waitingBytes >= BATCH_BYTES_MAX) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PACE_MS);
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private takeBatch(): Redelivery[] {
    const batch: Redelivery[] = [];
    let bytes = 0;
    for (const [key, redelivery] of this.waiting) {
      bytes += sizeOf(redelivery);
      if (batch.length > 0 && bytes > BATCH_BYTES_MAX) break;
      batch.push(redelivery);
      this.waiting.delete(key);
      this.waitingBytes -= sizeOf(redelivery);
    }
    return batch;
  }

  private putBack(batch: readonly Redelivery[]): void {
    for (const redelivery of batch) {
      const key = keyOf(redelivery);
      const newer = this.waiting.get(key);
      const deliveries = redelivery.deliveries + (newer?.deliveries ?? 0);
      if (!newer) this.waitingBytes += sizeOf(redelivery);
      this.waiting.set(key, { ...redelivery, deliveries });
    }
  }
}

/** An event with one of its contents. */
function keyOf({ provider, account, eventId, fingerprint }: Redelivery): string {
  return `${provider} ${account} ${eventId} ${fingerprint.toString('latin1')}`;
}

function sizeOf({ body }: Redelivery): number {
  return body.length + ENTRY_BYTES;
}
