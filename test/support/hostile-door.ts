import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { PROVIDERS, type ProviderName } from '../../src/providers/providers.js';
import { eventually } from './eventually.js';
import { ACME_SECRETS } from './hostile-cases.js';
import { logLines, type LogEntry } from './hostile-log.js';
import { countInbox, findRows, finished, metric, type InboxRow } from './observe.js';
import { serviceEnvironment, TEST_TOKENS } from './service-environment.js';
import { spawnService, type SpawnedService } from './spawn-service.js';
import { rawEvent, Story, type Payload, type StoryEvent } from './story.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import {
  signedHeaders,
  TEST_SECRETS,
  WebhookClient,
  type Answer,
  type DeliveryOptions,
} from './webhook-client.js';

/** The sample of each provider that says that an order is paid, and the number of its payment. */
export const PAID_SAMPLE = {
  stripe: 'payment_intent.succeeded',
  paystack: 'charge.success',
} as const;
export const PAYMENT = { stripe: 1001, paystack: 3001 } as const;
/** Where each provider signs. */
export const SIGNATURE_HEADER = {
  stripe: 'stripe-signature',
  paystack: 'x-paystack-signature',
} as const;
export const PROVIDER_NAMES: readonly ProviderName[] = PROVIDERS.map(({ name }) => name);

/** What a refusal is counted as. */
export interface Refusal {
  readonly status: number | readonly number[];
  /** Label of the metric; null where none is counted: no route has seen the request. */
  readonly reason: string | null;
  /** Label of the metric; the provider of the event by default. */
  readonly provider?: string;
}

/** A payment as the database has it. */
export interface PaymentRow extends Record<string, unknown> {
  readonly status: string;
  readonly currency: string | null;
  readonly amount_captured_minor: string;
}

/** An event that says that an order is paid, of an order that no other test knows. */
export function paid(name: ProviderName, change?: (payload: Payload) => void): StoryEvent {
  return new Story().event(name, PAID_SAMPLE[name], change);
}

/** Changes the text of a body: for what JSON.stringify would not write. */
export function edited(event: StoryEvent, from: RegExp, to: string): StoryEvent {
  const text = event.body.toString();
  const body = Buffer.from(text.replace(from, to));
  expect(body.toString()).not.toBe(text);
  return event.provider === 'paystack' ? rawEvent('paystack', body) : { ...event, body };
}

/** The signature that a delivery of an event has. */
export function signature(event: StoryEvent, options?: DeliveryOptions): string {
  return String(signedHeaders(event, options)[SIGNATURE_HEADER[event.provider]]);
}

/** A Stripe header for a time that is no time, with the digest that would fit it. */
export function signatureAt(event: StoryEvent, time: string): string {
  const hmac = createHmac('sha256', TEST_SECRETS.stripe).update(`${time}.`).update(event.body);
  return `t=${time},v1=${hmac.digest('hex')}`;
}

/**
 * A service that gets what nobody should send, with a database and a client. Registers the hooks
 * of a spec: whatever a test sent, afterwards the process lives, the next good request of every
 * provider is recorded, and every line of the log is one of ours and tells of no defect.
 */
export class HostileDoor {
  private opened: Opened | null = null;
  /** The one body of every 401, whatever was wrong. */
  refusal = '';

  constructor(environment: Readonly<Record<string, string>> = {}) {
    beforeAll(async () => {
      this.opened = await open(environment);
      const headers = { 'stripe-signature': null };
      this.refusal = (await this.client.deliver(paid('stripe'), { headers })).text;
    });
    afterAll(async () => {
      this.client.close();
      await this.service.kill('SIGTERM');
      expect(await this.service.exited).toBe(0);
      await this.database.drop();
      this.expectCleanLog();
    });
    afterEach(async () => {
      for (const name of PROVIDER_NAMES) await this.expectServed(name);
      this.expectCleanLog();
    });
  }

  get service(): SpawnedService {
    return this.parts.service;
  }

  get client(): WebhookClient {
    return this.parts.client;
  }

  get database(): TestDatabase {
    return this.parts.database;
  }

  private get parts(): Opened {
    if (this.opened === null) throw new Error('the door is not open yet');
    return this.opened;
  }

  /** A good request succeeds. */
  async expectServed(name: ProviderName): Promise<void> {
    const event = paid(name);
    expect(await this.client.expectAccepted(event)).toBe('recorded');
    // Its line comes after those of everything before it, so the log can now be read.
    await eventually(() => expect(this.service.logs()).toContain(event.eventId));
  }

  private expectCleanLog(): void {
    const { entries, broken } = logLines(this.service.logs());
    expect(broken).toEqual([]);
    expect(entries.filter(({ msg, level }) => msg === 'defect' || level >= FATAL)).toEqual([]);
  }

  /** What the log says since a moment ago; take `logs().length` before. */
  entriesSince(length: number): LogEntry[] {
    return logLines(this.service.logs().slice(length)).entries;
  }

