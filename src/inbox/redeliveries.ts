import type { Pool } from 'pg';
import { countRedeliveries, type Redelivery } from './inbox.queries.js';

/** Contents that may wait to be counted; past that, deliveries are answered but not counted. */
const WAITING_MAX = 1000;
const BATCH_MAX = 100;

/**
 * Counts deliveries of known events off the answer's path: bounded in memory, one statement at a
 * time. The counts are for people; losing some in a crash changes nothing that was promised.
 */
export class RedeliveryCounter {
  private readonly waiting = new Map<string, Redelivery>();
  private running: Promise<void> = Promise.resolve();
  private isRunning = false;

  constructor(
    private readonly pool: Pool,
    private readonly listeners: {
      readonly conflicts: (count: number) => void;
      readonly failed: (error: unknown) => void;
    },
  ) {}

  /** Notes a delivery; it is counted soon. */
  note(redelivery: Redelivery): void {
    const { provider, account, eventId, fingerprint } = redelivery;
    const key = `${provider} ${account} ${eventId} ${fingerprint.toString('hex')}`;
    const known = this.waiting.get(key);
    if (known) {
      this.waiting.set(key, { ...known, deliveries: known.deliveries + redelivery.deliveries });
    } else if (this.waiting.size < WAITING_MAX) {
      this.waiting.set(key, redelivery);
    }
    this.start();
  }

  /** Resolves when everything noted so far is counted. */
  drained(): Promise<void> {
    return this.running;
  }

  private start(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.running = this.countAll().finally(() => {
      this.isRunning = false;
    });
  }

  private async countAll(): Promise<void> {
    while (this.waiting.size > 0) {
      const batch = [...this.waiting].slice(0, BATCH_MAX);
      for (const [key] of batch) this.waiting.delete(key);
      try {
        const conflicts = await countRedeliveries(
          this.pool,
          batch.map(([, redelivery]) => redelivery),
        );
        if (conflicts > 0) this.listeners.conflicts(conflicts);
      } catch (error) {
        this.listeners.failed(error);
      }
    }
  }
}
