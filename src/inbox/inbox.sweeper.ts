import type { Pool } from 'pg';
import { failPoint } from '../fail-points.js';
import type { Doorbell } from '../queues/doorbell.js';
import { planRings, type RingLimits } from './plan-rings.js';
import { claimRings, releaseRings } from './ring.queries.js';

export interface SweeperOptions extends RingLimits {
  /** Events one look rings for. */
  readonly eventsMax: number;
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
    for (const ring of planRings(events, this.options)) {
      if (await this.doorbell.send(ring)) rung += ring.ids.length;
      else await releaseRings(this.pool, ring.ids); // not heard: due again at once
      await failPoint('sweep.rung');
    }
    return rung;
  }
}