  /** Value of a metric with one provider and one reason. */
  countRefused(provider: string, reason: string): Promise<number> {
    const labels = `provider="${provider}",reason="${reason}"`;
    return metric(this.client, `tollgate_deliveries_refused_total{${labels}}`);
  }

  /**
   * Delivers, and proves that it was refused with the one body of its status, counted and noted
   * once under its reason, and that nothing of it was stored or logged.
   */
  async expectRefused(
    { status, reason, provider }: Refusal,
    event: StoryEvent,
    options: DeliveryOptions = {},
  ): Promise<Answer> {
    const label = provider ?? event.provider;
    const rows = await countInbox(this.database);
    const counted = reason === null ? 0 : await this.countRefused(label, reason);
    const noted = this.service.logs().length;
    const answer = await this.client.deliver(event, options);
    expect([status].flat()).toContain(answer.status);
    if (answer.status === 401) expect(answer.text).toBe(this.refusal);
    await this.expectServed('stripe');
    expect(await countInbox(this.database)).toBe(rows + 1);
    expect(await findRows(this.database, [event])).toEqual([]);
    if (reason !== null) expect(await this.countRefused(label, reason)).toBe(counted + 1);
    const lines = this.entriesSince(noted).filter((line) => line['status'] === 'refused');
    // A provider that there is not is counted only: anybody could fill the log with its names.
    const isNoted = reason !== null && label !== 'unknown';
    expect(lines).toMatchObject(isNoted ? [{ provider: label, reason }] : []);
    for (const tag of tagsOf(event)) expect(this.service.logs()).not.toContain(tag);
    return answer;
  }

  /** Delivers, and waits for the outcome of the one row, which has the bytes as they came. */
  async expectStored(event: StoryEvent, options: DeliveryOptions = {}): Promise<InboxRow> {
    expect(await this.client.expectAccepted(event, options)).toBe('recorded');
    const row = await finished(this.database, event);
    expect(row.body.equals(event.body)).toBe(true);
    expect(row).toMatchObject({ deliveries: 1, conflicts: 0 });
    return row;
  }

  /**
   * Quarantine: answered 200, kept, dead with a reason at the first attempt, counted as such; and
   * no payment has changed.
   */
  async expectDead(code: string, event: StoryEvent, options?: DeliveryOptions): Promise<InboxRow> {
    const labels = `provider="${event.provider}",outcome="dead",reason="${code}"`;
    const sample = `tollgate_events_outcome_total{${labels}}`;
    const counted = await metric(this.client, sample);
    const payments = await this.paymentVersions();
    const row = await this.expectStored(event, options);
    expect(row).toMatchObject({ status: 'dead', outcome_reason: code, payment_id: null });
    expect(row.attempt_errors).toMatchObject([{ attempt: 1, code }]);
    await eventually(async () => expect(await metric(this.client, sample)).toBe(counted + 1));
    expect(await this.paymentVersions()).toEqual(payments);
    return row;
  }

  /** How many payments there are, and how often all of them together have changed. */
  private paymentVersions(): Promise<Record<string, unknown>[]> {
    return eventually(async () => {
      const [row] = await this.database.query<{ waiting: number }>(
        `select count(*)::int as waiting from inbox where status = 'received'`,
      );
      expect(row).toEqual({ waiting: 0 }); // the good ones before it
      return this.database.query('select count(*)::int, sum(version)::int from payments');
    });
  }

  async paymentOf(row: InboxRow): Promise<PaymentRow> {
    const [payment] = await this.database.query<PaymentRow>(
      'select * from payments where id = $1',
      [row.payment_id],
    );
    return payment!;
  }

  /** Reviews of the payment of a row and of its order. */
  reviewsOf(row: InboxRow): Promise<{ reason: string; status: string }[]> {
    return this.database.query(
      `select distinct reason, status from reviews
        where payment_id = $1 or order_id = (select order_id from payments where id = $1)
        order by reason`,
      [row.payment_id],
    );
  }

  /** What a person sees of an event. */
  show(row: InboxRow): Promise<Answer> {
    const authorization = `Bearer ${TEST_TOKENS.viewer}`;
    return this.client.get(`/v1/events/${row.id}`, { authorization });
  }
}

interface Opened {
  readonly database: TestDatabase;
  readonly service: SpawnedService;
  readonly client: WebhookClient;
}

const FATAL = 60;

async function open(environment: Readonly<Record<string, string>>): Promise<Opened> {
  const database = await createTestDatabase();
  const secrets = {
    STRIPE_WEBHOOK_SECRETS_ACME: ACME_SECRETS.stripe,
    PAYSTACK_SECRET_KEYS_ACME: ACME_SECRETS.paystack,
  };
  const service = await spawnService({
    env: serviceEnvironment(
      { databaseUrl: database.url },
      { ...secrets, LOG_LEVEL: 'debug', ...environment },
    ),
  });
  return { database, service, client: new WebhookClient(service.url) };
}

/** What in a body would give it away in a log. */
function tagsOf({ body }: StoryEvent): string[] {
  return body.toString('latin1').match(/[0-9a-f]{12}(?=Order|-\d{4})/g) ?? [];
}
