import type { Pool } from 'pg';
import { failPoint } from '../fail-points.js';
import type { Doorbell } from '../queues/doorbell.js';
import { claimRings, releaseRings } from './ring.queries.js';

export interface SweeperOptions {
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
  constructor(
    private readonly pool: Pool,
    private readonly doorbell: Doorbell,
    private readonly options: SweeperOptions,
  ) {}

  /** One look; returns how many events it rang for. */
  async runOnce(): Promise<number> {
    if (!this.doorbell.isListenedTo || (await this.doorbell.isCrowded())) return 0;
    const { eventsMax, graceSeconds } = this.options;
    const events = await claimRings(this.pool, eventsMax, graceSeconds);
    if (events.length > 0) await failPoint('sweep.claimed');
    let rung = 0;
    for (const ring of this.toRings(events)) {
      if (await this.doorbell.ring(ring)) rung += ring.length;
      else await releaseRings(this.pool, ring); // not heard: due again at once
      await failPoint('sweep.rung');
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
}
