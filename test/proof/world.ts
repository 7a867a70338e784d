import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { abandonedRuns, removeRun, runFolderPrefix } from '../support/abandoned-runs.mjs';
import { freePort } from '../support/free-port.mjs';
import { isolatedPostgres, type IsolatedPostgres } from '../support/isolated-postgres.js';
import { isolatedRedis, type IsolatedRedis } from '../support/isolated-redis.js';
import { findRedisServer, installRedisServer } from '../support/redis-process.mjs';
import { Member, type Environment, type Role } from './member.js';
import { TcpProxy } from './proxy.js';
import { PROOF_SECRETS } from './sign.js';
import { Recipient } from './recipient.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export const PROOF_TOKENS = {
  service: 'service-token-of-the-proof-0001',
  operator: 'operator-token-of-the-proof-0001',
} as const;
export const CRM_SECRET = `whsec_${Buffer.from('a secret of the proof, 32 bytes.').toString('base64')}`;

/** Lock of a job, pause of the sweeper and the like, in seconds: short, so that nobody waits. */
export const TIMES = {
  ringGrace: 2,
  sweepInterval: 1,
  workerLock: 2,
  backoffBase: 1,
  resend: 3,
  lease: 3,
} as const;

/** For four processes of ours, guests, and whoever looks: what docs/operations.md counts. */
export const CONNECTIONS = 200;

export interface WorldOptions {
  /** Folder of the build under test. */
  readonly build?: string;
  /** Where the queues are. */
  readonly queues?: 'redis' | 'postgres';
}

/**
 * A PostgreSQL, a Redis, two APIs, two workers and a service that listens, each a process of its
 * own on this machine; the services reach both stores through proxies only. Durability is on.
 */
export class World {
  readonly apis: Member[] = [];
  readonly workers: Member[] = [];
  /** Looks at the database past all proxies. */
  readonly observer: pg.Pool;
  readonly effects: pg.Pool;
  private effectsProcess: ChildProcess | null = null;
  /** Members that a fault has added; `heal` ends them. */
  private readonly guests = new Set<Member>();
  private readonly everybody: Member[] = [];

  private constructor(
    readonly folder: string,
    readonly postgres: IsolatedPostgres,
    readonly redis: IsolatedRedis,
    /** The ways of the APIs and of the workers, apart, so that one may break alone. */
    readonly ways: Readonly<
      Record<Role, { readonly postgres: TcpProxy; readonly redis: TcpProxy }>
    >,
    /** What is told over HTTP. */
    readonly recipient: Recipient,
    private readonly options: WorldOptions,
  ) {
    const pool = (url: string) => {
      const made = new pg.Pool({ connectionString: url, max: 3, application_name: 'proof' });
      made.on('error', () => undefined); // faults end connections; the next query has a new one
      return made;
    };
    this.observer = pool(postgres.url);
    this.effects = pool(siblingOf(postgres.url, 'proof'));
  }

  static async start(options: WorldOptions = {}): Promise<World> {
    for (const run of await abandonedRuns()) await removeRun(run);
    const program = findRedisServer() ?? installRedisServer();
    if (program === null) throw new Error('The proof needs a redis-server on the PATH.');
    const folder = await mkdtemp(join(tmpdir(), runFolderPrefix(process.pid)));
    await chmod(folder, 0o755); // for the user that PostgreSQL runs as when we are root
    const settings = { max_connections: String(CONNECTIONS) };
    const postgres = await isolatedPostgres({ parent: folder, settings });
    const redis = await isolatedRedis({ parent: folder, program });
    await redis.start();
    const ways = async () => ({
      postgres: await TcpProxy.to(postgres.port),
      redis: await TcpProxy.to(redis.port),
    });
    const recipient = await Recipient.listen();
    const both = { api: await ways(), worker: await ways() };
    const world = new World(folder, postgres, redis, both, recipient, options);
    await world.observer.query('create database proof');
    for (const name of ['api-1', 'api-2']) world.apis.push(await world.member(name, 'api'));
    for (const name of ['worker-1', 'worker-2']) {
      world.workers.push(await world.member(name, 'worker'));
    }
    await Promise.all(world.members.map((member) => member.start()));
    await world.startEffects();
    return world;
  }

  get members(): readonly Member[] {
    return [...this.apis, ...this.workers];
  }

  /** Where the queues are. */
  get queues(): 'redis' | 'postgres' {
    return this.options.queues ?? 'redis';
  }

  get build(): string {
    return this.options.build ?? join(ROOT, 'dist');
  }

  /** One more process than the usual four, until `heal`. It is not started yet. */
  async guest(name: string, role: Role, changes: Environment = {}): Promise<Member> {
    const guest = await this.member(name, role, changes);
    this.guests.add(guest);
    return guest;
  }

