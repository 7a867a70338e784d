import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Message } from '../../src/outbox/message.js';
import { toDispatch, type ClaimedDispatch } from '../../src/outbox/dispatch.js';
import type { Producer } from '../../src/queues/queue-backend.js';
import { queueOf, QUEUES } from '../../src/queues/queues.js';
import { describeBackends } from '../support/describe-backends.js';
import { eventually } from '../support/eventually.js';
import { messageBacking, queueBackendOf } from '../support/message-harness.js';
import { freshQueuePrefix, serviceEnvironment } from '../support/service-environment.js';
import { spawnService, type SpawnedService } from '../support/spawn-service.js';
import { Story } from '../support/story.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { WebhookClient } from '../support/webhook-client.js';

/** Who can write to the queues rings, and no more: what happens is what the database says. */
describeBackends((queues) => {
  let database: TestDatabase;
  let service: SpawnedService;
  let access: Producer;
  let inbox: Producer;
  let reference: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    const prefix = freshQueuePrefix();
    const redisUrl = await queues.redisUrl();
    const backing = { databaseUrl: database.url, redisUrl, queuePrefix: prefix };
    service = await spawnService({
      env: serviceEnvironment(backing, { CONSUMERS: 'access', RELAY_INTERVAL_MS: '50' }),
    });
    const backend = queueBackendOf(messageBacking(database.url, redisUrl, prefix));
    access = backend.producer(queueOf('access'));
    inbox = backend.producer(QUEUES.inbox);

    const story = new Story();
    reference = story.order(1001);
    const provider = new WebhookClient(service.url);
    await provider.expectAccepted(story.stripe('payment_intent.created'));
    provider.close();
    await eventually(async () => expect(await grants()).toEqual([{ status: 'revoked' }]));
  });

  afterAll(async () => {
    await access.close();
    await inbox.close();
    await service.kill('SIGTERM');
    await database.drop();
  });

  const grants = () =>
    database.query('select status from access_grants where order_reference = $1', [reference]);

  /** The newest message about the order, as if its consumer had not got it yet. */
  async function unconsumed(): Promise<ClaimedDispatch> {
    const [row] = await database.query<ClaimedDispatch>(
      `select m.id as "messageId", d.tries + 1 as tries, 0 as attempts, d.turn, d.sends, m.type,
              m.aggregate, m.aggregate_id as "aggregateId", m.version, m.subject, m.data,
              m.created_at as "createdAt"
       from outbox m join dispatches d on d.message_id = m.id
       where m.subject = $1 order by m.version desc limit 1`,
      [reference],
    );
    await database.query('delete from consumed_messages where message_id = $1', [row!.messageId]);
    await database.query(
      `update dispatches set status = 'pending', settled_at = null, tries = $2,
         due_at = now() + interval '1 hour'
       where message_id = $1`,
      [row!.messageId, row!.tries],
    );
    return row!;
  }

  const isSettled = (messageId: string) =>
    eventually(async () =>
      expect(
        await database.query('select status from dispatches where message_id = $1', [messageId]),
      ).toEqual([{ status: 'consumed' }]),
    );

  it('lets nobody who writes to it change what a message says: access is not granted', async () => {
    const row = await unconsumed();
    const { message, ...named } = toDispatch(row, '/tollgate');
    const order = message.data['order'] as Record<string, unknown>;
    const version = row.version + 100;
    const forged: Message = {
      ...message,
      type: 'order.paid',
      aggregateversion: version,
      data: {
        ...message.data,
        order: { ...order, status: 'paid', amountPaidMinor: 5000, version },
      },
    };
    await access.add({ ...named, message: forged });
    await isSettled(row.messageId);
    expect(await grants()).toEqual([{ status: 'revoked' }]);
  });

  it('lets nobody who writes to it make a message up', async () => {
    const row = await unconsumed();
    const { message, ...named } = toDispatch(row, '/tollgate');
    await access.add({ ...named, message: { ...message, id: crypto.randomUUID() } });
    await access.add({ ...named, message });
    await isSettled(row.messageId);
    expect(await database.query('select count(*)::int from consumed_messages')).toEqual(
      await database.query(`select count(*)::int from dispatches where status = 'consumed'`),
    );
  });

  it('can be rung by anybody, and nothing happens that would not have happened', async () => {
    const before = await database.query('select * from inbox order by id');
    const ids = before.map((row) => (row as { id: string }).id);
    await inbox.add({ ids });
    await inbox.add({ ids, unended: 99 });
    await inbox.add({ ids: [crypto.randomUUID()], unended: 99 });
    await inbox.add({ ids: ['; drop table inbox'] });
    await eventually(async () => expect(await inbox.waiting()).toBe(0));
    expect(await database.query('select * from inbox order by id')).toEqual(before);
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
  });
});
