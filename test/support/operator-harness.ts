import type { Caller } from '../../src/access/authenticate.js';
import { readConfig } from '../../src/config/config.js';
import { inTransaction } from '../../src/database/transaction.js';
import { createOrder } from '../../src/payments/create-order.js';
import type { JsonObject, PaymentProvider } from '../../src/providers/provider.js';
import { SECRET_PREFIXES } from '../../src/providers/providers.js';
import { createServices, type Services } from '../../src/services.js';
import { keptLogger } from './keep-output.js';
import { createRingHarness, type RingHarness } from './ring-harness.js';
import { serviceEnvironment } from './service-environment.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { testProviders } from './translate-events.js';

export const ANN: Caller = { name: 'ann', role: 'operator' };
export const BEN: Caller = { name: 'ben', role: 'operator' };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What operators call, in the process of the test: services whose loops do not run, and a worker
 * that works when it is told to.
 */
export class OperatorHarness {
  private constructor(
    readonly database: TestDatabase,
    readonly ring: RingHarness,
    readonly services: Services,
  ) {}

  /** @param providers those of the worker and of dry runs; the real ones by default */
  static async open(
    environment: Environment = {},
    providers: ReadonlyMap<string, PaymentProvider> = testProviders(),
  ): Promise<OperatorHarness> {
    const database = await createTestDatabase();
    const ring = createRingHarness(database, { providers });
    const config = readConfig(
      serviceEnvironment({ databaseUrl: database.url }, environment),
      SECRET_PREFIXES,
    );
    const made = await createServices(config, database.url, keptLogger());
    return new OperatorHarness(database, ring, { ...made, providers });
  }

  /** Delivers events and works on them, one after the other; returns their inbox ids. */
  async tell(...bodies: readonly (JsonObject | string)[]): Promise<string[]> {
    const ids: string[] = [];
    for (const body of bodies) {
      const id = await this.deliver(body);
      await this.ring.ring([id]);
      ids.push(id);
    }
    return ids;
  }

  /** Delivers an event that nobody works on yet. */
  async deliver(body: JsonObject | string, provider = 'stripe'): Promise<string> {
    const from = this.ring.recorded.length;
    await this.ring.deliver(provider, body);
    const [id] = this.ring.recorded.slice(from);
    if (id === undefined) throw new Error('the event was known already');
    return id;
  }

  /** Makes dead letters of events that wait, as after all attempts. */
  async kill(ids: readonly string[], code = 'translate_failed'): Promise<void> {
    await this.database.query(
      `update inbox set status = 'dead', attempts = 3, outcome_reason = $2, finished_at = now(),
         attempt_errors = jsonb_build_array(jsonb_build_object(
           'attempt', 3, 'code', $2::text, 'message', 'it did not work out', 'at', now()))
       where id = any ($1::uuid[])`,
      [ids, code],
    );
  }

  /** Delivers events that end as dead letters at once. */
  async dead(...bodies: readonly JsonObject[]): Promise<string[]> {
    const ids: string[] = [];
    for (const body of bodies) ids.push(await this.deliver(body));
    await this.kill(ids);
    return ids;
  }

  async order(reference: string, amountDueMinor = 5000n, currency = 'EUR'): Promise<void> {
    const order = { reference, currency, amountDueMinor, metadata: {} };
    await inTransaction(this.ring.context.pool, (tx) => createOrder(tx, order));
  }

  /** The audit, oldest first, as `actor action result`. */
  async audit(): Promise<string[]> {
    const rows = await this.database.query<{ line: string }>(
      `select concat_ws(' ', actor, action, result) as line from audit_entries order by id`,
    );
    return rows.map(({ line }) => line);
  }

  async close(): Promise<void> {
    await this.ring.close();
    await this.services.close();
    await this.database.drop();
  }
}

const START_SECONDS = 1_772_359_200;
let events = 0;

/** Money is taken of a payment of an order. */
export function paid(
  reference: string,
  payment: string,
  amountMinor = 5000,
  fields: JsonObject = {},
): JsonObject {
  return stripeEvent('payment_intent.succeeded', {
    id: `pi_${payment}`,
    object: 'payment_intent',
    amount: amountMinor,
    amount_received: amountMinor,
    amount_capturable: 0,
    currency: 'eur',
    status: 'succeeded',
    metadata: { order_id: reference },
    ...fields,
  });
}

/** Some of it is given back. */
export function refunded(payment: string, amountMinor = 5000, fields: JsonObject = {}): JsonObject {
  return stripeEvent('refund.updated', {
    id: `re_${payment}`,
    object: 'refund',
    amount: amountMinor,
    currency: 'eur',
    payment_intent: `pi_${payment}`,
    status: 'succeeded',
    ...fields,
  });
}

/** Each one later than those before it. */
function stripeEvent(type: string, object: JsonObject): JsonObject {
  events += 1;
  return {
    id: `evt_operators_${events}`,
    object: 'event',
    type,
    created: START_SECONDS + events,
    livemode: true,
    data: { object },
  };
}