  /** @returns a function that gives all that every process has printed since now */
  listenToLogs(): () => string[] {
    const begin = new Map(this.everybody.map((member) => [member, member.logs().length]));
    return () =>
      this.everybody.flatMap((member) =>
        member
          .logs()
          .slice(begin.get(member) ?? 0)
          .split('\n'),
      );
  }

  async startEffects(): Promise<void> {
    if (this.effectsProcess !== null) return;
    const queues =
      this.queues === 'postgres'
        ? { databaseUrl: this.postgres.url }
        : { redisUrl: this.redis.url };
    const argument = {
      build: this.build,
      databaseUrl: siblingOf(this.postgres.url, 'proof'),
      queues,
    };
    const program = fileURLToPath(new URL('effects.mjs', import.meta.url));
    const child = spawn(process.execPath, [program, JSON.stringify(argument)], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.effectsProcess = child;
    child.once('exit', () => (this.effectsProcess = null));
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  }

  /** SIGKILL to the service that listens. */
  async killEffects(): Promise<void> {
    const child = this.effectsProcess;
    if (child === null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Undoes whatever a fault has done: afterwards everything runs as in the beginning. */
  async heal(): Promise<void> {
    for (const { postgres, redis } of Object.values(this.ways)) {
      postgres.heal();
      redis.heal();
    }
    this.recipient.heal();
    this.postgres.resume();
    this.redis.resume();
    await this.postgres.start();
    await this.redis.start();
    for (const member of this.members) member.resume();
    await Promise.all([...this.guests].map((guest) => guest.kill()));
    this.guests.clear();
    await Promise.all(this.members.map((member) => member.restore()));
    await this.startEffects();
  }

  async stop(): Promise<void> {
    await Promise.allSettled([...this.members, ...this.guests].map((member) => member.kill()));
    await this.killEffects();
    await Promise.allSettled([this.observer.end(), this.effects.end()]);
    for (const { postgres, redis } of Object.values(this.ways)) {
      await Promise.allSettled([postgres.close(), redis.close()]);
    }
    await this.recipient.close();
    await Promise.allSettled([this.redis.remove(), this.postgres.remove()]);
    await removeRun(this.folder);
  }

  private async member(name: string, role: Role, changes: Environment = {}): Promise<Member> {
    const { postgres, redis } = this.ways[role];
    const isOnRedis = this.queues === 'redis';
    const environment = {
      ...SETTINGS,
      ROLES: role,
      PORT: String(await freePort()),
      DATABASE_URL: postgres.urlOf(this.postgres.url),
      ...(isOnRedis ? { REDIS_URL: redis.urlOf(this.redis.url) } : {}),
      CRM_URL: this.recipient.url,
      ...changes,
    };
    const member = new Member(name, role, environment, this.build);
    this.everybody.push(member);
    return member;
  }
}

const SETTINGS = {
  NODE_ENV: 'test',
  STRIPE_WEBHOOK_SECRETS: PROOF_SECRETS.stripe,
  PAYSTACK_SECRET_KEYS: PROOF_SECRETS.paystack,
  // Nobody listens there: the proof is about what providers tell, not about asking them.
  STRIPE_API_BASE: 'http://127.0.0.1:9',
  PAYSTACK_API_BASE: 'http://127.0.0.1:9',
  API_TOKENS: Object.entries(PROOF_TOKENS)
    .map(([role, token]) => `${role}-of-proof:${role}:${token}`)
    .join(','),
  RING_GRACE_SECONDS: String(TIMES.ringGrace),
  SWEEP_INTERVAL_SECONDS: String(TIMES.sweepInterval),
  WORKER_LOCK_SECONDS: String(TIMES.workerLock),
  BACKOFF_BASE_SECONDS: String(TIMES.backoffBase),
  BACKOFF_FACTOR: '2',
  BACKOFF_CAP_SECONDS: '4',
  RELAY_RESEND_SECONDS: String(TIMES.resend),
  RELAY_LEASE_SECONDS: String(TIMES.lease),
  IDEMPOTENCY_LEASE_SECONDS: String(TIMES.lease),
  IDEMPOTENCY_WAIT_MS: '2000', // less than the client's patience: it is told, and does not give up
  COMPLETE_INTERVAL_SECONDS: '1',
  CONSUMERS: 'invoices,access,crm',
  OUTSIDE_CONSUMERS: 'proof=*',
  CRM_TYPES: 'order.paid',
  CRM_SECRETS: CRM_SECRET,
  CRM_ALLOW_PRIVATE: 'true',
  CRM_BREAKER_PAUSE_SECONDS: '1',
} as const;

function siblingOf(databaseUrl: string, name: string): string {
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  return url.href;
}
