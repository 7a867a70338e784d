import { z } from 'zod';
import { messageType, parseOutsideConsumers, SHIPPED_CONSUMERS } from './consumers.js';
import { parseFailPoints } from './fail-points.js';
import { MASKED_PATHS_DEFAULT, maskedPath } from './masked-paths.js';
import { parseTokens } from './tokens.js';
import { apiBase, integer, list, optionalUrl, redisUrl, wholeNumber } from './variables.js';

const ROLES = ['api', 'worker'] as const;
export type Role = (typeof ROLES)[number];

/**
 * Every variable that Tollgate reads, with its unit, default and reason. `.env.example` is held
 * against this schema by a test. Secrets of providers are read by `secrets.ts`, since their names
 * end in the account.
 */
export const environmentSchema = z.object({
  NODE_ENV: z
    .enum(['development', 'test', 'production'])
    .default('development')
    .describe('production: every secret must be set, and the database must commit durably'),
  HOST: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
  PORT: integer(0, 65_535, 3000).describe('port to listen on; 0 picks a free one'),
  ROLES: z
    .string()
    .default('api,worker')
    .transform((value) => value.split(',').map((role) => role.trim()))
    .pipe(z.array(z.enum(ROLES)).min(1))
    .describe('api, worker or both; worker includes sweeper and relay'),
  DATABASE_URL: optionalUrl(['postgres://', 'postgresql://']).describe(
    'PostgreSQL; without it an embedded one is started under DATA_DIR',
  ),
  DATABASE_DIRECT_URL: optionalUrl(['postgres://', 'postgresql://']).describe(
    'PostgreSQL itself, when DATABASE_URL is a pooler that lends a session for one transaction: ' +
      'migrations and queues in PostgreSQL need a session of their own',
  ),
  DATA_DIR: z.string().min(1).default('.data').describe('where the embedded PostgreSQL lives'),
  DATABASE_WAIT_SECONDS: integer(0, 3600, 60).describe(
    'how long start-up waits for PostgreSQL before it gives up',
  ),
  DATABASE_STATEMENT_TIMEOUT_MS: integer(100, 600_000, 4000).describe(
    'a statement that takes longer is cancelled, so a hanging disk becomes a 503 and not a queue',
  ),
  DATABASE_LOCK_TIMEOUT_MS: integer(50, 600_000, 2000).describe(
    'how long the worker waits for a locked payment before it tries again later',
  ),
  REDIS_URL: redisUrl.describe(
    'Redis for BullMQ: one, a cluster, or what Sentinels watch over; without it BullMQ keeps its ' +
      'queues in PostgreSQL',
  ),
  QUEUE_PREFIX: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,30}$/)
    .default('tollgate_queues')
    .describe(
      'prefix of the Redis keys and name of the PostgreSQL schema of the queues; not the name ' +
        'of the database user, whose schema PostgreSQL would search first',
    ),
  API_TOKENS: z
    .string()
    .default('')
    .transform(parseTokens)
    .describe(
      'name:role:token or name:role:sha256=<digest of the token>, comma-separated; roles viewer, ' +
        'operator, service',
    ),
  CONSOLE_SESSION_HOURS: integer(1, 720, 12).describe('after this one has to log in again'),
  CONSOLE_LOGINS_PER_MINUTE: integer(1, 1000, 10).describe(
    'tries to log in from one address; from all addresses together ten times as many',
  ),
  SAMPLE_INTERVAL_SECONDS: integer(1, 3600, 60).describe(
    'pause between two samples of the counters, which the overview of the console shows',
  ),
  ORDER_REFERENCE_KEY: z
    .string()
    .min(1)
    .max(40)
    .default('order_id')
    .describe("key of the provider's metadata that holds our order reference"),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),

  BODY_BYTES_MAX: integer(1024, 16_777_216, 1_048_576).describe('a larger webhook is a 413'),
  REQUEST_TIMEOUT_SECONDS: integer(1, 600, 10).describe('for the whole request to arrive'),
  FLUSH_ROWS_MAX: integer(1, 1000, 256).describe('events in one INSERT'),
  FLUSH_BYTES_MAX: integer(1024, 67_108_864, 2_097_152).describe('bytes of bodies in one INSERT'),
  FLUSHES_MAX: integer(1, 16, 3).describe('INSERTs under way at once'),
  ADMISSION_EVENTS_MAX: integer(1, 1_000_000, 4096).describe(
    'events waiting for their INSERT; one more is a 503 with Retry-After',
  ),
  ADMISSION_BYTES_MAX: integer(1_048_576, 1_073_741_824, 67_108_864).describe(
    'bytes of bodies that have arrived and wait for their answer; more are a 503',
  ),

  RING_GRACE_SECONDS: integer(1, 3600, 10).describe(
    'how long a new event may wait for its ring before the sweeper rings again',
  ),
  SWEEP_INTERVAL_SECONDS: integer(1, 3600, 2).describe('pause between two looks of the sweeper'),
  SWEEP_EVENTS_MAX: integer(1, 10_000, 500).describe('events one look of the sweeper rings for'),
  RING_EVENTS_MAX: integer(1, 1000, 200).describe(
    'events one ring of the sweeper names, and events of rings that are worked on together',
  ),
  WORKER_CONCURRENCY: integer(1, 64, 4).describe(
    'batches of rings one worker process works on at once',
  ),
  WORKER_LOCK_SECONDS: integer(1, 3600, 30).describe(
    'after this a silent worker counts as dead and its ring is given to another',
  ),
  ATTEMPTS_MAX: integer(1, 25, 8).describe('tries before an event is a dead letter'),
  BACKOFF_BASE_SECONDS: integer(1, 3600, 30).describe('upper bound of the first pause'),
  BACKOFF_FACTOR: z.coerce.number().min(1).max(10).default(4).describe('growth per attempt'),
  BACKOFF_CAP_SECONDS: integer(1, 604_800, 86_400).describe('no pause is longer'),

  PAYLOAD_RETENTION_DAYS: integer(0, 3650, 90).describe(
    'how long the bodies of events that are done with are kept, in whole weeks; their keys stay ' +
      'for ever; 0: bodies, too',
  ),

  STRIPE_API_BASE: apiBase.describe(
    "scheme, host and port of Stripe's API; without it Stripe's own",
  ),
  PAYSTACK_API_BASE: apiBase.describe(
    "scheme, host and port of Paystack's API; without it Paystack's own",
  ),
  PROVIDER_TIMEOUT_MS: integer(100, 120_000, 10_000).describe(
    'for one request to a provider; after that its outcome is unknown',
  ),
  PROVIDER_REQUESTS_PER_SECOND: integer(1, 1000, 25).describe(
    'requests started per second and provider; others wait for their turn',
  ),
  PROVIDER_CONCURRENCY: integer(1, 256, 16).describe('requests to one provider under way at once'),
  PROVIDER_BREAKER_FAILURES: integer(1, 1000, 8).describe(
    'outages in a row after which a provider is left alone for a while',
  ),
  PROVIDER_BREAKER_PAUSE_SECONDS: integer(1, 3600, 10).describe('how long it is left alone'),
  PROVIDER_SETTLE_SECONDS: integer(1, 86_400, 120).describe(
    'how long a request of unknown outcome may still take effect at a provider',
  ),
  COMMAND_CONNECTIONS: integer(1, 256, 8).describe('connections of the command routes'),
  IDEMPOTENCY_WAIT_MS: integer(0, 60_000, 5000).describe(
    'how long a request waits for another one with its key before it is a 409',
  ),
  IDEMPOTENCY_LEASE_SECONDS: integer(1, 3600, 15).describe(
    'after this a silent process counts as dead and its request goes on elsewhere',
  ),
  IDEMPOTENCY_TTL_SECONDS: integer(1, 31_536_000, 259_200).describe(
    'how long a key and its response are kept; a later retry is a new request',
  ),
  IDEMPOTENCY_CLEANUP_SECONDS: integer(1, 86_400, 3600).describe(
    'pause between two clean-ups of expired keys',
  ),
  COMPLETE_INTERVAL_SECONDS: integer(1, 3600, 5).describe(
    'pause between two looks of the completer for abandoned requests',
  ),
  RESOLVE_INTERVAL_SECONDS: integer(1, 3600, 10).describe(
    'pause between two looks of the resolver for payments that do not move',
  ),
  RESOLVE_SCHEDULE_SECONDS: z
    .string()
    .default('300,3600,86400')
    .transform((value) => value.split(',').map((one) => one.trim()))
    .pipe(z.array(wholeNumber(1, 31_536_000)).min(1).max(10))
    .describe('pauses before a provider is asked about such a payment; the last one repeats'),
  RESOLVE_ASKS_MAX: integer(1, 1000, 9).describe('times after which it is asked no more'),

  REPLAY_PER_SECOND: integer(1, 1000, 100).describe(
    'dead letters that a bulk replay sends through per second, unless it says otherwise',
  ),
  REPLAY_MAX: integer(1, 1_000_000, 100_000).describe(
    'events or messages in one bulk replay; a filter that matches more is refused',
  ),
  REVIEW_SECOND_PERSON_MINOR: wholeNumber(0, 9_999_999_999)
    .optional()
    .describe(
      'amount at stake, in minor units of its currency, from which on a second person must ' +
        'confirm what is decided about a review; without it nobody must',
    ),
  MASKED_PATHS: list
    .prefault(MASKED_PATHS_DEFAULT.join(','))
    .pipe(z.array(maskedPath).max(200))
    .describe(
      'what is hidden when a payload is shown, comma-separated: keys joined by dots, * is one ' +
        'level and ** any number of them; the bytes are kept as they are',
    ),

  CONSUMERS: list
    .transform((names) => (names.join() === 'none' ? [] : names))
    .pipe(z.array(z.enum(SHIPPED_CONSUMERS)).max(SHIPPED_CONSUMERS.length))
    .optional()
    .describe(
      'consumers to run: invoices, access, crm; without it invoices and access with the embedded ' +
        'PostgreSQL, and none elsewhere; "none" for none',
    ),
  OUTSIDE_CONSUMERS: z
    .string()
    .default('')
    .transform(parseOutsideConsumers)
    .describe(
      'services that read their own queue of messages: name=type|type, comma-separated; types ' +
        'are order.paid, order.* or *',
    ),
  MESSAGE_SOURCE: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[\w.~:/?#[\]@!$&'()*+,;=%-]+$/, 'expected a URI, or a part of one')
    .default('/tollgate')
    .describe('what this service is called in its messages (source of the CloudEvent)'),
  MESSAGE_RETENTION_DAYS: integer(1, 3650, 30).describe(
    'how long messages that every consumer is done with are kept',
  ),
  RELAY_INTERVAL_MS: integer(10, 60_000, 500).describe('pause between two passes of the relay'),
  RELAY_MESSAGES_MAX: integer(1, 2000, 200).describe('messages of one pass, for each consumer'),
  RELAY_LEASE_SECONDS: integer(1, 3600, 30).describe(
    'after this a silent relay counts as dead and another one sends what it had',
  ),
  RELAY_RESEND_SECONDS: integer(1, 86_400, 120).describe(
    'after this a message that no consumer reported on is sent again: queues may lose what they hold',
  ),
  CONSUMER_CONCURRENCY: integer(1, 64, 4).describe('messages one consumer works on at once'),
  CONSUMER_ATTEMPTS_MAX: integer(1, 25, 8).describe(
    'tries before a message is a dead letter of its consumer; the pauses are those of events',
  ),
  INVOICE_SERIES: z
    .string()
    .regex(/^[A-Z0-9][A-Z0-9/-]{0,19}$/)
    .default('INV')
    .describe('series in which the consumer invoices counts its numbers'),
  CRM_URL: optionalUrl(['https://', 'http://'])
    .refine((value) => value === undefined || URL.canParse(value), { message: 'expected a URL' })
    .describe('where the consumer crm posts messages'),
  CRM_SECRETS: list
    .pipe(z.array(z.string().min(1)).max(4))
    .optional()
    .describe('secrets with which they are signed (Standard Webhooks), newest first'),
  CRM_TYPES: list
    .pipe(z.array(messageType).min(1))
    .default(['*'])
    .describe('types of messages that it posts: order.paid, order.* or *'),
  CRM_TIMEOUT_MS: integer(100, 120_000, 10_000).describe('for one request to it'),
  CRM_ALLOW_PRIVATE: z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true')
    .describe('true: the address may be a private one, and http; refused otherwise'),
  CRM_BREAKER_FAILURES: integer(1, 1000, 8).describe(
    'outages in a row after which it is left alone for a while',
  ),
  CRM_BREAKER_PAUSE_SECONDS: integer(1, 3600, 30).describe('how long it is left alone'),

  FAILPOINTS: z
    .string()
    .default('')
    .transform(parseFailPoints)
    .describe(
      'places at which the process dies, throws or hangs, for tests; refused in production: ' +
        'name[:detail][#pass][=action], comma-separated',
    ),

  DRAIN_SECONDS: integer(1, 600, 10).describe('how long a shutdown lets work finish'),
  READY_DELAY_MS: integer(0, 60_000, 2000).describe(
    'pause between "not ready" and closing the door, for clients and load balancers to go elsewhere',
  ),
});

/** The variables as they were read. */
export type Environment = z.infer<typeof environmentSchema>;
