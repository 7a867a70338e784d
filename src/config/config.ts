import { z } from 'zod';
import { readSecrets, type SecretProblem } from './secrets.js';

const MILLISECONDS_PER_SECOND = 1000;

/** A whole number within limits; every one of them has an upper limit, so a typo cannot hang us. */
const integer = (min: number, max: number, fallback: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

const optionalUrl = (protocols: readonly string[]) =>
  z
    .string()
    .optional()
    .refine((value) => value === undefined || protocols.some((one) => value.startsWith(one)), {
      message: `must start with ${protocols.join(' or ')}`,
    });

const ROLES = ['api', 'worker'] as const;
export type Role = (typeof ROLES)[number];

const API_ROLES = ['viewer', 'operator', 'service'] as const;
export type ApiRole = (typeof API_ROLES)[number];

/** A token for the read and command routes. */
export interface ApiToken {
  readonly name: string;
  readonly role: ApiRole;
  readonly token: string;
}

/** A secret or token of fewer characters is refused: it can be guessed. */
const SECRET_LENGTH_MIN = { production: 16, elsewhere: 8 } as const;

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
  REDIS_URL: optionalUrl(['redis://', 'rediss://']).describe(
    'Redis for BullMQ; without it BullMQ keeps its queues in PostgreSQL',
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
    .describe('name:role:token, comma-separated; roles viewer, operator, service'),
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
    'bytes of bodies waiting for their INSERT',
  ),

  RING_GRACE_SECONDS: integer(1, 3600, 10).describe(
    'how long a new event may wait for its ring before the sweeper rings again',
  ),
  SWEEP_INTERVAL_SECONDS: integer(1, 3600, 2).describe('pause between two looks of the sweeper'),
  SWEEP_EVENTS_MAX: integer(1, 10_000, 500).describe('events one look of the sweeper rings for'),
  RING_EVENTS_MAX: integer(1, 1000, 100).describe('events one ring of the sweeper names'),
  WORKER_CONCURRENCY: integer(1, 64, 4).describe('rings one worker process works on at once'),
  WORKER_LOCK_SECONDS: integer(1, 3600, 30).describe(
    'after this a silent worker counts as dead and its ring is given to another',
  ),
  ATTEMPTS_MAX: integer(1, 25, 8).describe('tries before an event is a dead letter'),
  BACKOFF_BASE_SECONDS: integer(1, 3600, 30).describe('upper bound of the first pause'),
  BACKOFF_FACTOR: z.coerce.number().min(1).max(10).default(4).describe('growth per attempt'),
  BACKOFF_CAP_SECONDS: integer(1, 604_800, 86_400).describe('no pause is longer'),

  DRAIN_SECONDS: integer(1, 600, 10).describe('how long a shutdown lets work finish'),
  READY_DELAY_MS: integer(0, 60_000, 0).describe(
    'pause between "not ready" and closing the door, for load balancers to notice',
  ),
});

type Environment = z.infer<typeof environmentSchema>;

/** The configuration: read once at start-up, frozen, passed as an argument. */
export interface Config extends Omit<Environment, 'ROLES' | 'API_TOKENS'> {
  readonly ROLES: readonly Role[];
  readonly API_TOKENS: readonly ApiToken[];
  /** By provider name, then account; newest first. */
  readonly providerSecrets: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
  /** True when the secrets and tokens are the well-known ones of development. */
  readonly usesDevelopmentSecrets: boolean;
  /** True when PostgreSQL is ours to start. */
  readonly embedded: boolean;
}

/** What start-up says when the configuration cannot be used: all problems at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(`the configuration cannot be used:\n${problems.map((one) => `  - ${one}`).join('\n')}`);
  }
}

/**
 * Reads the configuration out of environment variables.
 * @param secretPrefixes provider name → prefix of the variables that hold its secrets
 * @throws ConfigError with every problem found
 */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  secretPrefixes: ReadonlyMap<string, string>,
): Config {
  const parsed = environmentSchema.safeParse(withoutEmpty(environment));
  const problems: string[] = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);

  const production = environment['NODE_ENV'] === 'production';
  const embedded = !environment['DATABASE_URL'];
  const lengthMin = production ? SECRET_LENGTH_MIN.production : SECRET_LENGTH_MIN.elsewhere;
  const secrets = readSecrets(environment, secretPrefixes, lengthMin);
  problems.push(...secrets.problems.map(describeProblem));

  const nothingSet = secrets.byProvider.size === 0;
  const usesDevelopmentSecrets = !production && embedded && nothingSet;
  if (nothingSet && !usesDevelopmentSecrets && secrets.problems.length === 0) {
    problems.push(
      `no provider has a secret: set ${[...secretPrefixes.values()].join(' or ')} ` +
        '(development secrets are used only with the embedded PostgreSQL)',
    );
  }
  if (production && parsed.success) problems.push(...productionTokenProblems(parsed.data));
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);

  const tokens = parsed.data.API_TOKENS;
  return Object.freeze({
    ...parsed.data,
    API_TOKENS: tokens.length === 0 && embedded && !production ? DEVELOPMENT_TOKENS : tokens,
    providerSecrets: usesDevelopmentSecrets
      ? developmentSecrets(secretPrefixes.keys())
      : secrets.byProvider,
    usesDevelopmentSecrets,
    embedded,
    PORT: portOf(environment, parsed.data),
  });
}

