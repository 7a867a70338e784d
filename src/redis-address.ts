/** One place at which somebody of the Redis side listens. */
export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

interface RedisLogin {
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Connections are encrypted, those to Sentinels too. */
  readonly isTls: boolean;
}

/** Where the queues are, as `REDIS_URL` says it. */
export type RedisAddress =
  | { readonly kind: 'single'; readonly url: string }
  | (RedisLogin & {
      readonly kind: 'cluster';
      /** Some nodes of it; they name the others. */
      readonly hosts: readonly RedisHost[];
    })
  | (RedisLogin & {
      readonly kind: 'sentinel';
      /** Some Sentinels; they name the others, and the master. */
      readonly hosts: readonly RedisHost[];
      /** What the Sentinels call the master that they watch. */
      readonly master: string;
      readonly database: number;
      readonly sentinelUsername: string | undefined;
      readonly sentinelPassword: string | undefined;
    });

/** What the message of {@link readRedisAddress} lists, and nothing of what was given. */
export const REDIS_URL_FORMS =
  'redis://host:6379, redis-cluster://host:7000,host:7001 or ' +
  'redis-sentinel://host:26379,host:26379/name-of-the-master, each with rediss… for TLS';

const DEFAULT_PORT = { cluster: 6379, sentinel: 26_379 } as const;
const DATABASE_MAX = 65_535;
const SEVERAL =
  /^(?<scheme>rediss?)-(?<kind>cluster|sentinel):\/\/(?:(?<login>[^@/?#]*)@)?(?<hosts>[^/?#@]*)(?:\/(?<path>[^?#]*))?(?:\?(?<query>[^#]*))?$/;
const HOST = /^(?<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(?<port>\d{1,5}))?$/;

/**
 * Reads `REDIS_URL`. User and password stand where they stand in every address, percent-encoded:
 * `redis-cluster://user:password@host:7000,host:7001`. Those of the Sentinels themselves, where they
 * have any, are the parameters `sentinelUsername` and `sentinelPassword`.
 *
 * @throws Error saying what is wrong, without quoting what may be a password
 */
export function readRedisAddress(url: string): RedisAddress {
  if (/^rediss?:\/\//.test(url)) {
    if (!URL.canParse(url)) throw new Error(`expected ${REDIS_URL_FORMS}`);
    return { kind: 'single', url };
  }
  const parts = SEVERAL.exec(url)?.groups;
  if (!parts) throw new Error(`must be ${REDIS_URL_FORMS}`);
  const kind = parts['kind'] === 'cluster' ? 'cluster' : 'sentinel';
  const address = {
    hosts: readHosts(parts['hosts'] ?? '', DEFAULT_PORT[kind]),
    ...readLogin(parts['login']),
    isTls: parts['scheme'] === 'rediss',
  };
  const path = decode(parts['path'] ?? '');
  const query = new URLSearchParams(parts['query'] ?? '');
  if (kind === 'cluster') {
    if (path !== '') throw new Error('a cluster has no numbered databases: leave the path away');
    refuseParameters(query, []);
    return { kind, ...address };
  }
  refuseParameters(query, ['sentinelUsername', 'sentinelPassword']);
  return {
    kind,
    ...address,
    ...readMaster(path),
    sentinelUsername: query.get('sentinelUsername') ?? undefined,
    sentinelPassword: query.get('sentinelPassword') ?? undefined,
  };
}

/** The same for people and logs: hosts and names alone. */
export function describeRedisAddress(url: string): string {
  const address = readRedisAddress(url);
  if (address.kind === 'single') {
    const { protocol, host, pathname } = new URL(address.url);
    return `${protocol}//${host}${pathname}`;
  }
  const scheme = `${address.isTls ? 'rediss' : 'redis'}-${address.kind}`;
  const hosts = address.hosts.map(({ host, port }) => `${bracketed(host)}:${port}`).join(',');
  const path = address.kind === 'sentinel' ? `/${address.master}/${address.database}` : '';
  return `${scheme}://${hosts}${path}`;
}

function readHosts(list: string, defaultPort: number): RedisHost[] {
  const hosts = list.split(',').map((one) => {
    const groups = HOST.exec(one.trim())?.groups;
    const port = Number(groups?.['port'] ?? defaultPort);
    if (!groups || port < 1 || port > 65_535) {
      throw new Error('expected one or more host:port, comma-separated');
    }
    return { host: (groups['host'] ?? '').replace(/^\[(.*)\]$/, '$1'), port };
  });
  return hosts;
}

function readLogin(login: string | undefined): Pick<RedisLogin, 'username' | 'password'> {
  if (login === undefined) return { username: undefined, password: undefined };
  const [username = '', ...password] = login.split(':');
  return {
    username: decode(username) || undefined,
    password: decode(password.join(':')) || undefined,
  };
}

function readMaster(path: string): { readonly master: string; readonly database: number } {
  const [master = '', database = '0', ...rest] = path.split('/');
  if (!/^[A-Za-z0-9._-]+$/.test(master) || rest.length > 0) {
    throw new Error('name the master behind the Sentinels: redis-sentinel://…/mymaster');
  }
  if (!/^\d{1,5}$/.test(database) || Number(database) > DATABASE_MAX) {
    throw new Error('behind the name of the master only the number of a database may follow');
  }
  return { master, database: Number(database) };
}

function refuseParameters(query: URLSearchParams, known: readonly string[]): void {
  if ([...query.keys()].every((name) => known.includes(name))) return;
  const list = known.length === 0 ? 'none' : known.join(' and ');
  throw new Error(`has a parameter that is unknown; known are: ${list}`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('has a % that encodes nothing: write %25 for it');
  }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
