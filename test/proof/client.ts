import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Random } from './random.js';
import { PROOF_SECRETS, sign } from './sign.js';
import type { Life, ProofEvent, ProofOrder } from './stories.js';

/** What became of one request. A time-out is `unknown`: nobody knows what it did. */
export type Fate =
  | { readonly is: 'answered'; readonly status: number; readonly text: string }
  /** It did not arrive at all. */
  | { readonly is: 'unsent'; readonly code: string }
  | { readonly is: 'unknown'; readonly code: string };

/** One event, with all that its provider knows of its deliveries. */
export interface Delivery {
  readonly event: ProofEvent;
  readonly tag: string;
  deliveries: number;
  acknowledged: number;
  /** Times in a row that it was not acknowledged. */
  failures: number;
}

/** One order with the key under which it is created. */
interface Creation {
  readonly order: ProofOrder;
  readonly key: string;
  /** The first answer that was not a refusal; every later one has to be the same. */
  answer: string | null;
  failures: number;
}

/** One acknowledgement, in milliseconds of `performance.now()`. */
export interface Acknowledgement {
  readonly intendedAtMs: number;
  readonly answeredAtMs: number;
}

export interface ClientOptions {
  readonly urls: readonly string[];
  /** New events per second; redeliveries and duplicates come on top. */
  readonly ratePerSecond: number;
  readonly lives: Iterator<Life>;
  readonly random: Random;
  /** Token of the role `service`. */
  readonly token: string;
}

const PACE_MS = 10;
const TIMEOUT_MS = 5000;
const CONNECTIONS = 96;
/** Lives that happen at the same time. */
const LIVES = 60;
const DUPLICATE_SHARE = 0.2;
const HELD_BACK_SHARE = 0.1;
const HELD_BACK_MS_MAX = 1500;
const AGAIN_MS = { min: 150, max: 900 };
/** What was refused again and again waits longer, as with every provider: 2, 4 times that. */
const DOUBLINGS_MAX = 2;
/** More than this many undelivered events are no load any more but a heap of timers. */
const UNDELIVERED_MAX = 2000;
const FORGED_SHARE = 0.01;

/**
 * Providers and a shop that send what they have to send when it is time, whatever became of what
 * they sent before: an open loop. What was not acknowledged is delivered again until it is.
 */
export class OpenLoopClient {
  readonly deliveries = new Map<string, Delivery>();
  readonly orders: ProofOrder[] = [];
  readonly lives: Life[] = [];
  readonly acknowledgements: Acknowledgement[] = [];
  /** How often what came of a request: `200`, `503`, `ECONNRESET`, … */
  readonly fates = new Map<string, number>();
  /** Event ids that were sent with a wrong signature: none of them may be anywhere. */
  readonly forged: string[] = [];
  /** What should not have been answered as it was, a line each. */
  readonly surprises: string[] = [];
  /** What Stripe signs with. */
  stripeSecret: string = PROOF_SECRETS.stripe;
  acknowledged = 0;
  /** Acknowledgements that say that the event was known. */
  duplicates = 0;
  refused = 0;
  unknown = 0;

  private readonly pools: Pool[];
  private readonly avoided = new Set<number>();
  private readonly underway: { readonly life: Life; next: number; orderAt: number }[] = [];
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly undelivered = new Set<string>();
  private readonly creations: Creation[] = [];
  private requests = 0;
  private turn = 0;
  private isMaking = false;
  private ratePerSecond: number;
  private making: Promise<void> = Promise.resolve();

  constructor(private readonly options: ClientOptions) {
    this.ratePerSecond = options.ratePerSecond;
    this.pools = options.urls.map((url) => new Pool(url, { connections: CONNECTIONS }));
  }

  /** Events that the services have not acknowledged yet, and orders that are not created yet. */
  get undeliveredCount(): number {
    return this.undelivered.size;
  }

  private get secrets() {
    return { ...PROOF_SECRETS, stripe: this.stripeSecret };
  }

  /** Sends nothing new to this one of the `urls`, as a load balancer does with who is not ready. */
  avoid(url: string): void {
    this.avoided.add(this.options.urls.indexOf(url));
  }

  /** Sends to all of them again. */
  avoidNobody(): void {
    this.avoided.clear();
  }

  /** Forgets what became of requests so far; what has to be delivered stays. */
  countAnew(): void {
    this.fates.clear();
    this.acknowledged = 0;
    this.refused = 0;
    this.unknown = 0;
  }

  setRate(ratePerSecond: number): void {
    this.ratePerSecond = ratePerSecond;
  }

  start(): void {
    if (this.isMaking) return;
    this.isMaking = true;
    this.making = this.make();
  }

  /** Makes nothing new; what is not acknowledged is delivered again until it is. */
  async stop(): Promise<void> {
    this.isMaking = false;
    await this.making;
  }

