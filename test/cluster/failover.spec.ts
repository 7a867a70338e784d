import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkRedis } from '../../src/ops/cli/doctor/check-redis.js';
import { fromGlobalSetup } from '../support/environment.js';
import { eventually } from '../support/eventually.js';
import { Load } from '../support/load.js';
import { allFinished } from '../support/observe.js';
import { serviceEnvironment } from '../support/service-environment.js';
import {
  MASTER,
  startRedisCluster,
  startRedisSentinel,
  stopAll,
  type SeveralRedis,
} from '../support/several-redis.mjs';
import { spawnService, type SpawnedService } from '../support/spawn-service.js';
import { Story, type StoryEvent } from '../support/story.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { WebhookClient } from '../support/webhook-client.js';

const PATIENCE_MS = 60_000;
const QUEUE = '{tollgate_queues:inbox}:inbox:meta';

interface Kind {
  readonly name: string;
  readonly start: typeof startRedisCluster;
  /** Port of the master that has the queue of rings. */
  readonly findMaster: (several: SeveralRedis) => number | null;
}

const KINDS: readonly Kind[] = [
  { name: 'Redis Cluster', start: startRedisCluster, findMaster: findNode },
  { name: 'Redis Sentinel', start: startRedisSentinel, findMaster: findSentinelsMaster },
];

const nextPaid = (): StoryEvent => new Story().stripe('payment_intent.succeeded');

afterEach(() => Load.stopAll());

describe.each(KINDS)('on $name', ({ start, findMaster }) => {
  let folder: string;
  let several: SeveralRedis;
  let database: TestDatabase;
  let services: SpawnedService[];
  let client: WebhookClient;

  beforeAll(async () => {
    folder = await mkdtemp(join(fromGlobalSetup('TEST_RUN_FOLDER'), 'several-'));
    several = await start({ program: fromGlobalSetup('TEST_REDIS_SERVER'), folder });
    database = await createTestDatabase();
    const backing = { databaseUrl: database.url, redisUrl: several.url };
    const roles = ['api', 'worker'];
    services = [];
    for (const role of roles) {
      const env = serviceEnvironment(backing, { ROLES: role });
      services.push(await spawnService({ env, timeoutMs: PATIENCE_MS }));
    }
    client = new WebhookClient(services[0]!.url);
  }, 180_000);

  afterAll(async () => {
    client.close();
    for (const service of services) await service.kill('SIGTERM');
    await stopAll(several);
    await database.drop();
    await rm(folder, { recursive: true, force: true });
    expect(await Promise.all(services.map(({ exited }) => exited))).toEqual([0, 0]);
  });

  const queueIs = (state: 'up' | 'down') =>
    eventually(
      async () => {
        const { text } = await client.get('/health/ready');
        expect(JSON.parse(text)).toMatchObject({ queue: state, postgres: 'up' });
      },
      { timeoutMs: PATIENCE_MS },
    );

  it('a master is killed under load: every answer is 200, every event is applied once', async () => {
    await queueIs('up');
    const before = findMaster(several);
    const load = new Load(client, nextPaid);
    await load.acknowledges(100);
    several.nodes.get(before!)!.kill('SIGKILL');
    await load.acknowledges(100);
    await eventually(
      () => {
        const after = findMaster(several);
        expect(after).not.toBeNull();
        expect(after).not.toBe(before);
      },
      { timeoutMs: PATIENCE_MS },
    );
    await queueIs('up');
    await load.acknowledges(100);
    const ledger = await load.stop();

    expect(ledger.refused.map(({ answer }) => answer)).toEqual([]);
    expect(ledger.unknown.map(({ code }) => code)).toEqual([]);
    const rows = await allFinished(database, ledger.acknowledged, PATIENCE_MS);
    expect(rows.map(({ status }) => status)).toEqual(rows.map(() => 'applied'));
    // Once: a payment each, of what was paid, and a single move to `paid`.
    const [counted] = await database.query(
      `select (select count(*)::int from inbox) as inbox,
              (select count(*)::int from payments where status = 'paid') as paid,
              (select count(*)::int from transitions where to_status = 'paid' and payment_id is not null) as moves`,
    );
    const events = ledger.acknowledged.length;
    expect(counted).toEqual({ inbox: events, paid: events, moves: events });
  }, 240_000);

  it('its worker hears rings again afterwards, and need not wait for the sweeper', async () => {
    const heard = async () => {
      const { text } = await client.get('/metrics');
      return Number(/^tollgate_rings_total\{result="rung"\} (\d+)/m.exec(text)?.[1] ?? 0);
    };
    const before = await heard();
    const events = Array.from({ length: 5 }, nextPaid);
    for (const event of events) expect(await client.expectAccepted(event)).toBe('recorded');
    await allFinished(database, events, PATIENCE_MS);
    expect(await heard()).toBeGreaterThan(before);
  });

  it('the doctor finds nothing wrong with it', async () => {
    const checks = await checkRedis(several.url);
    expect(checks.map(({ result, found }) => [result, found])).toEqual([
      ['ok', expect.stringMatching(/^(Redis|Valkey) \d/)],
      ['ok', 'maxmemory-policy noeviction'],
      ['ok', expect.stringContaining('append-only file')],
    ]);
  });
});

function findNode({ nodes }: SeveralRedis): number | null {
  for (const port of nodes.keys()) {
    const slots = redisCli(port, ['cluster', 'slots']);
    const slot = redisCli(port, ['cluster', 'keyslot', QUEUE]);
    if (slots === null || slot === null) continue; // it was killed
    return masterOf(slots, Number(slot));
  }
  return null;
}

/** `CLUSTER SLOTS` as redis-cli prints it: a range, then host, port and id of each of its nodes. */
function masterOf(slots: string, slot: number): number | null {
  const lines = slots.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const [from, to, host, port] = lines.slice(at, at + 4);
    if (host !== '127.0.0.1' || !/^\d+$/.test(from ?? '') || !/^\d+$/.test(to ?? '')) continue;
    if (Number(from) <= slot && slot <= Number(to)) return Number(port);
  }
  return null;
}

function findSentinelsMaster({ nodes }: SeveralRedis): number | null {
  for (const port of nodes.keys()) {
    const found = redisCli(port, ['sentinel', 'get-master-addr-by-name', MASTER]);
    const named = Number(found?.split('\n')[1]);
    if (Number.isInteger(named) && named > 0) return named;
  }
  return null;
}

function redisCli(port: number, args: readonly string[]): string | null {
  const { status, stdout } = spawnSync('redis-cli', ['-p', String(port), ...args], {
    encoding: 'utf8',
    timeout: 5000,
  });
  return status === 0 ? stdout.trim() : null;
}
