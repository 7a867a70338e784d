import { eventually } from '../support/eventually.js';
import { fragilePostgres, type FragilePostgres } from '../support/fragile-postgres.js';
import { isolatedPostgres, type IsolatedPostgres } from '../support/isolated-postgres.js';
import { isolatedRedis, type IsolatedRedis } from '../support/isolated-redis.js';
import { Load, type Ledger } from '../support/load.js';
import { range } from '../support/long-story.js';
import { allFinished, countInbox, type Observer } from '../support/observe.js';
import { poolObserver } from '../support/pool-observer.js';
import { serviceEnvironment, TEST_TOKENS } from '../support/service-environment.js';
import { spawnService, type SpawnedService } from '../support/spawn-service.js';
import { Story, type StoryEvent } from '../support/story.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { redisServerIsThere } from '../support/test-redis.js';
import { WebhookClient } from '../support/webhook-client.js';

const PATIENCE_MS = 40_000;

let turn = 0;
/** A payment that is paid, by one provider and the other in turn. */
function nextPaid(): StoryEvent {
  turn += 1;
  const story = new Story();
  return turn % 2 === 0
    ? story.stripe('payment_intent.succeeded')
    : story.paystack('charge.success');
}

async function readiness(client: WebhookClient) {
  const { status, text } = await client.get('/health/ready');
  return { httpStatus: status, ...(JSON.parse(text) as Record<string, unknown>) };
}

async function expectReadiness(client: WebhookClient, expected: object): Promise<void> {
  await eventually(async () => expect(await readiness(client)).toMatchObject(expected), {
    timeoutMs: PATIENCE_MS,
  });
}

/** Every promise was kept: in the inbox once, and applied. */
async function expectKept(observer: Observer, { acknowledged }: Ledger): Promise<void> {
  const rows = await allFinished(observer, acknowledged, PATIENCE_MS);
  expect(rows.map(({ status }) => status)).toEqual(rows.map(() => 'applied'));
}

/** What may be answered while PostgreSQL is away: the promise, or "later". */
function expectOnlyLater({ refused, unknown }: Ledger): void {
  const others = refused.filter(
    ({ answer }) => answer.status !== 503 || !/^\d+$/.test(answer.headers['retry-after'] ?? ''),
  );
  expect(others.map(({ answer }) => answer)).toEqual([]);
  expect(unknown.map(({ code }) => code)).toEqual([]);
}

afterEach(() => Load.stopAll());

(redisServerIsThere ? describe : describe.skip)('while Redis is away', () => {
  let database: TestDatabase;
  let redis: IsolatedRedis;
  let service: SpawnedService;
  let client: WebhookClient;

  beforeAll(async () => {
    database = await createTestDatabase();
    redis = await isolatedRedis();
    const backing = { databaseUrl: database.url, redisUrl: redis.url };
    service = await spawnService({ env: serviceEnvironment(backing) }); // and no Redis yet
    client = new WebhookClient(service.url);
  });

  afterAll(async () => {
    client.close();
    await service.kill('SIGTERM');
    await redis.remove();
    await database.drop();
    expect(await service.exited).toBe(0);
  });

  it('from the start, events are acknowledged, and applied once it comes', async () => {
    expect(await readiness(client)).toMatchObject({
      httpStatus: 200,
      status: 'degraded',
      queue: 'down',
      postgres: 'up',
    });
    const events = range(20).map(nextPaid);
    for (const event of events) expect(await client.expectAccepted(event)).toBe('recorded');
    const waiting = await database.query(`select from inbox where status = 'received'`);
    expect(waiting).toHaveLength(20);

    await redis.start();
    await allFinished(database, events, PATIENCE_MS);
    await expectReadiness(client, { httpStatus: 200, status: 'ready', queue: 'up' });
  });

  type Outage = readonly [
    what: string,
    begin: () => void | Promise<void>,
    end: () => void | Promise<void>,
  ];
  const OUTAGES: readonly Outage[] = [
    ['killed and started again empty', () => redis.kill(), () => redis.start()],
    ['hanging', () => redis.pause(), () => redis.resume()],
  ];

  it.each(OUTAGES)(
    '%s, under load, every answer is 200 and every event is applied',
    async (_what, begin, end) => {
      const load = new Load(client, nextPaid);
      await load.acknowledges(50);
      await begin();
      await expectReadiness(client, { httpStatus: 200, status: 'degraded' });
      await load.acknowledges(100);
      await end();
      await expectReadiness(client, { httpStatus: 200, status: 'ready' });
      await load.acknowledges(50);
      const ledger = await load.stop();

      expect(ledger.refused.map(({ answer }) => answer)).toEqual([]);
      expect(ledger.unknown.map(({ code }) => code)).toEqual([]);
      await expectKept(database, ledger);
    },
    90_000,
  );
});

