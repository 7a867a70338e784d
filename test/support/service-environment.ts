import { randomBytes } from 'node:crypto';
import { directUrlOf } from './test-pooler.js';
import { registerSecretsOf, TEST_SECRETS, TEST_TOKENS } from './secrets.js';

export { TEST_TOKENS };

/** Where a service under test finds its PostgreSQL and its queues. */
export interface Backing {
  readonly databaseUrl: string;
  /** Undefined: the queues are in PostgreSQL. */
  readonly redisUrl?: string | undefined;
  /** Processes that work together share one. */
  readonly queuePrefix?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A queue prefix that nobody else uses, in case that Redis has too few databases for all tests. */
export function freshQueuePrefix(): string {
  return `tollgate_${randomBytes(4).toString('hex')}`;
}

/** Environment of a service that loses no time: what waits in production is tried again at once. */
export function serviceEnvironment(backing: Backing, more: Environment = {}): Environment {
  const environment: Environment = {
    NODE_ENV: 'test',
    DATABASE_URL: backing.databaseUrl,
    DATABASE_DIRECT_URL: directUrlOf(backing.databaseUrl),
    REDIS_URL: backing.redisUrl,
    QUEUE_PREFIX: backing.queuePrefix,
    // Nobody listens there: a test that asks a provider names its stand-in.
    STRIPE_API_BASE: 'http://127.0.0.1:9',
    PAYSTACK_API_BASE: 'http://127.0.0.1:9',
    STRIPE_WEBHOOK_SECRETS: TEST_SECRETS.stripe,
    PAYSTACK_SECRET_KEYS: TEST_SECRETS.paystack,
    API_TOKENS: Object.entries(TEST_TOKENS)
      .map(([role, token]) => `${role}-of-tests:${role}:${token}`)
      .join(','),
    RING_GRACE_SECONDS: '1',
    SWEEP_INTERVAL_SECONDS: '1',
    WORKER_LOCK_SECONDS: '2',
    BACKOFF_BASE_SECONDS: '1',
    ATTEMPTS_MAX: '3',
    READY_DELAY_MS: '0',
    ...more,
  };
  registerSecretsOf(environment);
  return environment;
}
