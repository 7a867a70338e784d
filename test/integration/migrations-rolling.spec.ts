import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { MIGRATIONS } from '../../migrations/index.js';
import { migrate } from '../../src/database/migrate.js';
import type { MigrationClass } from '../../src/database/migration-session.js';
import { eventually } from '../support/eventually.js';
import {
  CarelessFuture1900000000000,
  CONTRACTED,
  EXPANDED,
  namesOf,
} from '../support/future-migrations.js';
import { Load } from '../support/load.js';
import { allFinished } from '../support/observe.js';
import {
  freshQueuePrefix,
  serviceEnvironment,
  TEST_TOKENS,
} from '../support/service-environment.js';
import { spawnService, type SpawnedService } from '../support/spawn-service.js';
import { Story, type StoryEvent } from '../support/story.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { WebhookClient } from '../support/webhook-client.js';

const PATIENCE_MS = 40_000;

/** A process of the service with those who use it: a provider, a shop and somebody who looks. */
class UsedProcess {
  readonly load: Load;
  private readonly client: WebhookClient;
  private readonly shop: Promise<void>;
  private isOver = false;
  /** References of the orders that were created. */
  readonly orders: string[] = [];
  /** What the shop was answered and should not have been. */
  readonly troubles: string[] = [];

  private constructor(readonly service: SpawnedService) {
    this.client = new WebhookClient(service.url);
    this.load = new Load(this.client, () => new Story().stripe('payment_intent.succeeded'), 1);
    this.shop = this.order();
  }

  static async start(environment: Readonly<Record<string, string | undefined>>) {
    return new UsedProcess(await spawnService({ env: environment }));
  }

  /** Creates orders, one after the other, and looks at each. */
  private async order(): Promise<void> {
    const headers = { authorization: `Bearer ${TEST_TOKENS.service}` };
    while (!this.isOver) {
      const reference = `rolling-${randomUUID()}`;
      const created = await fetch(`${this.service.url}/v1/orders`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': reference },
        body: JSON.stringify({ reference, currency: 'USD', amountDueMinor: 5000 }),
      });
      const seen = await fetch(`${this.service.url}/v1/orders/${reference}`, { headers });
      if (created.status === 201 && seen.status === 200) this.orders.push(reference);
      else this.troubles.push(`${created.status} ${seen.status} ${await created.text()}`);
    }
  }

  /** Waits until it has done some more of everything. */
  async works(): Promise<void> {
    const wanted = this.orders.length + 3;
    await this.load.acknowledges(10, PATIENCE_MS);
    await eventually(() => expect(this.orders.length).toBeGreaterThan(wanted), {
      timeoutMs: PATIENCE_MS,
    });
  }

  /** Lets those who use it go elsewhere, as a load balancer does, and ends it. */
  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all([this.load.stop(), this.shop]);
    this.client.close();
    await this.service.kill('SIGTERM');
    expect(await this.service.exited).toBe(0);
  }
}

describe('F40 processes of one build on the database of the next', () => {
  let database: TestDatabase;
  let environment: Readonly<Record<string, string | undefined>>;
  let all: UsedProcess[];

  beforeEach(async () => {
    database = await createTestDatabase();
    const backing = { databaseUrl: database.url, queuePrefix: freshQueuePrefix() };
    environment = serviceEnvironment(backing);
    all = [];
  });

  afterEach(async () => {
    await Load.stopAll();
    await database.drop();
  });

  const start = async () => {
    const started = await UsedProcess.start(environment);
    all.push(started);
    return started;
  };
  const migrateTo = (migrations: readonly MigrationClass[]) =>
    migrate(database.url, { migrations, patienceSeconds: 40 });

  /** What went wrong for anybody, from the first process on. */
  const troubles = () =>
    all.flatMap(({ load, troubles }) => [
      ...load.ledger.refused.map(({ answer }) => `${answer.status} ${answer.text}`),
      ...load.ledger.unknown.map(({ code }) => code),
      ...troubles,
    ]);

  /** An event as only the next build receives one. */
  async function receivedByNext(): Promise<StoryEvent> {
    const event = new Story().stripe('payment_intent.succeeded');
    await database.query(
      `with kept as (insert into inbox_bodies (inbox_id, body) values ($1, $3))
       insert into inbox (id, provider, account, event_id, event_type, livemode, fingerprint,
                          body_bytes, source, region, due_at, ring_at)
       values ($1, 'stripe', 'default', $2, 'payment_intent.succeeded', false, sha256($3),
               octet_length($3), 'push', 'eu', now(), now())`,
      [uuidv7(), event.eventId, event.body],
    );
    return event;
  }

  it('work without an error, start without an error, and make way for it', async () => {
    let one = await start();
    let other = await start();
    await Promise.all([one.works(), other.works()]);

    await expect(migrateTo(EXPANDED)).resolves.toEqual(namesOf(EXPANDED).slice(MIGRATIONS.length));
    await Promise.all([one.works(), other.works()]);
    const ofNext = await receivedByNext();

    // A rolling restart; also what a release that is taken back starts as.
    await one.stop();
    one = await start();
    await one.works();
    await other.stop();
    other = await start();
    await Promise.all([one.works(), other.works()]);
    await Promise.all([one.stop(), other.stop()]);

    await migrateTo(CONTRACTED);
    const last = await start();
    await last.works();
    await allFinished(
      database,
      [ofNext, ...all.flatMap(({ load }) => load.ledger.acknowledged)],
      2 * PATIENCE_MS,
    );
    await last.stop();

    expect(troubles()).toEqual([]);
    // What the last process was told as it stopped is left to whoever comes next.
    const failed = await database.query(
      `select outcome_reason from inbox where status not in ('applied', 'received')`,
    );
    expect(failed).toEqual([]);
    const orders = all.flatMap((process) => process.orders);
    const [kept] = await database.query(
      'select count(*)::int from orders where reference = any ($1)',
      [orders],
    );
    expect(kept).toEqual({ count: orders.length });
  }, 300_000);

  it('would be noticed to fail, if it took a column away', async () => {
    const one = await start();
    await one.works();
    await migrateTo([...MIGRATIONS, CarelessFuture1900000000000]);
    await eventually(() => expect(troubles().join()).toMatch(/50\d/), { timeoutMs: PATIENCE_MS });
    await one.stop();
  });
});
