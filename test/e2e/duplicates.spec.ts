import { PROVIDERS } from '../../src/providers/providers.js';
import { describeBackends } from '../support/describe-backends.js';
import { eventually } from '../support/eventually.js';
import { hundredEvents, paymentOf, range, shuffled } from '../support/long-story.js';
import {
  allFinished,
  findRows,
  finished,
  logLines,
  metric,
  whatBecameOf,
} from '../support/observe.js';
import {
  freshQueuePrefix,
  serviceEnvironment,
  TEST_TOKENS,
} from '../support/service-environment.js';
import { spawnService, type SpawnedService } from '../support/spawn-service.js';
import { Story } from '../support/story.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { receiptOf, WebhookClient } from '../support/webhook-client.js';

const CONNECTIONS = 64;
const PAID_SAMPLE = { stripe: 'payment_intent.succeeded', paystack: 'charge.success' } as const;
const PAYMENT = { stripe: 1001, paystack: 3001 } as const;

describeBackends((backend) => {
  let database: TestDatabase;
  let api: SpawnedService;
  let workers: readonly SpawnedService[];
  let client: WebhookClient;

  beforeAll(async () => {
    database = await createTestDatabase();
    const environment = serviceEnvironment({
      databaseUrl: database.url,
      redisUrl: await backend.redisUrl(),
      ...(backend.name === 'redis' ? { queuePrefix: freshQueuePrefix() } : {}),
    });
    const spawn = (role: string) => spawnService({ env: { ...environment, ROLES: role } });
    [api, ...workers] = (await Promise.all(['api', 'worker', 'worker'].map(spawn))) as [
      SpawnedService,
      ...SpawnedService[],
    ];
    client = new WebhookClient(api.url, { connections: CONNECTIONS });
  });

  afterAll(async () => {
    client.close();
    await Promise.all([api, ...workers].map((service) => service.kill('SIGTERM')));
    await database.drop();
  });

  describe.each(PROVIDERS.map(({ name }) => name))('one event of %s 200 times at once', (name) => {
    it('is acknowledged 200 times, recorded once and applied once', async () => {
      const story = new Story();
      const event = story.event(name, PAID_SAMPLE[name]);
      const answers = await Promise.all(range(200).map(() => client.deliver(event)));

      expect(answers.map(({ status }) => status)).toEqual(range(200).map(() => 200));
      expect(answers.filter((one) => receiptOf(one) === 'recorded')).toHaveLength(1);
      expect(await finished(database, event)).toMatchObject({ status: 'applied', attempts: 0 });
      await eventually(async () => {
        expect(await findRows(database, [event])).toMatchObject([
          { deliveries: 200, conflicts: 0 },
        ]);
      });
      const payments = await database.query(
        `select p.status, p.version, count(t.id)::int as transitions
           from payments p left join transitions t on t.payment_id = p.id
          where provider_payment_id = $1 group by p.id`,
        [story.payment(PAYMENT[name])],
      );
      expect(payments).toEqual([{ status: 'paid', version: 1, transitions: 1 }]);
    });
  });

  describe('100 different events about one payment at once, with two workers', () => {
    it('are all applied, without a failed attempt, as if they had come one by one', async () => {
      const crowd = new Story();
      const atOnce = hundredEvents(crowd);
      await Promise.all(shuffled(atOnce).map((event) => client.expectAccepted(event)));
      const rows = await allFinished(database, atOnce);
      expect(rows.map(({ status }) => status).filter((one) => !/applied|noop/.test(one))).toEqual(
        [],
      );
      expect(rows.map(({ attempts }) => attempts).filter((attempts) => attempts > 0)).toEqual([]);

      const queue = new Story();
      for (const event of hundredEvents(queue)) {
        await client.expectAccepted(event);
        await finished(database, event);
      }
      expect(paymentOf(crowd)).not.toBe(paymentOf(queue));
      const sequential = await whatBecameOf(database, queue.tag);
      expect(sequential).toMatchObject({
        payments: [{ status: 'partially_refunded', amount_captured_minor: 5000 }],
      });
      expect(await whatBecameOf(database, crowd.tag)).toEqual(sequential);
    });

    it('surface no deadlock', async () => {
      const logs = [api, ...workers].map((service) => service.logs()).join('\n');
      expect(logs).not.toContain('40P01');
      expect(logLines(logs).filter((line) => line['outcome'] === 'retry')).toEqual([]);
      const both = workers.map((worker) =>
        logLines(worker.logs()).some((l) => l['msg'] === 'ring'),
      );
      expect(both).toEqual([true, true]); // else this has not been about two workers
      const versions = await database.query(
        `select payment_id, version from transitions where payment_id is not null
          group by 1, 2 having count(*) > 1`,
      );
      expect(versions).toEqual([]);
    });
  });

  describe('an event id that comes again', () => {
    it('with another signed content is a conflict: the first content stays', async () => {
      const conflictsBefore = await metric(client, 'tollgate_events_conflict_total');
      const story = new Story();
      const first = story.stripe('payment_intent.succeeded');
      const second = {
        ...first,
        body: Buffer.from(first.body.toString().replaceAll(': 5000,', ': 9900,')),
      };
      expect(second.body.equals(first.body)).toBe(false);
      expect(await client.expectAccepted(first)).toBe('recorded');
      expect(await client.expectAccepted(second)).toBe('duplicate');

      await eventually(async () => {
        expect(await findRows(database, [first])).toMatchObject([
          { deliveries: 2, conflicts: 1, body: first.body },
        ]);
        expect(await metric(client, 'tollgate_events_conflict_total')).toBe(conflictsBefore + 1);
      });
      const row = await finished(database, first);
      const kept = await database.query<{ body: Buffer; deliveries: number }>(
        'select body, deliveries from inbox_conflicts where inbox_id = $1',
        [row.id],
      );
      expect(kept).toEqual([{ body: second.body, deliveries: 1 }]);
      const payments = await database.query(
        'select amount_captured_minor from payments where id = $1',
        [row.payment_id],
      );
      expect(payments).toEqual([{ amount_captured_minor: '5000' }]);
      // The log names the event, and has nothing of either body.
      const loud = logLines(api.logs()).filter((line) => /another/.test(String(line['msg'])));
      const named = { inboxId: row.id, provider: 'stripe', account: 'default', deliveries: 1 };
      expect(loud).toEqual([
        {
          ...named,
          eventId: first.eventId,
          level: 50,
          msg: 'an event id came with another content',
          service: 'tollgate',
          pid: api.pid,
          time: expect.any(String),
        },
      ]);
      const shown = await client.get(`/v1/events/${row.id}`, {
        authorization: `Bearer ${TEST_TOKENS.viewer}`,
      });
      expect(JSON.parse(shown.text)).toMatchObject({
        conflicts: 1,
        conflictingContents: [{ deliveries: 1 }],
      });
    });

    it('with another count of pending webhooks is the plain duplicate that Stripe means', async () => {
      const story = new Story();
      const first = story.stripe('payment_intent.succeeded');
      const again = {
        ...first,
        body: Buffer.from(
          first.body.toString().replace('"pending_webhooks": 1', '"pending_webhooks": 0'),
        ),
      };
      expect(again.body.equals(first.body)).toBe(false);
      await client.expectAccepted(first);
      expect(await client.expectAccepted(again)).toBe('duplicate');
      await eventually(async () => {
        expect(await findRows(database, [first])).toMatchObject([{ deliveries: 2, conflicts: 0 }]);
      });
    });
  });
});
