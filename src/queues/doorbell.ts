import { failPoint } from '../fail-points.js';
import type { Producer } from './queue-backend.js';
import type { Ring } from './queues.js';

/** What became of a ring, for the metrics. */
export type RingResult = 'rung' | 'failed' | 'skipped';

const RINGS_MAX = 64;
/** Events one ring for news names. */
const NEWS_PER_RING_MAX = 1000;
/**
 * From one ring to the next: each costs the same, whatever it names. What comes alone is rung for
 * at once; what comes at every moment is rung for ten times a second.
 */
const PACE_MS = 100;
/** While the worker is behind, so many paces pass at most: small rings would only cost it time. */
const PACES_BEHIND_MAX = 10;
/** News that are kept for a queue which is away. What is older is left to the sweeper. */
const NEWS_MAX = 10_000;
const CROWDED_RINGS = 100;
const PAUSE_AFTER_FAILURE_MS = 1000;
/** A little longer than the pause, since timers may fire a moment early. */
const TELL_AGAIN_MS = PAUSE_AFTER_FAILURE_MS + 50;

/**
 * Tells the workers which rows of the inbox are new. A ring may get lost at any time without harm:
 * the row is the work item, and the sweeper rings for whatever is left. So ringing never waits for
 * a queue that is away; after a failure it is quiet for a second, and then tells the news again.
 */
export class Doorbell {
  private underWay = 0;
  private quietUntilMs = 0;
  private news: string[] = [];
  private isTelling = false;
  private tellingAgain: NodeJS.Timeout | null = null;
  private isClosed = false;

  constructor(
    private readonly producer: Omit<Producer, 'addAll'>,
    private readonly onRing: (result: RingResult, events: number) => void,
    /** Whether the worker of this process has much to do as it is. */
    private readonly isBehind: () => boolean = () => false,
  ) {}

  /** True when a ring would be tried now. */
  get isListenedTo(): boolean {
    return this.underWay < RINGS_MAX && Date.now() >= this.quietUntilMs;
  }

  /**
   * Rings for new rows soon: one ring for a flush, or for several. What is committed soon after a ring
   * shares the next one, and the first waits for the answers of its flush to be written: they are
   * what somebody waits for. What was not heard is told again after the pause, since the
   * sweeper would leave it alone for the whole of its grace.
   */
  tell(ids: readonly string[]): void {
    this.news.push(...ids);
    this.forgetOldNews();
    if (this.isTelling) return;
    this.isTelling = true;
    setImmediate(() => void this.tellAll());
  }

  /** Rings once for these rows; resolves to whether the queue took it. Never rejects. */
  ring(ids: readonly string[]): Promise<boolean> {
    return this.send({ ids });
  }

  /** The same for a ring that says more than which rows. */
  async send(ring: Ring): Promise<boolean> {
    const { ids } = ring;
    if (!this.isListenedTo) {
      this.onRing('skipped', ids.length);
      return false;
    }
    this.underWay += 1;
    try {
      await this.producer.add(ring);
      this.onRing('rung', ids.length);
      return true;
    } catch {
      this.quietUntilMs = Date.now() + PAUSE_AFTER_FAILURE_MS;
      this.onRing('failed', ids.length);
      return false;
    } finally {
      this.underWay -= 1;
    }
  }

  private async tellAll(): Promise<void> {
    while (this.news.length > 0) {
      await failPoint('ingest.answered');
      const ids = this.news.splice(0, NEWS_PER_RING_MAX);
      const pace = pause(PACE_MS);
      if (!(await this.ring(ids))) {
        this.tellAgain(ids);
        return;
      }
      await failPoint('ingest.rung');
      await this.untilNext(pace);
    }
    this.isTelling = false;
  }

  /** What is news enough for a ring waits for nothing. */
  private async untilNext(pace: Promise<void>): Promise<void> {
    for (let paces = 1; this.news.length < NEWS_PER_RING_MAX; paces += 1) {
      await (paces === 1 ? pace : pause(PACE_MS));
      if (paces === PACES_BEHIND_MAX || this.isClosed || !this.isBehind()) return;
    }
  }

  /** A ring that was heard, though nobody answered, is rung twice: its rows are taken once. */
  private tellAgain(ids: readonly string[]): void {
    if (this.isClosed) return;
    this.news.unshift(...ids);
    this.forgetOldNews();
    this.tellingAgain = setTimeout(() => void this.tellAll(), TELL_AGAIN_MS);
  }

  private forgetOldNews(): void {
    const forgotten = this.news.splice(0, Math.max(0, this.news.length - NEWS_MAX));
    if (forgotten.length > 0) this.onRing('skipped', forgotten.length);
  }

  /**
   * True when so many rings wait for a worker that one more would help nobody: ringing again for a
   * whole backlog would only fill the queue.
   */
  async isCrowded(): Promise<boolean> {
    try {
      return (await this.producer.waiting()) >= CROWDED_RINGS;
    } catch {
      return false; // whoever rings will find out
    }
  }

  isReachable(): Promise<boolean> {
    return this.producer.isReachable();
  }

  /** Rings for what waits for its ring. What nobody has heard of then is left to the sweeper. */
  async close(): Promise<void> {
    this.isClosed = true;
    if (this.tellingAgain) clearTimeout(this.tellingAgain);
    let isHeard = this.isListenedTo;
    while (isHeard && this.news.length > 0) {
      isHeard = await this.ring(this.news.splice(0, NEWS_PER_RING_MAX));
    }
    await this.producer.close();
  }
}

/** Keeps no process alive. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
