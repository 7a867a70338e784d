import { environmentSchema, type Environment, type Role } from './environment.js';
import type { ShippedConsumer } from './consumers.js';
import { describeRedisAddress } from '../redis-address.js';
import { readSecrets, type SecretProblem } from './secrets.js';
import {
  DEVELOPMENT_TOKENS,
  productionTokenProblems,
  SECRET_LENGTH_MIN,
  type ApiToken,
} from './tokens.js';

const MILLISECONDS_PER_SECOND = 1000;

/** The configuration: read once at start-up, frozen, passed as an argument. */
export interface Config extends Omit<Environment, 'ROLES' | 'API_TOKENS' | 'CONSUMERS'> {
  readonly ROLES: readonly Role[];
  readonly API_TOKENS: readonly ApiToken[];
  readonly CONSUMERS: readonly ShippedConsumer[];
  /** By provider name, then account; newest first. */
  readonly providerSecrets: SecretsByAccounts;
  /** The same for the keys with which a provider's API is asked. */
  readonly providerApiKeys: SecretsByAccounts;
  /** True when the secrets are the well-known ones of development. */
  readonly usesDevelopmentSecrets: boolean;
  /** True when the token is the well-known one of development. */
  readonly usesDevelopmentToken: boolean;
  /** True when PostgreSQL is ours to start. */
  readonly embedded: boolean;
}

type SecretsByAccounts = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** Environment variables as Node gives them. */
type Variables = Readonly<Record<string, string | undefined>>;

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
 * @param apiKeyPrefixes the same for its API keys
 * @throws ConfigError with every problem found
 */
export function readConfig(
  environment: Variables,
  secretPrefixes: ReadonlyMap<string, string>,
  apiKeyPrefixes: ReadonlyMap<string, string> = new Map(),
): Config {
  const parsed = environmentSchema.safeParse(withoutEmpty(environment));
  const isProduction = environment['NODE_ENV'] === 'production';
  const isTrial = !isProduction && !environment['DATABASE_URL'] && isLoopback(environment['HOST']);
  const lengthMin = isProduction ? SECRET_LENGTH_MIN.production : SECRET_LENGTH_MIN.elsewhere;
  const secrets = readSecrets(environment, secretPrefixes, lengthMin);
  const apiKeys = readSecrets(withoutEmpty(environment), apiKeyPrefixes, lengthMin);
  const usesDevelopmentSecrets = isTrial && secrets.byProvider.size === 0;

  const problems = unique([
    ...(parsed.error?.issues ?? []).map((one) => `${one.path.join('.')}: ${one.message}`),
    ...[...secrets.problems, ...apiKeys.problems].map(describeProblem),
    ...(usesDevelopmentSecrets ? [] : missingSecretProblems(secrets, secretPrefixes)),
    ...productionTokenProblems(environment),
    ...limitProblems(parsed.data),
    ...productionProblems(parsed.data),
    ...crmProblems(parsed.data),
    ...poolerProblems(parsed.data),
  ]);
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);

  const usesDevelopmentToken = isTrial && parsed.data.API_TOKENS.length === 0;
  return Object.freeze({
    ...parsed.data,
    PORT: portOf(environment, parsed.data),
    CONSUMERS: consumersOf(environment, parsed.data),
    API_TOKENS: usesDevelopmentToken ? DEVELOPMENT_TOKENS : parsed.data.API_TOKENS,
    usesDevelopmentToken,
    providerSecrets: usesDevelopmentSecrets
      ? developmentSecrets(secretPrefixes.keys())
      : secrets.byProvider,
    providerApiKeys: apiKeys.byProvider,
    usesDevelopmentSecrets,
    embedded: !environment['DATABASE_URL'],
  });
}

/** Whoever tries Tollgate without any configuration sees what it is for. */
const EMBEDDED_CONSUMERS: readonly ShippedConsumer[] = ['invoices', 'access'];

function consumersOf(environment: Variables, { CONSUMERS }: Environment) {
  return CONSUMERS ?? (environment['DATABASE_URL'] ? [] : EMBEDDED_CONSUMERS);
}

/** A consumer that is asked for must be able to work. */
function crmProblems(environment: Environment | undefined): string[] {
  if (!environment?.CONSUMERS?.includes('crm')) return [];
  const { CRM_URL, CRM_SECRETS = [] } = environment;
  return [
    ...(CRM_URL === undefined ? ['CRM_URL: must be set, since CONSUMERS names crm'] : []),
    ...(CRM_SECRETS.length === 0 ? ['CRM_SECRETS: must be set, since CONSUMERS names crm'] : []),
  ];
}

/** A way around a pooler is of no use without one. */
function poolerProblems(environment: Environment | undefined): string[] {
  if (environment?.DATABASE_DIRECT_URL === undefined) return [];
  return environment.DATABASE_URL === undefined
    ? ['DATABASE_DIRECT_URL: needs a DATABASE_URL, which is the pooler before it']
    : [];
}

/** Secrets that everybody knows may only be used where nobody else can reach. */
function isLoopback(host: string | undefined): boolean {
  return !host || ['127.0.0.1', '::1', 'localhost'].includes(host);
}

/** Without any secret nothing can be received, so nothing is started. */
function missingSecretProblems(
  { byProvider, problems }: ReturnType<typeof readSecrets>,
  secretPrefixes: ReadonlyMap<string, string>,
): string[] {
  if (byProvider.size > 0 || problems.length > 0) return []; // what is wrong is told already
  return [
    `no provider has a secret: set ${[...secretPrefixes.values()].join(' or ')} ` +
      '(development secrets are used only with the embedded PostgreSQL on a loopback HOST)',
  ];
}