/** A process that only works serves its health on any free port, unless one is named. */
function portOf(
  environment: Readonly<Record<string, string | undefined>>,
  { PORT, ROLES }: Environment,
): number {
  return environment['PORT'] || ROLES.includes('api') ? PORT : 0;
}

/** {@link readConfig} of this process. The only place that reads `process.env`. */
export function loadConfig(secretPrefixes: ReadonlyMap<string, string>): Config {
  return readConfig(process.env, secretPrefixes);
}

/** What the migration commands need. @throws ConfigError without a `DATABASE_URL` */
export function loadDatabaseUrl(): { databaseUrl: string; queueSchema: string } {
  const wanted = environmentSchema.pick({ DATABASE_URL: true, QUEUE_PREFIX: true });
  const { DATABASE_URL, QUEUE_PREFIX } = wanted.parse(withoutEmpty(process.env));
  if (DATABASE_URL === undefined) {
    throw new ConfigError(['DATABASE_URL: must be set; an embedded PostgreSQL migrates at start']);
  }
  return { databaseUrl: DATABASE_URL, queueSchema: QUEUE_PREFIX };
}

/** What may be logged of the configuration: never a secret, a token or a password. */
export function summarizeConfig(config: Config): Record<string, unknown> {
  const { API_TOKENS, providerSecrets, DATABASE_URL, REDIS_URL, ...plain } = config;
  return {
    ...plain,
    DATABASE_URL: DATABASE_URL === undefined ? 'embedded' : withoutPassword(DATABASE_URL),
    REDIS_URL: REDIS_URL === undefined ? 'none: queues in PostgreSQL' : withoutPassword(REDIS_URL),
    API_TOKENS: API_TOKENS.map(({ name, role }) => `${name}:${role}`),
    secrets: [...providerSecrets].flatMap(([provider, accounts]) =>
      [...accounts].map(([account, list]) => `${provider}/${account}: ${list.length} active`),
    ),
  };
}

const DEVELOPMENT_TOKENS: readonly ApiToken[] = [
  { name: 'development', role: 'operator', token: 'development-operator-token' },
];

function developmentSecrets(
  providers: Iterable<string>,
): ReadonlyMap<string, ReadonlyMap<string, readonly string[]>> {
  return new Map(
    [...providers].map((name) => [name, new Map([['default', [`development-secret-of-${name}`]]])]),
  );
}

/** An empty variable is one that is not set, except where emptiness itself is the mistake. */
function withoutEmpty(environment: Readonly<Record<string, string | undefined>>) {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

function parseTokens(value: string, context: z.RefinementCtx): ApiToken[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .flatMap((part, index) => {
      const [name = '', role = '', ...rest] = part.split(':');
      const token = rest.join(':');
      const knownRole = API_ROLES.find((one) => one === role);
      const problem = tokenProblem(name, knownRole, token);
      if (problem === null && knownRole) return [{ name, role: knownRole, token }];
      context.addIssue({ code: 'custom', message: `entry ${index + 1}: ${problem ?? ''}` });
      return [];
    });
}

function tokenProblem(name: string, role: ApiRole | undefined, token: string): string | null {
  if (!/^[\w.-]{1,64}$/.test(name)) return 'expected name:role:token with a name of letters';
  if (!role) return `expected a role of ${API_ROLES.join(', ')}`;
  if (token.length < SECRET_LENGTH_MIN.elsewhere) return 'the token is too short';
  return null;
}

function productionTokenProblems({ API_TOKENS }: Environment): string[] {
  if (API_TOKENS.length === 0) {
    return ['API_TOKENS: must be set in production, else nobody can read anything'];
  }
  return API_TOKENS.filter(({ token }) => token.length < SECRET_LENGTH_MIN.production).map(
    ({ name }) =>
      `API_TOKENS: the token of ${name} needs ${SECRET_LENGTH_MIN.production} characters`,
  );
}

function describeProblem(problem: SecretProblem): string {
  return `${problem.variable}: ${problem.message}`;
}

function withoutPassword(value: string): string {
  if (!URL.canParse(value)) return 'set';
  const url = new URL(value);
  if (url.password !== '') url.password = '***';
  return url.toString();
}

/** Seconds of the configuration as the milliseconds that timers want. */
export function milliseconds(seconds: number): number {
  return seconds * MILLISECONDS_PER_SECOND;
}
