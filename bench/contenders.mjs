/**
 * What is measured. Each contender is one server process on a database of its own; all of them
 * get the same requests from the same client.
 */

/** Long enough for production, and the same for everybody. */
export const SECRET = 'bench-secret-of-stripe-0123456789';

/** Of 8, 16, 32 and 64 the one with the least CPU per acknowledgement on two cores. */
const BARE_POOL_SIZE = 16;
/** Of 10 (the default), 20 and 40 the one with the most acknowledgements on two cores. */
const TUTORIAL_POOL_SIZE = 20;

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {string} about what the table says of it
 * @property {string[]} command arguments of `node`, relative to the root of the checkout
 * @property {boolean} needsRedis
 * @property {boolean} hasWorker applies what it acknowledges, in the same process
 * @property {'inbox' | 'webhook_events'} table where the acknowledged events must be
 * @property {(place: Place) => Record<string, string>} environment
 */

/** @typedef {{ databaseUrl: string, redisUrl: string | null, prefix: string }} Place */

/** @type {Contender[]} */
export const CONTENDERS = [
  tollgate('tollgate-redis', 'worker off, queue on Redis', { queue: 'redis' }),
  baseline('bare', 'Fastify, HMAC, one prepared insert per request', {
    command: ['bench/baselines/bare.mjs'],
    poolSize: BARE_POOL_SIZE,
  }),
  baseline('tutorial', 'Nest on Express, TypeORM, one job per request on Redis', {
    command: ['bench/baselines/tutorial/main.mjs'],
    poolSize: TUTORIAL_POOL_SIZE,
    needsRedis: true,
  }),
  tollgate('tollgate-redis-info', 'the same, one log line per delivery into a file', {
    queue: 'redis',
    logLevel: 'info',
  }),
  tollgate('tollgate-postgres', 'worker off, queue on PostgreSQL', { queue: 'postgres' }),
  tollgate('tollgate-redis-worker', 'worker in the same process, queue on Redis', {
    queue: 'redis',
    roles: 'api,worker',
  }),
  tollgate('tollgate-postgres-worker', 'worker in the same process, queue on PostgreSQL', {
    queue: 'postgres',
    roles: 'api,worker',
  }),
];

function tollgate(name, about, { queue, roles = 'api', logLevel = 'silent' }) {
  return {
    name,
    about,
    command: ['--enable-source-maps', 'dist/src/main.js'],
    needsRedis: queue === 'redis',
    hasWorker: roles.includes('worker'),
    table: 'inbox',
    environment: ({ databaseUrl, redisUrl, prefix }) => ({
      DATABASE_URL: databaseUrl,
      ...(queue === 'redis' ? { REDIS_URL: redisUrl } : {}),
      QUEUE_PREFIX: prefix,
      ROLES: roles,
      LOG_LEVEL: logLevel,
      STRIPE_WEBHOOK_SECRETS: SECRET,
      API_TOKENS: `bench:viewer:${SECRET}`,
    }),
  };
}

function baseline(name, about, { command, poolSize, needsRedis = false }) {
  return {
    name,
    about,
    command,
    needsRedis,
    hasWorker: false,
    table: 'webhook_events',
    environment: ({ databaseUrl, redisUrl, prefix }) => ({
      DATABASE_URL: databaseUrl,
      ...(needsRedis ? { REDIS_URL: redisUrl, QUEUE_PREFIX: prefix } : {}),
      STRIPE_WEBHOOK_SECRET: SECRET,
      POOL_SIZE: String(poolSize),
    }),
  };
}