/** Limits that make no sense together. */
function limitProblems(environment: Environment | undefined): string[] {
  if (!environment) return [];
  const { BODY_BYTES_MAX, ADMISSION_BYTES_MAX } = environment;
  return BODY_BYTES_MAX > ADMISSION_BYTES_MAX
    ? ['ADMISSION_BYTES_MAX: must not be under BODY_BYTES_MAX, else a large body is a 503 for ever']
    : [];
}

/** What is of use elsewhere, and only does harm in production. */
function productionProblems(environment: Environment | undefined): string[] {
  if (environment?.NODE_ENV !== 'production') return [];
  const { STRIPE_API_BASE, PAYSTACK_API_BASE, FAILPOINTS } = environment;
  const bases = Object.entries({ STRIPE_API_BASE, PAYSTACK_API_BASE });
  return [
    ...bases
      .filter(([, base]) => base?.startsWith('http://') === true && !isLoopback(hostOf(base)))
      .map(([name]) => `${name}: an API key must not travel in clear text; use https`),
    ...(FAILPOINTS.length > 0 ? ['FAILPOINTS: only for tests'] : []),
  ];
}

function hostOf(base: string): string {
  return new URL(base).hostname.replace(/^\[(.*)\]$/, '$1');
}

/** One variable may hold both what signs and what asks: its problems are told once. */
function unique(problems: readonly string[]): string[] {
  return [...new Set(problems)];
}

/** A process that only works serves its health on any free port, unless one is named. */
function portOf(environment: Variables, { PORT, ROLES }: Environment): number {
  return environment['PORT'] || ROLES.includes('api') ? PORT : 0;
}

/** {@link readConfig} of this process. The only place that reads `process.env`. */
export function loadConfig(
  secretPrefixes: ReadonlyMap<string, string>,
  apiKeyPrefixes: ReadonlyMap<string, string>,
): Config {
  return readConfig(process.env, secretPrefixes, apiKeyPrefixes);
}

/** What the migration commands need: past a pooler. @throws ConfigError without a `DATABASE_URL` */
export function loadDatabaseUrl(): { databaseUrl: string; queueSchema: string } {
  const wanted = environmentSchema.pick({
    DATABASE_URL: true,
    DATABASE_DIRECT_URL: true,
    QUEUE_PREFIX: true,
  });
  const variables = wanted.parse(withoutEmpty(process.env));
  const { DATABASE_URL, DATABASE_DIRECT_URL, QUEUE_PREFIX } = variables;
  if (DATABASE_URL === undefined) {
    throw new ConfigError(['DATABASE_URL: must be set; an embedded PostgreSQL migrates at start']);
  }
  return { databaseUrl: DATABASE_DIRECT_URL ?? DATABASE_URL, queueSchema: QUEUE_PREFIX };
}

/** What may be logged of the configuration: never a secret, a token or a password. */
export function summarizeConfig(config: Config): Record<string, unknown> {
  const { API_TOKENS, providerSecrets, providerApiKeys, ...rest } = config;
  const { DATABASE_URL, DATABASE_DIRECT_URL, REDIS_URL, CRM_URL, CRM_SECRETS, ...plain } = rest;
  return {
    ...plain,
    DATABASE_URL: DATABASE_URL === undefined ? 'embedded' : withoutPassword(DATABASE_URL),
    DATABASE_DIRECT_URL:
      DATABASE_DIRECT_URL === undefined ? 'none: no pooler' : withoutPassword(DATABASE_DIRECT_URL),
    REDIS_URL:
      REDIS_URL === undefined ? 'none: queues in PostgreSQL' : describeRedisAddress(REDIS_URL),
    CRM_URL: CRM_URL === undefined ? 'none' : new URL(CRM_URL).host, // a path may be a secret
    CRM_SECRETS: `${CRM_SECRETS?.length ?? 0} active`,
    API_TOKENS: API_TOKENS.map(({ name, role }) => `${name}:${role}`),
    secrets: countSecrets(providerSecrets),
    apiKeys: countSecrets(providerApiKeys),
  };
}

function countSecrets(byProvider: SecretsByAccounts): string[] {
  return [...byProvider].flatMap(([provider, accounts]) =>
    [...accounts].map(([account, list]) => `${provider}/${account}: ${list.length} active`),
  );
}

function developmentSecrets(
  providers: Iterable<string>,
): ReadonlyMap<string, ReadonlyMap<string, readonly string[]>> {
  return new Map(
    [...providers].map((name) => [name, new Map([['default', [`development-secret-of-${name}`]]])]),
  );
}

/** An empty variable is one that is not set, except where emptiness itself is the mistake. */
function withoutEmpty(environment: Variables) {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

function describeProblem(problem: SecretProblem): string {
  return `${problem.variable}: ${problem.message}`;
}

/** Host and path alone: a password may also stand in the query. */
function withoutPassword(value: string): string {
  if (!URL.canParse(value)) return 'set';
  const { protocol, host, pathname } = new URL(value);
  return `${protocol}//${host}${pathname}`;
}

/** Seconds of the configuration as the milliseconds that timers want. */
export function milliseconds(seconds: number): number {
  return seconds * MILLISECONDS_PER_SECOND;
}
