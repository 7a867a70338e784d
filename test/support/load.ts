import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from './eventually.js';
import type { StoryEvent } from './story.js';
import type { Answer, WebhookClient } from './webhook-client.js';

/** What a provider knows about its deliveries. */
export interface Ledger {
  /** Answered 200: promised to be kept. */
  readonly acknowledged: StoryEvent[];
  /** Answered with anything else: to be delivered again. */
  readonly refused: { readonly event: StoryEvent; readonly answer: Answer }[];
  /** The connection broke before an answer: nobody knows. */
  readonly unknown: { readonly event: StoryEvent; readonly code: string }[];
}

/** Pause of one sender between two deliveries, so that an outage does not make a million of them. */
const PACE_MS = 10;

/**
 * Deliveries that go on while a test breaks something; every one of them is in the ledger. Call
 * `Load.stopAll()` in `afterEach`, so that one that a failed test forgot comes to an end.
 */
export class Load {
  private static readonly running = new Set<Load>();

  static async stopAll(): Promise<void> {
    await Promise.all([...Load.running].map((load) => load.stop()));
  }

  readonly ledger: Ledger = { acknowledged: [], refused: [], unknown: [] };
  private isStopped = false;
  private readonly senders: Promise<void>[];

  /** @param next gives the event to deliver next; null ends the load */
  constructor(
    private readonly client: WebhookClient,
    private readonly next: () => StoryEvent | null,
    senders = 8,
  ) {
    Load.running.add(this);
    this.senders = Array.from({ length: senders }, () => this.send());
  }

  /** Waits until this many more events were acknowledged from now on. */
  async acknowledges(more: number, timeoutMs = 20_000): Promise<void> {
    const wanted = this.ledger.acknowledged.length + more;
    await eventually(() => expect(this.ledger.acknowledged.length).toBeGreaterThanOrEqual(wanted), {
      timeoutMs,
    });
  }

  /** Lets what is under way end. */
  async stop(): Promise<Ledger> {
    this.isStopped = true;
    return this.finished();
  }

  /** Waits until there is nothing more to deliver. */
  async finished(): Promise<Ledger> {
    await Promise.all(this.senders);
    Load.running.delete(this);
    return this.ledger;
  }

  private async send(): Promise<void> {
    while (!this.isStopped) {
      const event = this.next();
      if (event === null) return;
      await this.deliver(event);
      await delay(PACE_MS);
    }
  }

  private async deliver(event: StoryEvent): Promise<void> {
    try {
      const answer = await this.client.deliver(event);
      if (answer.status === 200) this.ledger.acknowledged.push(event);
      else this.ledger.refused.push({ event, answer });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      this.ledger.unknown.push({ event, code: code ?? String(error) });
    }
  }
}
