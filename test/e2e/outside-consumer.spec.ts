import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { startCrmReceiver, type CrmReceiver } from '../support/crm-receiver.js';
import { describeBackends } from '../support/describe-backends.js';
import { eventually } from '../support/eventually.js';
import { range } from '../support/long-story.js';
import { allFinished, logLines } from '../support/observe.js';
import { installPackage, readCode } from '../support/packed-package.js';
import { postgresQueue, redisQueue, type QueueControl } from '../support/queue-control.js';
import { runProgram, type RunningProgram } from '../support/run-program.js';
import {
  freshQueuePrefix,
  serviceEnvironment,
  TEST_TOKENS,
} from '../support/service-environment.js';
import { spawnService, type SpawnedService } from '../support/spawn-service.js';
import { Story, type StoryEvent } from '../support/story.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { WebhookClient } from '../support/webhook-client.js';

const DOCUMENT = 'docs/consumers.md';
const CONCURRENCY = 4; // of startConsumer
const CRM_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const PLAIN_SECRET = 'a plain secret that is used as it is';
const PATIENCE = { timeoutMs: 25_000 };
const START_MS_MAX = 60_000;

/** Locks that a test can take, and the example then waits for. */
const GATES = { effect: 1, commit: 2 } as const;

/**
 * The example knows nothing of this: each time that its effect runs and is committed is noted, and
 * it can be stopped in the middle of its effect or of its commit.
 */
const OBSERVATION = `
  create table runs (order_reference text not null, version integer not null);
  create function note_run() returns trigger language plpgsql as $$ begin
    perform pg_advisory_xact_lock_shared(${GATES.effect});
    insert into runs values (new.order_reference, new.version);
    return new;
  end $$;
  create trigger note_run before insert on shipments for each row execute function note_run();
  create function hold_commit() returns trigger language plpgsql as $$ begin
    perform pg_advisory_xact_lock_shared(${GATES.commit});
    return null;
  end $$;
  create constraint trigger hold_commit after insert on consumed_messages
    deferrable initially deferred for each row execute function hold_commit()`;

interface Shipment {
  readonly order_reference: string;
  readonly decision: string;
  readonly version: number;
}

/** A message of `GET /v1/consumers/shipping/messages`. */
interface ShownMessage {
  readonly id: string;
  readonly subject: string;
  readonly status: string;
  readonly attempts: number;
  readonly sends: number;
  readonly lastError: { readonly message: string } | null;
}