  /** Sends the rest of every life that has begun, so that all of them are told to their end. */
  finishLives(): void {
    for (const one of this.underway.splice(0)) {
      if (one.orderAt >= one.next) this.create(one.life);
      for (const event of one.life.events.slice(one.next)) this.deliverLater(one.life.tag, event);
    }
  }

  /** Waits until everything is acknowledged. @returns whether it is */
  async delivered(timeoutMs: number): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while ((this.undelivered.size > 0 || this.requests > 0) && Date.now() < deadline) {
      await delay(PACE_MS);
    }
    return this.undelivered.size === 0;
  }

  /** Delivers one event now and until it is acknowledged, as part of what the model knows. */
  deliver(tag: string, event: ProofEvent): void {
    void this.send(this.deliveryOf(tag, event), performance.now());
  }

  /** Tells a whole life: its order, if it has one, and its events in any order that is given. */
  tell(life: Life, events: readonly ProofEvent[] = life.events): void {
    this.lives.push(life);
    this.create(life);
    for (const event of events) this.deliver(life.tag, event);
  }

  /** One request with nothing around it: no redelivery and no entry in the ledger. */
  async request(
    target: number,
    method: 'GET' | 'POST',
    path: string,
    headers: Readonly<Record<string, string>>,
    body: Buffer | string | null = null,
  ): Promise<Fate> {
    this.requests += 1;
    try {
      const pools = this.pools.filter((_pool, index) => !this.avoided.has(index));
      const pool = pools[target % pools.length]!;
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const answer = await pool.request({ method, path, headers, body, signal });
      return { is: 'answered', status: answer.statusCode, text: await answer.body.text() };
    } catch (error) {
      // The time-out of a signal is a DOMException, whose code is a number.
      const { code: found, name } = error as NodeJS.ErrnoException;
      const code = typeof found === 'string' ? found : name;
      return { is: code === 'ECONNREFUSED' ? 'unsent' : 'unknown', code };
    } finally {
      this.requests -= 1;
    }
  }

  /** The latency that this share of the acknowledgements within a span of time stayed below. */
  latencyMs(share: number, fromMs = 0, toMs = Infinity): number {
    const latencies = this.acknowledgements
      .filter(({ intendedAtMs }) => intendedAtMs >= fromMs && intendedAtMs <= toMs)
      .map(({ intendedAtMs, answeredAtMs }) => answeredAtMs - intendedAtMs)
      .sort((one, other) => one - other);
    return latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? NaN;
  }

  /** Acknowledgements of what was both sent and answered within this span of time. */
  acknowledgedBetween(fromMs: number, toMs: number): number {
    return this.acknowledgements.filter(
      ({ intendedAtMs, answeredAtMs }) => intendedAtMs >= fromMs && answeredAtMs <= toMs,
    ).length;
  }

  async close(): Promise<void> {
    await this.stop();
    for (const timer of this.timers) clearTimeout(timer);
    await Promise.all(this.pools.map((pool) => pool.destroy()));
  }

  private async make(): Promise<void> {
    let owed = 0;
    let lastMs = performance.now();
    while (this.isMaking) {
      const nowMs = performance.now();
      // After a pause of our own process there is no burst to make up for more than a second.
      owed += (Math.min(nowMs - lastMs, 1000) * this.ratePerSecond) / 1000;
      lastMs = nowMs;
      for (; owed >= 1; owed -= 1) {
        if (this.undelivered.size < UNDELIVERED_MAX) this.makeOne();
      }
      await delay(PACE_MS);
    }
  }

  /** The next event of some life. */
  private makeOne(): void {
    const { random } = this.options;
    while (this.underway.length < LIVES) this.begin();
    const index = random.below(this.underway.length);
    const one = this.underway[index]!;
    if (one.orderAt === one.next) this.create(one.life);
    const event = one.life.events[one.next]!;
    one.next += 1;
    if (random.happens(FORGED_SHARE)) this.forge(event);
    if (random.happens(HELD_BACK_SHARE)) this.deliverLater(one.life.tag, event);
    else this.deliver(one.life.tag, event);
    if (one.next < one.life.events.length) return;
    if (one.orderAt === one.next) this.create(one.life);
    this.underway.splice(index, 1);
  }

  private begin(): void {
    const { lives, random } = this.options;
    const { value: life, done } = lives.next() as IteratorResult<Life, undefined>;
    if (done) throw new Error('there are no more lives');
    this.lives.push(life);
    this.underway.push({ life, next: 0, orderAt: random.below(life.events.length + 1) });
  }

  private deliverLater(tag: string, event: ProofEvent): void {
    const delivery = this.deliveryOf(tag, event);
    this.later(this.options.random.below(HELD_BACK_MS_MAX), () => {
      void this.send(delivery, performance.now());
    });
  }

  private deliveryOf(tag: string, event: ProofEvent): Delivery {
    const key = `${event.provider} ${event.eventId}`;
    const known = this.deliveries.get(key);
    if (known) return known;
    const delivery = { event, tag, deliveries: 0, acknowledged: 0, failures: 0 };
    this.deliveries.set(key, delivery);
    this.undelivered.add(key);
    return delivery;
  }

  private async send(delivery: Delivery, intendedAtMs: number): Promise<void> {
    const { event } = delivery;
    delivery.deliveries += 1;
    this.turn += 1;
    const fate = await this.request(
      this.turn,
      'POST',
      `/webhooks/${event.provider}`,
      sign(event.provider, event.body, this.secrets[event.provider]),
      event.body,
    );
    this.count(fate);
    delivery.failures += 1;
    if (fate.is === 'answered' && fate.status === 200) {
      delivery.failures = 0;
      this.acknowledged += 1;
      if (fate.text.includes('duplicate')) this.duplicates += 1;
      delivery.acknowledged += 1;
      this.undelivered.delete(`${event.provider} ${event.eventId}`);
      this.acknowledgements.push({ intendedAtMs, answeredAtMs: performance.now() });
      if (!this.isMaking || !this.options.random.happens(DUPLICATE_SHARE)) return;
    } else if (fate.is === 'unknown') {
      this.unknown += 1;
    } else {
      this.refused += 1;
      if (fate.is === 'answered' && fate.status !== 503) {
        this.surprises.push(`a delivery was answered ${fate.status} ${fate.text.slice(0, 200)}`);
      }
    }
    this.later(this.pauseMs(delivery.failures), () => void this.send(delivery, performance.now()));
  }

  private create({ order }: Life): void {
    if (order === null) return;
    this.orders.push(order);
    const creation = { order, key: `create-${order.reference}`, answer: null, failures: 0 };
    this.creations.push(creation);
    this.undelivered.add(creation.key);
    void this.sendCreation(creation);
    // Two at once, as a client does that is not patient.
    if (this.options.random.happens(0.1)) void this.sendCreation(creation);
  }

  private async sendCreation(creation: Creation): Promise<void> {
    const { reference, currency, amountMinor } = creation.order;
    this.turn += 1;
    const headers = {
      authorization: `Bearer ${this.options.token}`,
      'content-type': 'application/json',
      'idempotency-key': creation.key,
    };
    const body = JSON.stringify({ reference, currency, amountDueMinor: amountMinor });
    const fate = await this.request(this.turn, 'POST', '/v1/orders', headers, body);
    this.count(fate);
    creation.failures += 1;
    if (fate.is === 'answered' && (fate.status === 201 || fate.status === 200)) {
      creation.failures = 0;
      const answer = `${fate.status} ${fate.text}`;
      creation.answer ??= answer;
      if (creation.answer !== answer) {
        this.surprises.push(`key ${creation.key}: first ${creation.answer}, then ${answer}`);
      }
      const isFirst = this.undelivered.delete(creation.key);
      if (!isFirst || !this.options.random.happens(DUPLICATE_SHARE)) return;
    } else if (fate.is === 'unknown') {
      this.unknown += 1;
    } else {
      this.refused += 1;
      const mayCome = fate.is === 'unsent' || fate.status === 503 || fate.status === 409;
      if (!mayCome) {
        this.surprises.push(`creating an order was answered ${fate.status} ${fate.text}`);
      }
    }
    this.later(this.pauseMs(creation.failures), () => void this.sendCreation(creation));
  }

  /** The same event under an id of its own, signed by somebody who has not got the secret. */
  private forge(event: ProofEvent): void {
    if (event.provider !== 'stripe') return;
    const eventId = `evt_forged${this.forged.length}x${this.options.random.below(1e9)}`;
    const body = Buffer.from(event.body.toString('utf8').replaceAll(event.eventId, eventId));
    this.forged.push(eventId);
    const headers = sign('stripe', body, 'whsec_of_somebody_else');
    void this.request(this.turn, 'POST', '/webhooks/stripe', headers, body).then((fate) => {
      if (fate.is === 'answered' && ![401, 503].includes(fate.status)) {
        this.surprises.push(`a forged event was answered ${fate.status}`);
      }
    });
  }

  private pauseMs(failures: number): number {
    const pauseMs = AGAIN_MS.min + this.options.random.below(AGAIN_MS.max - AGAIN_MS.min);
    return pauseMs * 2 ** Math.min(Math.max(failures - 1, 0), DOUBLINGS_MAX);
  }

  private later(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      action();
    }, ms);
    this.timers.add(timer);
  }

  private count(fate: Fate): void {
    const name = fate.is === 'answered' ? String(fate.status) : fate.code;
    this.fates.set(name, (this.fates.get(name) ?? 0) + 1);
  }
}
