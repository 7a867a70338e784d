import { Redis } from 'ioredis';
import { describeError, fail, ok, skipped, warn, type Check } from './check.js';

const ANSWER_MS_MAX = 3000;
/** What BullMQ needs, and what it would rather have. */
const VERSION_OLDEST = [5, 0] as const;
const VERSION_BETTER = [6, 2] as const;

/** Redis, when the queues are there: reachable, new enough, and not one that throws jobs away. */
export async function checkRedis(redisUrl: string | undefined): Promise<Check[]> {
  if (redisUrl === undefined) return [skipped('redis', 'not used: the queues are in PostgreSQL')];
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: ANSWER_MS_MAX,
    commandTimeout: ANSWER_MS_MAX,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let lastError: unknown = null;
  redis.on('error', (error: unknown) => (lastError = error));
  try {
    await redis.connect();
    return judgeRedis(await redis.info());
  } catch (error) {
    const found = describeError(lastError ?? error);
    return [
      fail('redis', found, 'see that it runs, and check REDIS_URL; events are stored meanwhile'),
    ];
  } finally {
    redis.disconnect();
  }
}

/** @param info what `INFO` answers */
export function judgeRedis(info: string): Check[] {
  const facts = new Map(
    info.split(/\r?\n/).map((line): [string, string] => {
      const [name = '', ...rest] = line.split(':');
      return [name, rest.join(':')];
    }),
  );
  return [judgeVersion(facts), judgeEviction(facts), describePersistence(facts)];
}

function judgeVersion(facts: ReadonlyMap<string, string>): Check {
  const version = facts.get('valkey_version') ?? facts.get('redis_version') ?? '';
  const found = `${facts.has('valkey_version') ? 'Valkey' : 'Redis'} ${version}`;
  const isBelow = ([major, minor]: readonly [number, number]) => {
    const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
    return ownMajor < major || (ownMajor === major && ownMinor < minor);
  };
  if (isBelow(VERSION_OLDEST)) return fail('redis', found, 'BullMQ needs 5.0 or newer');
  if (isBelow(VERSION_BETTER)) return warn('redis', found, 'BullMQ asks for 6.2 or newer');
  return ok('redis', found);
}

function judgeEviction(facts: ReadonlyMap<string, string>): Check {
  const policy = facts.get('maxmemory_policy') ?? 'unknown';
  const found = `maxmemory-policy ${policy}`;
  if (policy === 'noeviction') return ok('redis memory', found);
  const advice = 'set maxmemory-policy noeviction: with any other one jobs vanish in their middle';
  return fail('redis memory', found, advice);
}

/** Never a problem: what Redis forgets is rung for again. */
function describePersistence(facts: ReadonlyMap<string, string>): Check {
  const found = facts.get('aof_enabled') === '1' ? 'append-only file' : 'no append-only file';
  return ok('redis persistence', `${found}; none is needed, what is forgotten is rung for again`);
}
