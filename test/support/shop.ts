import { randomUUID } from 'node:crypto';
import type { presentOrder, presentPayment, presentRefund } from '../../src/payments/present.js';
import { eventually } from './eventually.js';
import { registerSecret, STAND_IN_KEYS, TEST_TOKENS } from './secrets.js';
import { freshQueuePrefix, serviceEnvironment } from './service-environment.js';
import { spawnService, type SpawnedService } from './spawn-service.js';
import { StandIn } from './stand-in/stand-in.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

/** What a command answered. */
export interface CommandAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The bytes, for comparing them. */
  readonly text: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test reads whatever is there
  readonly json: any;
}

export interface CommandOptions {
  /** Null sends none; a new one by default. */
  readonly key?: string | null;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** To whom it is sent; the service of the shop by default. */
  readonly service?: SpawnedService;
}

/** A payment as it is shown, but for its times; answers to commands say how it is paid. */
export type ShownPayment = Omit<ReturnType<typeof presentPayment>, 'createdAt' | 'updatedAt'> & {
  readonly clientSecret?: string | null;
  readonly authorizationUrl?: string | null;
  readonly refunds?: readonly ShownRefund[];
};
export type ShownRefund = Omit<ReturnType<typeof presentRefund>, 'createdAt'>;
export type ShownOrder = Pick<
  ReturnType<typeof presentOrder>,
  'status' | 'amountPaidMinor' | 'amountRefundedMinor' | 'reviews'
> & { readonly payments: readonly ShownPayment[] };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Somebody who sells through Tollgate: a service with its database, and the providers' stand-in
 * that it asks. Nothing of it is shared with other tests.
 */
export class Shop {
  private readonly others: SpawnedService[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly standIn: StandIn,
    private readonly queuePrefix: string,
    private readonly environment: Environment,
    private running: SpawnedService | null,
  ) {}

  /** @param environment on top of that of tests */
  static async open(environment: Environment = {}): Promise<Shop> {
    const database = await createTestDatabase();
    const standIn = await StandIn.start();
    const shop = new Shop(database, standIn, freshQueuePrefix(), environment, null);
    await shop.start();
    return shop;
  }

  /** False after {@link kill}, and when the last start failed. */
  get isRunning(): boolean {
    return this.running !== null;
  }

  get service(): SpawnedService {
    if (!this.running) throw new Error('the service does not run');
    return this.running;
  }

  /** Starts the service, again if need be. @param environment for this time only */
  async start(environment: Environment = {}): Promise<void> {
    this.running = await this.spawn(environment);
  }

  /** Starts one more process of the service beside the one that runs. */
  async startAnother(environment: Environment = {}): Promise<SpawnedService> {
    const service = await this.spawn(environment);
    this.others.push(service);
    return service;
  }

  private spawn(environment: Environment): Promise<SpawnedService> {
    const backing = { databaseUrl: this.database.url, queuePrefix: this.queuePrefix };
    const env = serviceEnvironment(backing, {
      STRIPE_API_KEY: STAND_IN_KEYS.service,
      IDEMPOTENCY_LEASE_SECONDS: '1',
      IDEMPOTENCY_WAIT_MS: '5000',
      COMPLETE_INTERVAL_SECONDS: '1',
      PROVIDER_TIMEOUT_MS: '1000',
      PROVIDER_REQUESTS_PER_SECOND: '1000',
      ...this.standIn.environment,
      ...this.environment,
      ...environment,
    });
    return spawnService({ env });
  }

  /** Ends the service as a power cut does, unless it has ended by itself. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.running?.kill(signal);
    this.running = null;
  }

  /** The providers tell the service of everything that happens, at this moment. */
  tellWebhooks(mode: 'before-answer' | 'after-answer'): void {
    this.standIn.webhooks.deliverTo(this.service.url, { mode });
  }

  async post(path: string, body?: unknown, options: CommandOptions = {}): Promise<CommandAnswer> {
    const { key = randomUUID(), token = TEST_TOKENS.service, headers = {} } = options;
    const { service = this.service } = options;
    registerSecret('the token of a command', token);
    const response = await fetch(`${service.url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === null ? {} : { 'idempotency-key': key }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return toAnswer(response);
  }

  async delete(path: string, token: string): Promise<CommandAnswer> {
    const headers = { authorization: `Bearer ${token}` };
    return toAnswer(await fetch(`${this.service.url}${path}`, { method: 'DELETE', headers }));
  }

  async get(path: string, token: string = TEST_TOKENS.viewer): Promise<CommandAnswer> {
    const headers = { authorization: `Bearer ${token}` };
    return toAnswer(await fetch(`${this.service.url}${path}`, { headers }));
  }

  async showOrder(reference: string): Promise<ShownOrder> {
    return (await this.get(`/v1/orders/${reference}`)).json as ShownOrder;
  }

  async showPayment(id: string): Promise<ShownPayment> {
    return (await this.get(`/v1/payments/${id}`)).json as ShownPayment;
  }

  /** Creates an order that no other test knows; returns its reference. */
  async order(amountDueMinor = 5000, currency = 'USD'): Promise<string> {
    const reference = `shop-${randomUUID()}`;
    const answer = await this.post('/v1/orders', { reference, currency, amountDueMinor });
    if (answer.status !== 201) throw new Error(`the order was not created: ${answer.text}`);
    return reference;
  }

  /** Starts a payment of an order; throws unless that works. */
  async payment(reference: string, provider: 'stripe' | 'paystack' = 'stripe') {
    const answer = await this.post(`/v1/orders/${reference}/payments`, paymentOf(provider));
    if (answer.status !== 201) throw new Error(`the payment was not started: ${answer.text}`);
    return answer.json as { id: string; providerPaymentId: string; status: string };
  }

  /** Waits until an order has this status. */
  async orderIs(reference: string, status: string): Promise<CommandAnswer['json']> {
    return eventually(async () => {
      const order: unknown = (await this.get(`/v1/orders/${reference}`)).json;
      expect(order).toMatchObject({ status });
      return order;
    });
  }

  async close(): Promise<void> {
    await this.kill('SIGTERM');
    for (const service of this.others) await service.kill();
    await this.standIn.close();
    await this.database.drop();
  }
}

/** What is sent to start a payment. */
export function paymentOf(provider: 'stripe' | 'paystack') {
  return { provider, customer: { email: 'buyer@example.com' } };
}

async function toAnswer(response: Response): Promise<CommandAnswer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? (JSON.parse(text) as unknown) : null,
  };
}
