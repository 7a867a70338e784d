import { chmod, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { findPostmaster } from '../../src/database/embedded-postmaster.js';
import { describeBackends } from '../support/describe-backends.js';
import { fromGlobalSetup } from '../support/environment.js';
import { eventually } from '../support/eventually.js';
import { Load } from '../support/load.js';
import { hundredEvents, range, shuffled } from '../support/long-story.js';
import {
  allFinished,
  countInbox,
  finished,
  findRows,
  logLines,
  metric,
  whatBecameOf,
  type InboxRow,
} from '../support/observe.js';
import { postgresQueue, redisQueue, type QueueControl } from '../support/queue-control.js';
import { serviceEnvironment } from '../support/service-environment.js';
import { spawnService, type SpawnedService } from '../support/spawn-service.js';
import { Story, type StoryEvent } from '../support/story.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { WebhookClient } from '../support/webhook-client.js';

const PATIENCE_MS = 40_000;

afterEach(() => Load.stopAll());

describeBackends((backend) => {
  let database: TestDatabase;
  let queue: QueueControl;
  let services: SpawnedService[] = [];
  let clients: WebhookClient[] = [];

  beforeEach(async () => {
    database = await createTestDatabase();
    queue = await (backend.name === 'redis' ? redisQueue() : postgresQueue(database));
  });

  afterEach(async () => {
    for (const client of clients) client.close();
    await queue.release();
    await Promise.all(services.map((service) => service.kill('SIGTERM')));
    [services, clients] = [[], []];
    await queue.remove();
    await database.drop();
  });

  async function start(role: 'api' | 'worker'): Promise<SpawnedService> {
    const backing = { databaseUrl: database.url, redisUrl: queue.redisUrl };
    const service = await spawnService({
      env: serviceEnvironment(backing, {
        ROLES: role,
        // A worker that a test holds up stays there until it is killed.
        DATABASE_LOCK_TIMEOUT_MS: '60000',
        DATABASE_STATEMENT_TIMEOUT_MS: '60000',
      }),
    });
    services.push(service);
    return service;
  }

  async function startApi(): Promise<{ api: SpawnedService; client: WebhookClient }> {
    const api = await start('api');
    const client = new WebhookClient(api.url);
    clients.push(client);
    return { api, client };
  }

  /** Each event counts once: versions without a gap or a repetition, one move per event at most. */
  async function expectOnce(row: InboxRow, versions: number): Promise<void> {
    const payments = await database.query('select status, version from payments where id = $1', [
      row.payment_id,
    ]);
    expect(payments).toEqual([{ status: 'paid', version: versions }]);
    const moves = await database.query<{ version: number; inbox_id: string }>(
      'select version, inbox_id from transitions where payment_id = $1 order by id',
      [row.payment_id],
    );
    expect(moves.map(({ version }) => version)).toEqual(range(versions).map((n) => n + 1));
    expect(new Set(moves.map(({ inbox_id }) => inbox_id)).size).toBe(versions);
    expect(row).toMatchObject({ status: 'applied', attempts: 0 });
  }

  it('killed after the commit and before the ring: every acknowledged event is applied', async () => {
    const { api, client } = await startApi();
    await queue.hold();
    const events = range(20).map(() => new Story().stripe('payment_intent.succeeded'));
    await Promise.all(events.map((event) => client.expectAccepted(event)));
    await api.kill('SIGKILL');
    await queue.release();
    await queue.empty(); // in case that a ring was on its way in the moment of the kill
    expect((await findRows(database, events)).map(({ status }) => status)).toEqual(
      events.map(() => 'received'),
    );

    await start('worker');
    for (const row of await allFinished(database, events, PATIENCE_MS)) await expectOnce(row, 1);
  });

  it('the api killed under load: nothing is lost, and it ends as without the crash', async () => {
    const disturbed = range(3).map(() => new Story());
    const events = shuffled(disturbed.flatMap((story) => hundredEvents(story)));
    const { api, client } = await startApi();
    const left = [...events];
    const load = new Load(client, () => left.shift() ?? null);
    await load.acknowledges(120);
    await api.kill('SIGKILL');
    const { acknowledged, refused, unknown } = await load.finished();
    expect(refused).toEqual([]);
    expect(unknown.length).toBeGreaterThan(0);

    const inbox = await findRows(database, acknowledged);
    expect(inbox).toHaveLength(acknowledged.length);
    expect(await countInbox(database)).toBeLessThanOrEqual(acknowledged.length + unknown.length);

    await start('worker');
    const { client: again } = await startApi();
    // As a provider does: what got no answer is delivered again.
    for (const { event } of unknown) await again.expectAccepted(event);
    await allFinished(database, events, PATIENCE_MS);
    expect(await countInbox(database)).toBe(events.length);

    const undisturbed = new Story();
    const same = hundredEvents(undisturbed);
    await Promise.all(same.map((event) => again.expectAccepted(event)));
    await allFinished(database, same, PATIENCE_MS);
    const expected = await whatBecameOf(database, undisturbed.tag);
    expect(expected).toMatchObject({ payments: [{ status: 'partially_refunded' }] });
    for (const story of disturbed) {
      expect(await whatBecameOf(database, story.tag)).toEqual(expected);
    }
  });

  describe('the worker killed', () => {
    let story: Story;
    let client: WebhookClient;
    let worker: SpawnedService;
    let capture: StoryEvent;
    let letGo: () => Promise<void>;

    beforeEach(async () => {
      story = new Story();
      ({ client } = await startApi());
      worker = await start('worker');
      const created = story.stripe('payment_intent.created');
      await client.expectAccepted(created);
      await finished(database, created, PATIENCE_MS);
      // From here on the worker cannot get past the payment.
      letGo = await holdPayment(database, story);
      capture = story.stripe('payment_intent.succeeded');
      await client.expectAccepted(capture);
      await eventually(() => expectStuckWorker(database), { timeoutMs: PATIENCE_MS });
    });

    it('between claim and commit: the event is applied once, by another worker', async () => {
      await worker.kill('SIGKILL');
      expect(await findRows(database, [capture])).toMatchObject([{ status: 'received' }]);
      await letGo();
      await start('worker');
      await expectOnce(await finished(database, capture, PATIENCE_MS), 2);
    });

    it('after the commit and before its job is done: the event is applied once', async () => {
      await queue.hold();
      await letGo();
      await eventually(async () =>
        expect(await findRows(database, [capture])).toMatchObject([{ status: 'applied' }]),
      );
      await worker.kill('SIGKILL');
      await queue.release();
      expect(await queue.countJobs()).toBeGreaterThan(0); // nobody has told that it is done

      const other = await start('worker');
      // The ring is heard again, and there is nothing left to do.
      await eventually(
        () => {
          const rings = logLines(other.logs()).filter((line) => line['msg'] === 'ring');
          expect(rings).toContainEqual(expect.objectContaining({ named: 1, taken: 0 }));
        },
        { timeoutMs: PATIENCE_MS },
      );
      await expectOnce(await finished(database, capture), 2);
      await eventually(async () => expect(await queue.countJobs()).toBe(0));
    });
  });

  it('the queue emptied with events waiting: the sweeper rings for all of them', async () => {
    const { client } = await startApi();
    const events = range(50).map(() => new Story().paystack('charge.success'));
    await Promise.all(events.map((event) => client.expectAccepted(event)));
    // Every event has been rung for, so nothing comes after this.
    await eventually(async () => {
      expect(await metric(client, 'tollgate_rung_events_total{result="rung"}')).toBe(events.length);
    });
    expect(await queue.countJobs()).toBe(
      await metric(client, 'tollgate_rings_total{result="rung"}'),
    );
    await queue.empty();
    expect(await queue.countJobs()).toBe(0);

    await start('worker');
    for (const row of await allFinished(database, events, PATIENCE_MS)) await expectOnce(row, 1);
  });
});

describe('the service with its own PostgreSQL', () => {
  const DEVELOPMENT_SECRET = 'development-secret-of-stripe';
  const AUTHORIZATION = { authorization: 'Bearer development-operator-token' };
  let dataDir: string;
  let environment: Readonly<Record<string, string>>;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(fromGlobalSetup('TEST_RUN_FOLDER'), 'embedded-'));
    await chmod(dataDir, 0o755); // for the user that PostgreSQL runs as when we are root
    environment = {
      NODE_ENV: 'test',
      DATA_DIR: dataDir,
      RING_GRACE_SECONDS: '1',
      SWEEP_INTERVAL_SECONDS: '1',
    };
  });

  const postmaster = () => findPostmaster(join(dataDir, 'postgres'));

  async function listEvents(client: WebhookClient) {
    const { status, text } = await client.get('/v1/events?limit=200', AUTHORIZATION);
    expect(status).toBe(200);
    return (JSON.parse(text) as { data: { eventId: string; status: string }[] }).data;
  }

  it('loses nothing when it is killed, and takes over the PostgreSQL that it left', async () => {
    const first = await spawnService({ env: environment });
    const client = new WebhookClient(first.url);
    // Signed with the secret that it prints for whoever has configured nothing.
    expect(first.logs()).toContain(DEVELOPMENT_SECRET);
    const events = range(100).map(() => new Story().stripe('payment_intent.succeeded'));
    const deliveries = events.map((event) => client.deliver(event, { secret: DEVELOPMENT_SECRET }));
    const answers = await Promise.all(deliveries);
    expect(answers.map(({ status }) => status)).toEqual(events.map(() => 200));
    await first.kill('SIGKILL');
    client.close();
    expect(postmaster()).not.toBeNull();

    const second = await spawnService({ env: environment });
    const again = new WebhookClient(second.url);
    await eventually(
      async () => {
        const listed = await listEvents(again);
        expect(listed.map(({ status }) => status)).toEqual(events.map(() => 'applied'));
        expect(listed.map(({ eventId }) => eventId).sort()).toEqual(
          events.map(({ eventId }) => eventId).sort(),
        );
      },
      { timeoutMs: PATIENCE_MS },
    );

    const intruder = await spawnService({ env: environment, readyPath: null });
    expect(await intruder.exited).toBe(1);
    expect(intruder.logs()).toMatch(/Another service already uses .*Stop it, or give this one/);
    expect((await again.get('/health/ready')).status).toBe(200);

    again.close();
    await second.kill('SIGINT');
    expect(await second.exited).toBe(0);
    expect(postmaster()).toBeNull();
  });

  it('starts again after the PostgreSQL was killed along with it', async () => {
    const first = await spawnService({ env: environment });
    const client = new WebhookClient(first.url);
    const event = new Story().stripe('payment_intent.succeeded');
    await client.expectAccepted(event, { secret: DEVELOPMENT_SECRET });
    process.kill(postmaster()!.pid, 'SIGKILL');
    await first.kill('SIGKILL');
    client.close();

    const second = await spawnService({ env: environment });
    const again = new WebhookClient(second.url);
    await eventually(
      async () =>
        expect(await listEvents(again)).toContainEqual(
          expect.objectContaining({ eventId: event.eventId, status: 'applied' }),
        ),
      { timeoutMs: PATIENCE_MS },
    );
    again.close();
    await second.kill('SIGINT');
    expect(await second.exited).toBe(0);
    expect(postmaster()).toBeNull();
  });
});

/** Locks the row of a payment, as a worker would; returns what lets go of it. */
async function holdPayment(database: TestDatabase, story: Story): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('begin');
  const { rowCount } = await client.query(
    'select from payments where provider_payment_id = $1 for update',
    [story.payment(1001)],
  );
  expect(rowCount).toBe(1);
  return () => client.end();
}

/** A worker waits for a lock inside its transaction. */
async function expectStuckWorker(database: TestDatabase): Promise<void> {
  const stuck = await database.query(
    `select from pg_stat_activity where datname = current_database()
        and application_name = 'tollgate-work' and wait_event_type = 'Lock'`,
  );
  expect(stuck).toHaveLength(1);
}
