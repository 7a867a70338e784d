import { describeBackends } from '../support/describe-backends.js';
import { eventually } from '../support/eventually.js';
import { range } from '../support/long-story.js';
import { postgresQueue, redisQueue, type QueueControl } from '../support/queue-control.js';
import { serviceEnvironment, TEST_TOKENS } from '../support/service-environment.js';
import { spawnService, type SpawnedService } from '../support/spawn-service.js';
import { Story } from '../support/story.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { WebhookClient } from '../support/webhook-client.js';

const PATIENCE = { timeoutMs: 40_000 };
const TEST_TIMEOUT_MS = 120_000;
const ORDERS = 12;
/** Payment of our samples: 50 USD. */
const SAMPLE = 1001;
const DUE_MINOR = 5000;

/** Where one worker after the other dies. Each leaves something to do for those that follow. */
const DEATHS = ['relay.sent:invoices', 'consumer.committed:invoices'];

describeBackends((backend) => {
  let database: TestDatabase;
  let queue: QueueControl;
  let services: SpawnedService[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    queue = await (backend.name === 'redis' ? redisQueue() : postgresQueue(database));
  });

  afterAll(async () => {
    await Promise.all(services.map((service) => service.kill('SIGTERM')));
    services = [];
    await queue.remove();
    await database.drop();
  }, TEST_TIMEOUT_MS);

  async function start(role: 'api' | 'worker', failPoints = ''): Promise<SpawnedService> {
    const backing = { databaseUrl: database.url, redisUrl: queue.redisUrl };
    const service = await spawnService({
      env: serviceEnvironment(backing, {
        ROLES: role,
        CONSUMERS: 'invoices,access',
        // Few at a time, so that nobody is done before the last one dies.
        CONSUMER_CONCURRENCY: '1',
        RELAY_MESSAGES_MAX: '10',
        RELAY_INTERVAL_MS: '50',
        RELAY_LEASE_SECONDS: '1',
        RELAY_RESEND_SECONDS: '1',
        FAILPOINTS: failPoints,
      }),
      // One that is to die may not live until somebody asks it.
      readyPath: failPoints === '' ? '/health/ready' : null,
    });
    services.push(service);
    return service;
  }

  async function createOrder(api: SpawnedService, reference: string): Promise<void> {
    const response = await fetch(`${api.url}/v1/orders`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TEST_TOKENS.service}`,
        'content-type': 'application/json',
        'idempotency-key': reference,
      },
      body: JSON.stringify({ reference, currency: 'USD', amountDueMinor: DUE_MINOR }),
    });
    expect(response.status).toBe(201);
  }

  it(
    'workers die again and again, and each order has one invoice and its access',
    async () => {
      const api = await start('api');
      const client = new WebhookClient(api.url);
      const stories = range(ORDERS).map(() => new Story());
      const orders = stories.map((story) => story.order(SAMPLE)).sort();
      for (const reference of orders) await createOrder(api, reference);
      for (const story of stories) {
        await client.expectAccepted(story.stripe('payment_intent.succeeded'));
      }

      for (const failPoint of DEATHS) {
        const doomed = await start('worker', failPoint);
        expect([failPoint, await doomed.exited]).toEqual([failPoint, 'SIGKILL']);
        const unsettled = await database.query(
          `select from dispatches where status <> 'consumed' limit 1`,
        );
        expect(unsettled).toHaveLength(1);
      }

      await start('worker');
      await eventually(async () => {
        const open = await database.query(
          `select 'inbox' as what from inbox where status = 'received'
         union select 'outbox' from outbox where fanned_out_at is null
         union select status from dispatches where status <> 'consumed'`,
        );
        expect(open).toEqual([]);
        const documents = await database.query(
          `select order_reference, kind, amount_minor::int as minor from invoice_documents
         order by order_reference`,
        );
        expect(documents).toEqual(
          orders.map((order_reference) => ({ order_reference, kind: 'invoice', minor: DUE_MINOR })),
        );
      }, PATIENCE);
      // No number was used up by a try that came to nothing.
      expect(await database.query('select next_number::int as next from invoice_series')).toEqual([
        { next: ORDERS + 1 },
      ]);
      const grants = await database.query(
        'select order_reference, status from access_grants order by order_reference',
      );
      expect(grants).toEqual(
        orders.map((order_reference) => ({ order_reference, status: 'granted' })),
      );
      // A death is no failure of a message.
      const failed = await database.query('select from dispatches where attempts > 0');
      expect(failed).toEqual([]);
      const [counts] = await database.query(
        `select (select count(*) from dispatches) = (select count(*) from consumed_messages) as same`,
      );
      expect(counts).toEqual({ same: true });
      client.close();
    },
    TEST_TIMEOUT_MS,
  );
});
