import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ProviderName } from '../../../src/providers/providers.js';
import type { ApiRequest } from './exchange.js';
import { Faults } from './faults.js';
import { IdempotencyKeys } from './idempotency-keys.js';
import { PaystackRecords } from './paystack.records.js';
import { createPaystackStandIn } from './paystack.stand-in.js';
import { PaystackWorld } from './paystack.world.js';
import { type Line, type RequestHook, serveRequest } from './serve-request.js';
import { type StandInEvent, StandInWebhooks } from './stand-in.webhooks.js';
import { addUp, type MoneyMoved } from './stand-in.world.js';
import { StripeRecords } from './stripe.records.js';
import { createStripeStandIn } from './stripe.stand-in.js';
import { StripeWorld } from './stripe.world.js';

export interface StandInOptions {
  /** API keys that are accepted; of a provider that is absent here, any. */
  readonly keys?: Partial<Record<ProviderName, readonly string[]>>;
  /** `order_id` by default, as Tollgate's own. */
  readonly orderReferenceKey?: string;
  /** What the providers say that it is; `test` by default. */
  readonly mode?: 'test' | 'live';
  /** The providers' clock, milliseconds since 1970; the real one by default. */
  readonly now?: () => number;
}

/**
 * The APIs of Stripe and Paystack on a port of this machine, for a service whose `STRIPE_API_BASE`
 * and `PAYSTACK_API_BASE` name it. They remember, they keep idempotency as the providers do, they
 * tell by webhooks of what happened, and they fail in every way that a test asks for.
 *
 * A defect of the stand-in itself fails the test: `close` throws it.
 */
export class StandIn {
  readonly faults = new Faults();
  readonly webhooks = new StandInWebhooks();
  /** Keys of Stripe; Paystack has none. */
  readonly idempotencyKeys = new IdempotencyKeys();
  readonly stripe: StripeWorld;
  readonly paystack: PaystackWorld;

  private readonly line: Line;
  private readonly closing = new AbortController();
  private readonly defects: unknown[] = [];
  private readonly server = createServer((incoming, outgoing) => {
    serveRequest(this.line, incoming, outgoing).catch((error: unknown) => {
      if (!this.closing.signal.aborted) this.defects.push(error);
      incoming.socket.destroy();
    });
  });
  private keys: NonNullable<StandInOptions['keys']>;
  /** 0 until it is known. */
  private port = 0;

  private constructor({
    keys = {},
    orderReferenceKey = 'order_id',
    mode = 'test',
    now = Date.now,
  }: StandInOptions) {
    const tell = (event: StandInEvent, cause: ApiRequest | null): void => {
      this.webhooks.tell(event, cause);
    };
    this.keys = keys;
    const stripe = new StripeRecords({ now, mode, orderReferenceKey, tell });
    const paystack = new PaystackRecords({ now, mode, orderReferenceKey, tell });
    this.stripe = new StripeWorld(stripe);
    this.paystack = new PaystackWorld(paystack);
    this.line = {
      apis: {
        stripe: createStripeStandIn(stripe, (key) => this.accepts('stripe', key)),
        paystack: createPaystackStandIn(paystack, (key) => this.accepts('paystack', key)),
      },
      faults: this.faults,
      webhooks: this.webhooks,
      stripeKeys: this.idempotencyKeys,
      requests: [],
      requestHooks: [],
      actedHooks: [],
      now,
      closing: this.closing.signal,
      requestCount: 0,
      actionCount: 0,
    };
    // Never closes an idle connection by itself: a client that uses it again just then would get a
    // reset that no test asked for.
    this.server.keepAliveTimeout = 0;
  }

  /** Starts at a free port. */
  static async start(options: StandInOptions = {}): Promise<StandIn> {
    const standIn = new StandIn(options);
    await standIn.comeBack();
    return standIn;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What points a service here. */
  get environment() {
    return { STRIPE_API_BASE: this.url, PAYSTACK_API_BASE: this.url };
  }

  /** Every request, in the order of arrival. */
  get requests(): readonly ApiRequest[] {
    return this.line.requests;
  }

  /** What the providers have to tell, in the order in which it happened. */
  get events(): readonly StandInEvent[] {
    return this.webhooks.events;
  }

  /** What was taken and given back for an order, by whatever payment at whatever provider. */
  moneyOfOrder(orderReference: string): MoneyMoved {
    return addUp(
      [this.stripe, this.paystack].flatMap((world) =>
        world.paymentIdsOf(orderReference).map((paymentId) => world.moneyOf(paymentId)),
      ),
    );
  }

  /** From now on accepts these API keys of a provider and no others, as after a rotation. */
  acceptKeys(provider: ProviderName, keys: readonly string[]): void {
    this.keys = { ...this.keys, [provider]: keys };
  }

  /** Calls back for every request that arrives, before anything is done about it. */
  onRequest(hook: RequestHook): void {
    this.line.requestHooks.push(hook);
  }

  /** Calls back for every request that took effect, before anybody else hears of it. */
  onActed(hook: RequestHook): void {
    this.line.actedHooks.push(hook);
  }

  /** Refuses connections, as a provider that is out of reach; those that are open are closed. */
  async goAway(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  /** Listens again, at the same port. */
  async comeBack(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject).listen(this.port, '127.0.0.1', () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    this.port = (this.server.address() as AddressInfo).port;
  }

  /**
   * As new for the next test: no faults, hooks, log or service to tell. What the providers know
   * stays, since no other test knows its ids.
   */
  reset(): void {
    this.faults.clear();
    this.webhooks.hold();
    this.webhooks.events.length = 0;
    this.webhooks.deliveries.length = 0;
    this.line.requests.length = 0;
    this.line.requestHooks.length = 0;
    this.line.actedHooks.length = 0;
    this.stripe.startRefundsAs('succeeded');
  }

  /**
   * Ends everything, hanging requests included.
   * @throws AggregateError when the stand-in itself failed
   */
  async close(): Promise<void> {
    this.closing.abort();
    this.webhooks.hold();
    if (this.server.listening) await this.goAway();
    if (this.defects.length > 0) throw new AggregateError(this.defects, 'the stand-in failed');
  }

  private accepts(provider: ProviderName, key: string): boolean {
    return this.keys[provider]?.includes(key) ?? key !== '';
  }
}
