/**
 * What is measured. Each contender is one server process on a database of its own; all of them
 * get the same requests from the same client. Those that more than one scenario needs are here.
 */
import { readFileSync } from 'node:fs';
import { eventIdPrefix } from './load/signed-requests.mjs';

const MANIFEST = new URL('../package.json', import.meta.url);
/** What `npm start` gives to `node`. */
export const START = JSON.parse(readFileSync(MANIFEST, 'utf8')).scripts.start.split(' ').slice(1);

/** Long enough for production, and the same for everybody. */
export const SECRET = 'bench-secret-of-stripe-0123456789';

/**
 * Connections of each baseline: the best of those that `npm run bench -- pools` tries, on two cores,
 * or within the noise of it.
 */
export const POOL_SIZES = {
  bare: 16,
  tutorial: 20,
  'tutorial-fastify': 20,
  mirror: 20,
  'tutorial-worker': 20,
};
/** Jobs that BullMQ alone works on at once. */
const NO_OP_CONCURRENCY = 50;

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {string} about what the report says of it
 * @property {string[]} command arguments of `node`, relative to the root of the checkout
 * @property {boolean} needsRedis
 * @property {boolean} hasWorker applies what it acknowledges, in the same process
 * @property {import('./postgres.mjs').Stored | null} stored where the acknowledged events must be
 * @property {() => string | null} [findObstacle] why it cannot take part on this machine
 * @property {(place: import('./server.mjs').Place) => Record<string, string>} environment
 */

const INBOX = { table: 'inbox', column: 'event_id', prefix: eventIdPrefix };
const WEBHOOK_EVENTS = { ...INBOX, table: 'webhook_events' };
/** The mirror keeps objects, not events; each event has an object of its own. */
const MIRRORED = {
  table: 'stripe.payment_intents',
  column: 'id',
  prefix: (tag) => `pi_${tag}`,
};

/**
 * The service itself.
 * @param {{ queue: 'redis' | 'postgres', roles?: string, logLevel?: string, more?: object }} options
 */
export function tollgate(name, about, options) {
  const { queue, roles = 'api', logLevel = 'silent', more = {} } = options;
  return {
    name,
    about,
    command: START,
    needsRedis: queue === 'redis',
    hasWorker: roles.includes('worker'),
    stored: INBOX,
    environment: ({ databaseUrl, redisUrl, prefix }) => ({
      DATABASE_URL: databaseUrl,
      ...(queue === 'redis' ? { REDIS_URL: redisUrl } : {}),
      QUEUE_PREFIX: prefix,
      ROLES: roles,
      LOG_LEVEL: logLevel,
      STRIPE_WEBHOOK_SECRETS: SECRET,
      API_TOKENS: `bench:viewer:${SECRET}`,
      ...more,
    }),
  };
}

function baseline(name, about, { file, stored = WEBHOOK_EVENTS, needsRedis = false, more = {} }) {
  return {
    name,
    about,
    command: [`bench/baselines/${file}`],
    needsRedis,
    hasWorker: false,
    stored,
    environment: ({ databaseUrl, redisUrl, prefix }) => ({
      DATABASE_URL: databaseUrl,
      ...(needsRedis ? { REDIS_URL: redisUrl, QUEUE_PREFIX: prefix } : {}),
      STRIPE_WEBHOOK_SECRET: SECRET,
      ...(name in POOL_SIZES ? { POOL_SIZE: String(POOL_SIZES[name]) } : {}),
      ...more,
    }),
  };
}

/** The same contender under another name, with other connections. */
export function withPoolSize(contender, size) {
  return {
    ...contender,
    name: `${contender.name}-${size}`,
    about: `\`${contender.name}\` with ${size} connections`,
    environment: (place) => ({ ...contender.environment(place), POOL_SIZE: String(size) }),
  };
}

export const TOLLGATE = tollgate('tollgate-redis', 'worker off, queue on Redis', {
  queue: 'redis',
});
export const TOLLGATE_WITH_WORKER = tollgate(
  'tollgate-redis-worker',
  'worker in the same process, queue on Redis',
  { queue: 'redis', roles: 'api,worker' },
);
export const BARE = baseline('bare', 'Fastify, HMAC, one prepared insert per request', {
  file: 'bare.mjs',
});
export const VERIFY_ONLY = baseline(
  'verify-only',
  'Fastify, HMAC, the JSON parsed, nothing stored: the limit of the front',
  { file: 'verify-only.mjs', stored: null },
);
export const LEAST = baseline(
  'least',
  "Fastify, HMAC, the JSON parsed, Tollgate's receiver and statement, and nothing else of it",
  { file: 'least.mjs', stored: INBOX },
);
export const TUTORIAL = baseline(
  'tutorial',
  'Nest on Express, TypeORM, one job per request on Redis',
  { file: 'tutorial/main.mjs', needsRedis: true },
);
export const TUTORIAL_ON_FASTIFY = baseline('tutorial-fastify', 'the same, Nest on Fastify', {
  file: 'tutorial/main.mjs',
  needsRedis: true,
  more: { ADAPTER: 'fastify' },
});
export const MIRROR = baseline(
  'mirror',
  '`processWebhook` of @supabase/stripe-sync-engine behind Fastify: one upsert per request',
  { file: 'mirror.mjs', stored: MIRRORED },
);
export const TUTORIAL_WORKER = baseline(
  'tutorial-worker',
  'one job for each event, a transaction of seven statements for each job',
  { file: 'tutorial-worker.mjs', needsRedis: true },
);
export const BULLMQ = baseline('bullmq', 'BullMQ alone: jobs that do nothing, on Redis', {
  file: 'no-op-worker.mjs',
  stored: null,
  needsRedis: true,
  more: { CONCURRENCY: String(NO_OP_CONCURRENCY) },
});