describe('while PostgreSQL is away', () => {
  let postgres: IsolatedPostgres;
  let observer: ReturnType<typeof poolObserver>;
  let service: SpawnedService;
  let client: WebhookClient;

  beforeAll(async () => {
    postgres = await isolatedPostgres();
    observer = poolObserver(postgres.url);
    // The queues are in PostgreSQL too: then everything is away at once.
    service = await spawnService({
      env: serviceEnvironment(
        { databaseUrl: postgres.url },
        { DATABASE_STATEMENT_TIMEOUT_MS: '1000' },
      ),
    });
    client = new WebhookClient(service.url);
  });

  afterAll(async () => {
    client.close();
    await service.kill('SIGTERM');
    await observer.end();
    await postgres.remove();
    expect(await service.exited).toBe(0);
  });

  it('for single connections, which are terminated: nothing that was acknowledged is lost', async () => {
    const load = new Load(client, nextPaid);
    for (let round = 0; round < 5; round += 1) {
      await load.acknowledges(30);
      const ended = await observer.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()`,
      );
      expect(ended.length).toBeGreaterThan(0);
    }
    await load.acknowledges(30);
    const ledger = await load.stop();
    expectOnlyLater(ledger);
    await expectKept(observer, ledger);
  });

  type Outage = readonly [
    what: string,
    begin: () => void | Promise<void>,
    end: () => void | Promise<void>,
  ];
  const OUTAGES: readonly Outage[] = [
    ['hanging', () => postgres.pause(), () => postgres.resume()],
    ['killed and started again', () => postgres.kill(), () => postgres.start()],
  ];

  it.each(OUTAGES)(
    '%s, under load, the answer is "later", and the service recovers by itself',
    async (_what, begin, end) => {
      const load = new Load(client, nextPaid);
      await load.acknowledges(50);
      await begin();
      await eventually(() => expect(load.ledger.refused.length).toBeGreaterThan(0), {
        timeoutMs: PATIENCE_MS,
      });
      await expectReadiness(client, { httpStatus: 503, status: 'not_ready', postgres: 'down' });
      expect((await client.get('/health/live')).status).toBe(200);
      await end();
      await expectReadiness(client, { httpStatus: 200, status: 'ready', postgres: 'up' });
      await load.acknowledges(50);
      const ledger = await load.stop();

      expectOnlyLater(ledger);
      await expectKept(observer, ledger);
      // What was refused is delivered again, and then it counts once.
      const again = ledger.refused.map(({ event }) => event).slice(0, 50);
      for (const event of again) await client.expectAccepted(event);
      await allFinished(observer, again, PATIENCE_MS);
      const reads = await client.get('/v1/payments', {
        authorization: `Bearer ${TEST_TOKENS.viewer}`,
      });
      expect(reads.status).toBe(200);
    },
    120_000,
  );

  it('when the service starts, it waits for it', async () => {
    await postgres.stop();
    const early = await spawnService({
      env: serviceEnvironment({ databaseUrl: postgres.url }),
      readyPath: null,
    });
    await eventually(() => expect(early.logs()).toContain('waiting for PostgreSQL'));
    await postgres.start();
    const earlyClient = await eventually(() => new WebhookClient(early.url), {
      timeoutMs: PATIENCE_MS,
    });
    await eventually(
      async () => expect((await earlyClient.get('/health/ready')).status).toBe(200),
      { timeoutMs: PATIENCE_MS },
    );
    earlyClient.close();
    await early.kill('SIGTERM');
    expect(await early.exited).toBe(0);
  });
});

describe('while connections to PostgreSQL break with the end of an answer', () => {
  const USERS = ['tollgate-ingest', 'tollgate-work', 'tollgate-reads', 'tollgate-queue'];
  const BREAKS_MIN = 5;
  let database: TestDatabase;
  let postgres: FragilePostgres;
  let service: SpawnedService;
  let client: WebhookClient;

  beforeAll(async () => {
    database = await createTestDatabase();
    postgres = await fragilePostgres(database.url);
    service = await spawnService({ env: serviceEnvironment({ databaseUrl: postgres.url }) });
    client = new WebhookClient(service.url);
  });

  afterAll(async () => {
    client.close();
    await service.kill('SIGTERM');
    await postgres.close();
    await database.drop();
    expect(await service.exited).toBe(0);
  });

  const breaksOf = (user: string): number =>
    postgres.connections.filter(({ application, isBroken }) => isBroken && application === user)
      .length;

  // A farewell that came together with the end of the log-in once ended the process.
  it.each([
    ['the log-in', 1],
    ['the first statement', 2],
    ['the second statement', 3],
    ['the third statement', 4],
  ])(
    'that of %s, the service goes on, and nothing that was acknowledged is lost',
    async (_what, answers) => {
      const load = new Load(client, nextPaid);
      const wanted = USERS.map((user) => ({ user, breaks: breaksOf(user) + BREAKS_MIN }));
      const statuses = new Set<number>();
      postgres.fate = ({ sent }) => (sent.length >= answers ? 'broken with the answer' : 'kept');
      await eventually(
        async () => {
          const reading = { authorization: `Bearer ${TEST_TOKENS.viewer}` };
          statuses.add((await client.get('/v1/payments', reading)).status);
          expect(wanted.filter(({ user, breaks }) => breaksOf(user) < breaks)).toEqual([]);
        },
        { timeoutMs: PATIENCE_MS },
      );
      postgres.fate = () => 'kept';
      await load.acknowledges(30);
      const ledger = await load.stop();

      expect([200, 503]).toEqual(expect.arrayContaining([...statuses]));
      expectOnlyLater(ledger);
      await expectKept(database, ledger);
    },
    90_000,
  );
});

describe('SIGTERM during load', () => {
  it('ends with code 0, answers what is in flight, and loses nothing', async () => {
    const database = await createTestDatabase();
    const environment = serviceEnvironment({ databaseUrl: database.url });
    const service = await spawnService({ env: environment });
    const client = new WebhookClient(service.url);
    const load = new Load(client, nextPaid, 16);
    await load.acknowledges(200);
    await service.kill('SIGTERM');
    const { acknowledged, refused, unknown } = await load.stop();
    client.close();

    expect(await service.exited).toBe(0);
    expectOnlyLater({ acknowledged, refused, unknown: [] });
    // New connections are refused, and an idle one may be closed just when it is used again. But
    // whatever was read was answered: nothing is in the inbox that the provider does not know of.
    const codes = unknown.map(({ code }) => code);
    expect(codes.filter((code) => code !== 'ECONNREFUSED' && code !== 'ECONNRESET')).toEqual([]);
    expect(await countInbox(database)).toBe(acknowledged.length);

    const next = await spawnService({ env: environment });
    await expectKept(database, { acknowledged, refused, unknown });
    await next.kill('SIGTERM');
    await database.drop();
  });
});

describe('a database that does not commit durably', () => {
  it('is refused in production, with the reason', async () => {
    const database = await createTestDatabase();
    const { pathname } = new URL(database.url);
    await database.query(`alter database ${pathname.slice(1)} set synchronous_commit = off`);
    const refused = await spawnService({
      env: serviceEnvironment({ databaseUrl: database.url }, { NODE_ENV: 'production' }),
      readyPath: null,
    });
    expect(await refused.exited).toBe(1);
    expect(refused.logs()).toMatch(/Tollgate cannot start: [^]*synchronous_commit is off/);
    await database.drop();
  });
});
