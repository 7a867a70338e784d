import type { Pool } from 'pg';
import type { Doorbell } from '../queues/doorbell.js';
import { claimRings, releaseRings } from './ring.queries.js';

export interface SweeperOptions {
  /** Pause between two looks. */
  readonly intervalMs: number;
  /** Events one look rings for. */
  readonly eventsMax: number;
  /** Events one ring names. */
  readonly ringEventsMax: number;
  /** Bytes of the bodies of one ring. */
  readonly ringBytesMax: number;
  /** How long a ring has before it is rung again. */
  readonly graceSeconds: number;
}

/**
 * Rings for whatever is received and due: what nobody rang for, because the process died or the
 * queue was away; what failed and whose pause is over; what is replayed. Any number of processes
 * may sweep at once.
 */
export class InboxSweeper {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<unknown> = Promise.resolve();
  private isStopped = false;

  constructor(
    private readonly pool: Pool,
    private readonly doorbell: Doorbell,
    private readonly options: SweeperOptions,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** One look; returns how many events it rang for. */
  async runOnce(): Promise<number> {
    if (!this.doorbell.isListenedTo || (await this.doorbell.isCrowded())) return 0;
    const { eventsMax, graceSeconds } = this.options;
    const events = await claimRings(this.pool, eventsMax, graceSeconds);
    let rung = 0;
    for (const ring of this.toRings(events)) {
      if (await this.doorbell.ring(ring)) rung += ring.length;
      else await releaseRings(this.pool, ring); // not heard: due again at once
    }
    return rung;
  }

  /** Rings of bounded number and bytes: a worker holds all bodies of a ring at once. */
  private toRings(events: readonly { readonly id: string; readonly bytes: number }[]): string[][] {
    const { ringEventsMax, ringBytesMax } = this.options;
    const rings: string[][] = [];
    let bytes = 0;
    for (const event of events) {
      const ring = rings.at(-1);
      bytes += event.bytes;
      if (ring && ring.length < ringEventsMax && bytes <= ringBytesMax) ring.push(event.id);
      else {
        rings.push([event.id]);
        bytes = event.bytes;
      }
    }
    return rings;
  }

  /** Looks again and again until {@link stop}. A look that found much is followed at once. */
  start(): void {
    this.schedule(0);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    if (this.timer) clearTimeout(this.timer);
    await this.running;
  }

  private schedule(delayMs: number): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      this.running = this.look();
    }, delayMs);
  }

  private async look(): Promise<void> {
    let rung = 0;
    try {
      rung = await this.runOnce();
    } catch (error) {
      this.onError(error);
    }
    this.schedule(rung >= this.options.eventsMax ? 0 : this.options.intervalMs);
  }
}
