import { setTimeout as delay } from 'node:timers/promises';
import type { ProviderName } from '../../../src/providers/providers.js';
import type { StoryEvent } from '../story.js';
import { TEST_SECRETS, WebhookClient } from '../webhook-client.js';
import type { ApiRequest } from './exchange.js';

/** An event that a stand-in has to tell, as the provider would write it. */
export interface StandInEvent extends StoryEvent {
  readonly type: string;
}

/** When the webhooks that a request causes are delivered: the service must bear both. */
export type DeliveryMode = 'before-answer' | 'after-answer';

export interface DeliverOptions {
  readonly secrets?: Readonly<Record<ProviderName, string>>;
  readonly mode?: DeliveryMode;
  /** The account of the route; none by default. */
  readonly account?: string;
}

export interface Delivery {
  readonly event: StandInEvent;
  /** Null: the connection broke, or there was no answer in time. */
  readonly status: number | null;
}

interface Target extends Required<Omit<DeliverOptions, 'account'>> {
  readonly client: WebhookClient;
  readonly account: string | null;
}

/** Providers wait longer (Stripe about 20 s); a test that gets here has a deadlock to show. */
const ANSWER_TIMEOUT_MS = 5000;

/**
 * The webhooks of both stand-ins. Every event is kept for a test to deliver whenever, in whatever
 * order and however often it likes; once there is a target, each is delivered by itself as well.
 */
export class StandInWebhooks {
  /** In the order in which things happened. */
  readonly events: StandInEvent[] = [];
  /** In the order in which they ended. */
  readonly deliveries: Delivery[] = [];
  private target: Target | null = null;
  private readonly underWay = new Set<Promise<void>>();

  /** From now on signs every event and posts it to this service, at once. */
  deliverTo(url: string, options: DeliverOptions = {}): void {
    this.hold();
    const { secrets = TEST_SECRETS, mode = 'after-answer', account = null } = options;
    this.target = { client: new WebhookClient(url), secrets, mode, account };
  }

  /** From now on keeps the events to itself; deliveries under way are broken off. */
  hold(): void {
    this.target?.client.close();
    this.target = null;
  }

  /** The events in which this id occurs: of an object, or of one that refers to it. */
  about(id: string): StandInEvent[] {
    return this.events.filter(({ body }) => body.includes(`"${id}"`));
  }

  /** Waits until no delivery is under way. */
  async delivered(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  /** Delivers once more, in order, whatever was not answered with 2xx, as providers do. */
  async redeliver(): Promise<void> {
    await this.delivered();
    const accepted = new Set(this.deliveries.filter(isAccepted).map(({ event }) => event));
    await this.send(this.events.filter((event) => !accepted.has(event)));
  }

  /** For the stand-ins: something happened, because of a request or (null) in the world. */
  tell(event: StandInEvent, cause: ApiRequest | null): void {
    this.events.push(event);
    if (cause === null) void this.send([event]);
    else cause.events.push(event);
  }

  /** For the stand-in: the request has been acted upon and is going to be answered. */
  async beforeAnswer({ events }: ApiRequest): Promise<void> {
    if (this.target?.mode === 'before-answer') await this.send(events);
  }

  /** For the stand-in: the request was answered, or never will be. */
  afterAnswer({ events }: ApiRequest): void {
    if (this.target?.mode === 'after-answer') void this.send(events);
  }

  /** Never fails: how a delivery went is in `deliveries`. */
  private async send(events: readonly StandInEvent[]): Promise<void> {
    const { target } = this;
    if (target === null || events.length === 0) return;
    const sending = this.sendEach(target, events);
    this.underWay.add(sending);
    await sending;
    this.underWay.delete(sending);
  }

  /** Goes no further once there is another target, or none. */
  private async sendEach(target: Target, events: readonly StandInEvent[]): Promise<void> {
    for (const event of events) {
      if (this.target !== target) return;
      this.deliveries.push({ event, status: await post(target, event) });
    }
  }
}

async function post(
  { client, secrets, account }: Target,
  event: StandInEvent,
): Promise<number | null> {
  const { provider } = event;
  const path = `/webhooks/${provider}${account === null ? '' : `/${account}`}`;
  const answered = new AbortController();
  const tooLate = delay(ANSWER_TIMEOUT_MS, null, { ref: false, signal: answered.signal });
  try {
    const answer = client.deliver(event, { path, secret: secrets[provider] });
    return (await Promise.race([answer, tooLate]))?.status ?? null;
  } catch {
    return null;
  } finally {
    tooLate.catch(() => undefined);
    answered.abort();
  }
}

function isAccepted({ status }: Delivery): boolean {
  return status !== null && status >= 200 && status < 300;
}