describeBackends((backend) => {
  let folder: string;
  let database: TestDatabase;
  let shippingDatabase: TestDatabase;
  /** Sees what the example sees. */
  let inShipping: pg.Pool;
  let queue: QueueControl;
  let service: SpawnedService;
  let receiver: CrmReceiver;
  let webhooks: WebhookClient;
  let shipping: RunningProgram;
  let programEnvironment: Record<string, string | undefined>;
  const role = `listener_${randomBytes(4).toString('hex')}`;

  beforeAll(async () => {
    folder = await installPackage();
    await writeFile(join(folder, 'shipping.mjs'), await readCode(DOCUMENT, '// shipping.mjs'));
    database = await createTestDatabase();
    shippingDatabase = await createTestDatabase();
    queue = await (backend.name === 'redis' ? redisQueue() : postgresQueue(database));
    receiver = await startCrmReceiver();

    // On PostgreSQL the queues are a schema of the database, under the name that the grants have.
    const queuePrefix = backend.name === 'redis' ? freshQueuePrefix() : undefined;
    const backing = { databaseUrl: database.url, redisUrl: queue.redisUrl };
    const [, outsideConsumers] =
      /^OUTSIDE_CONSUMERS='(.*)'$/m.exec(await readCode(DOCUMENT, 'OUTSIDE_CONSUMERS=')) ?? [];
    const env = serviceEnvironment(backing, {
      QUEUE_PREFIX: queuePrefix,
      CONSUMERS: 'crm',
      OUTSIDE_CONSUMERS: outsideConsumers,
      CRM_URL: receiver.url,
      CRM_SECRETS: `${CRM_SECRET},${PLAIN_SECRET}`,
      CRM_ALLOW_PRIVATE: 'true',
      CONSUMER_ATTEMPTS_MAX: '2',
      BACKOFF_FACTOR: '1',
      RELAY_INTERVAL_MS: '50',
      RELAY_RESEND_SECONDS: '1',
    });
    service = await spawnService({ env });
    webhooks = new WebhookClient(service.url);

    // A database that knows nothing of Tollgate.
    await shippingDatabase.query('create schema shipping');
    const url = new URL(shippingDatabase.url);
    url.searchParams.set('options', '-c search_path=shipping');
    programEnvironment = {
      SHIPPING_DATABASE_URL: url.href,
      TOLLGATE_REDIS_URL: queue.redisUrl,
      TOLLGATE_QUEUE_PREFIX: queuePrefix,
      TOLLGATE_DATABASE_URL: queue.redisUrl === undefined ? await restrictedUrl() : undefined,
    };
    await startShipping();
    inShipping = new pg.Pool({ connectionString: url.href, max: 2 });
    await inShipping.query(OBSERVATION);
    await inShipping.query(`insert into warehouses (currency) values ('USD')`);
  }, START_MS_MAX);

  afterAll(async () => {
    shipping.signal('SIGKILL');
    await shipping.exited;
    webhooks.close();
    await service.kill('SIGTERM');
    await queue.remove();
    await receiver.close();
    await inShipping.end();
    await database.drop();
    if (backend.name === 'postgres') await shippingDatabase.query(`drop role ${role}`);
    await shippingDatabase.drop();
  });

  /** The user of the documentation, which may do nothing but what is granted there. */
  async function restrictedUrl(): Promise<string> {
    const grants = await readCode(DOCUMENT, 'create role tollgate_listener');
    await database.query(grants.replaceAll('tollgate_listener', role).replace('…', role));
    const url = new URL(database.url);
    url.username = role;
    url.password = role;
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    try {
      await expect(client.query('select from payments')).rejects.toThrow('permission denied');
    } finally {
      await client.end();
    }
    return url.href;
  }

  async function startShipping(): Promise<void> {
    shipping = await runProgram('shipping.mjs', folder, programEnvironment, 'shipping listens');
  }

  async function kill(): Promise<void> {
    shipping.signal('SIGKILL');
    expect(await shipping.exited).toBe('SIGKILL');
  }

  /** Nobody gets through until it is opened. */
  async function closeGate(gate: keyof typeof GATES): Promise<{ open(): Promise<void> }> {
    const client = new pg.Client({ connectionString: shippingDatabase.url });
    await client.connect();
    await client.query('select pg_advisory_lock($1)', [GATES[gate]]);
    return { open: () => client.end() };
  }

  /** Waits until this many of the example's connections stand before a gate. */
  function stoppedAtGate(count: number): Promise<readonly number[]> {
    return eventually(async () => {
      const { rows } = await inShipping.query<{ pid: number }>(
        `select l.pid from pg_locks l join pg_database d on d.oid = l.database
         where l.locktype = 'advisory' and not l.granted and d.datname = current_database()`,
      );
      expect(rows).toHaveLength(count);
      return rows.map(({ pid }) => pid);
    }, PATIENCE);
  }

  /** PostgreSQL finishes the statement of a client that is gone before it notices. */
  async function forgotten(pids: readonly number[]): Promise<void> {
    await eventually(async () => {
      const sql = 'select pid from pg_stat_activity where pid = any ($1)';
      expect((await inShipping.query(sql, [pids])).rows).toEqual([]);
    });
  }

  /** Orders that are paid, each by a webhook of its own; returns their references. */
  async function payOrders(count: number, currency = 'usd'): Promise<readonly string[]> {
    const stories = range(count).map(() => new Story());
    const events = stories.map((story) => paidIn(story, currency));
    await deliver(events);
    return stories.map((story) => story.order(1001));
  }

  async function deliver(events: readonly StoryEvent[]): Promise<void> {
    await Promise.all(events.map((event) => webhooks.expectAccepted(event)));
    await allFinished(database, [...new Set(events)]);
  }

  async function shipmentsOf(orders: readonly string[]): Promise<readonly Shipment[]> {
    const sql = 'select * from shipments where order_reference = any ($1)';
    return (await inShipping.query<Shipment>(sql, [orders])).rows;
  }

  /** Every message had its effect once, and Tollgate knows. */
  async function expectAllOnce(orders: readonly string[]): Promise<void> {
    await eventually(async () => {
      const dispatches = await database.query<{ message_id: string; status: string }>(
        `select message_id, status from dispatches where consumer = 'shipping' order by message_id`,
      );
      expect(dispatches.filter(({ status }) => status === 'pending')).toEqual([]);
      const consumed = dispatches.filter(({ status }) => status === 'consumed');
      const remembered = await inShipping.query<{ message_id: string }>(
        `select message_id from consumed_messages where consumer = 'shipping' order by message_id`,
      );
      expect(remembered.rows).toEqual(consumed.map(({ message_id }) => ({ message_id })));

      const { rows: runs } = await inShipping.query<Shipment>('select * from runs');
      const versions = runs.map((one) => `${one.order_reference} ${one.version}`);
      expect(runs).toHaveLength(consumed.length);
      expect(new Set(versions).size).toBe(versions.length);

      const shipped = (await shipmentsOf(orders)).filter(({ decision }) => decision === 'ship');
      expect(shipped).toHaveLength(orders.length);
    }, PATIENCE);
  }

  async function ask(
    method: 'GET' | 'POST',
    path: string,
    token: keyof typeof TEST_TOKENS = 'operator',
  ) {
    const headers = { authorization: `Bearer ${TEST_TOKENS[token]}` };
    const answer = await fetch(`${service.url}/v1/consumers${path}`, { method, headers });
    return { status: answer.status, json: await answer.json() };
  }

  /** The message about an order that has this status at the consumer. */
  function messageOf(order: string | undefined, status: string): Promise<ShownMessage> {
    return eventually(async () => {
      const { json } = await ask('GET', `/shipping/messages?limit=200&status=${status}`, 'viewer');
      const found = (json.data as ShownMessage[]).filter(({ subject }) => subject === order);
      expect(found).toHaveLength(1);
      return found[0]!;
    }, PATIENCE);
  }

  async function replay(id: string, token: keyof typeof TEST_TOKENS = 'operator') {
    return ask('POST', `/shipping/messages/${id}/replay`, token);
  }

  describe('the example of the documentation', () => {
    it('ships each order once, however often its webhook comes', async () => {
      const stories = range(12).map(() => new Story());
      const events = stories.map((story) => paidIn(story, 'usd'));
      await deliver([...events, ...events, ...events]);
      await expectAllOnce(stories.map((story) => story.order(1001)));
    });

    it('loses nothing and does nothing twice when it is killed in the middle of its effect', async () => {
      const gate = await closeGate('effect');
      const orders = await payOrders(8);
      const pids = await stoppedAtGate(CONCURRENCY);
      await kill();
      await gate.open();
      await forgotten(pids);
      expect(await shipmentsOf(orders)).toEqual([]);
      await startShipping();
      await expectAllOnce(orders);
    });

    it('does nothing twice when it is killed after its commit, before Tollgate knows', async () => {
      const gate = await closeGate('commit');
      const orders = await payOrders(8);
      const pids = await stoppedAtGate(CONCURRENCY);
      await kill();
      await gate.open();
      await forgotten(pids);
      const committed = await shipmentsOf(orders);
      expect(committed).toHaveLength(CONCURRENCY);
      await messageOf(committed[0]?.order_reference, 'pending');
      await startShipping();
      await expectAllOnce(orders);
    });

    it('gets what its queue has lost while it was away', async () => {
      await kill();
      const orders = await payOrders(5);
      for (const order of orders) {
        await eventually(async () => {
          expect((await messageOf(order, 'pending')).sends).toBeGreaterThan(0);
        });
      }
      await queue.empty();
      await startShipping();
      await expectAllOnce(orders);
    });

    it('finishes what is under way when it is asked to stop, and reports it', async () => {
      const gate = await closeGate('effect');
      const orders = await payOrders(1);
      await stoppedAtGate(1);
      shipping.signal('SIGTERM');
      await gate.open();
      expect(await shipping.exited).toBe(0);
      expect(await shipmentsOf(orders)).toMatchObject([{ decision: 'ship' }]);
      await messageOf(orders[0], 'consumed');
      await startShipping();
      await expectAllOnce(orders);
    });

    it('is sent later what it has put off, and no attempt is counted', async () => {
      await inShipping.query(`insert into warehouses (currency, is_open) values ('GBP', false)`);
      const [order] = await payOrders(1, 'gbp');
      const { id } = await messageOf(order, 'pending');
      await eventually(() => {
        const putOff = logLines(service.logs()).filter(
          (line) => line['messageId'] === id && line['result'] === 'not_now',
        );
        expect(putOff.length).toBeGreaterThan(2);
      }, PATIENCE);
      await inShipping.query(`update warehouses set is_open = true where currency = 'GBP'`);
      expect(await messageOf(order, 'consumed')).toMatchObject({ attempts: 0, lastError: null });
      await expectAllOnce([order!]);
    });
  });

  describe('a message that the example cannot use', () => {
    let order: string;
    let dead: ShownMessage;

    it('is tried again, and then a dead letter that everybody can see', async () => {
      order = (await payOrders(1, 'eur'))[0]!;
      dead = await messageOf(order, 'dead');
      expect(dead).toMatchObject({
        type: 'order.paid',
        attempts: 2,
        reason: 'consumer_failed',
        lastError: { message: 'no warehouse ships orders in EUR' },
        data: { order: { reference: order, status: 'paid', currency: 'EUR' } },
      });
      const { json } = await ask('GET', '', 'viewer');
      expect(json.data).toMatchObject([
        { name: 'crm', types: ['*'], dead: 0 },
        // Nobody listens to this one, which bothers nobody.
        { name: 'mailer', types: ['order.paid', 'order.refunded'], dead: 0 },
        { name: 'shipping', types: ['order.*'], isConfigured: true, pending: 0, dead: 1 },
      ]);
      expect(json.data[1].pending).toBeGreaterThan(0);
    });

    it('may be replayed by an operator alone', async () => {
      for (const token of ['viewer', 'service'] as const) {
        expect(await replay(dead.id, token)).toMatchObject({
          status: 403,
          json: { code: 'forbidden' },
        });
      }
      const unknown = '01a201b7-b756-7194-8fdb-4c76e5445318';
      expect(await replay(unknown)).toMatchObject({ status: 404, json: { code: 'not_found' } });
    });

    it('is a dead letter again when it is replayed before the cause is mended', async () => {
      expect((await replay(dead.id)).json).toMatchObject({ isReplayed: true, status: 'pending' });
      expect(await messageOf(order, 'dead')).toMatchObject({ attempts: 2, replays: 1 });
    });

    it('has its effect once when it is replayed after that, and twice', async () => {
      await inShipping.query(`insert into warehouses (currency) values ('EUR')`);
      const answers = await Promise.all([replay(dead.id), replay(dead.id)]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(answers.map(({ json }) => json.isReplayed).sort()).toEqual([false, true]);
      await expectAllOnce([order]);
      expect((await replay(dead.id)).json).toMatchObject({ isReplayed: false, status: 'consumed' });
      await expectAllOnce([order]);
    });

    it('changes nothing when it is replayed after newer ones', async () => {
      const story = new Story();
      await deliver([paidIn(story, 'jpy')]);
      const paid = await messageOf(story.order(1001), 'dead');
      await deliver([refundedIn(story, 'jpy')]);
      await messageOf(story.order(1001), 'consumed');
      const before = await shipmentsOf([story.order(1001)]);
      expect(before).toMatchObject([{ decision: 'do not ship' }]);
      await inShipping.query(`insert into warehouses (currency) values ('JPY')`);
      await replay(paid.id);
      await expectAllOnce([]);
      expect(await shipmentsOf([story.order(1001)])).toEqual(before);
    });
  });

  describe('what the documentation tells the receiver of crm', () => {
    type Verify = (headers: unknown, body: Buffer, secret: string, nowSeconds?: number) => boolean;

    it('verifies a real request, with either secret, and nothing else', async () => {
      const code = await readCode(DOCUMENT, 'function isFromTollgate(');
      const file = join(folder, 'verify.mjs');
      await writeFile(file, `${code}\nexport { isFromTollgate };\n`);
      const { isFromTollgate } = (await import(pathToFileURL(file).href)) as {
        isFromTollgate: Verify;
      };
      const { headers, body, message } = await eventually(() => {
        expect(receiver.requests.length).toBeGreaterThan(0);
        return receiver.requests[0]!;
      });
      const sentSeconds = Number(headers['webhook-timestamp']);
      const verify = (
        secret: string,
        changed: object = {},
        bytes = body,
        nowSeconds = sentSeconds + 2,
      ) => isFromTollgate({ ...headers, ...changed }, bytes, secret, nowSeconds);

      expect(isFromTollgate(headers, body, CRM_SECRET)).toBe(true);
      expect(verify(CRM_SECRET)).toBe(true);
      expect(verify(PLAIN_SECRET)).toBe(true);
      expect(headers['webhook-id']).toBe(message.id);
      expect(headers['idempotency-key']).toBe(message.id);

      expect(verify(CRM_SECRET.replace('Bw', 'Bx'))).toBe(false);
      expect(verify(CRM_SECRET, {}, Buffer.concat([body, Buffer.from(' ')]))).toBe(false);
      expect(verify(CRM_SECRET, { 'webhook-id': `${message.id}0` })).toBe(false);
      expect(verify(CRM_SECRET, { 'webhook-timestamp': String(sentSeconds + 1) })).toBe(false);
      expect(verify(CRM_SECRET, { 'webhook-timestamp': 'now' })).toBe(false);
      expect(verify(CRM_SECRET, {}, body, sentSeconds + 301)).toBe(false);
      expect(verify(CRM_SECRET, {}, body, sentSeconds - 301)).toBe(false);
      for (const signature of ['', 'v1,', 'v2,AAAA', undefined]) {
        expect(verify(CRM_SECRET, { 'webhook-signature': signature })).toBe(false);
      }
      expect(isFromTollgate({}, body, CRM_SECRET)).toBe(false);
    });
  });
});

/** A payment of 5000 in a currency, captured. */
function paidIn(story: Story, currency: string): StoryEvent {
  return story.stripe('payment_intent.succeeded', ({ data }) => {
    Object.assign(data.object, { currency });
  });
}

/** All of it, given back. */
function refundedIn(story: Story, currency: string): StoryEvent {
  return story.stripe('charge.refunded', ({ data }) => {
    Object.assign(data.object, { currency, amount_refunded: 5000, refunded: true });
  });
}
