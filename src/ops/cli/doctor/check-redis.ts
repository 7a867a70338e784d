import { readRedisAddress } from '../../../redis-address.js';
import { askEveryMaster, connectOnce } from '../../../queues/redis-connection.js';
import { describeError, fail, ok, skipped, warn, type Check } from './check.js';

const ANSWER_MS_MAX = 3000;
/** What BullMQ needs, and what it would rather have. */
const VERSION_OLDEST = [5, 0] as const;
const VERSION_BETTER = [6, 2] as const;

/** Redis, when the queues are there: reachable, new enough, and not one that throws jobs away. */
export async function checkRedis(redisUrl: string | undefined): Promise<Check[]> {
  if (redisUrl === undefined) return [skipped('redis', 'not used: the queues are in PostgreSQL')];
  const redis = connectOnce(readRedisAddress(redisUrl), ANSWER_MS_MAX);
  let lastError: unknown = null;
  redis.on('error', (error: unknown) => (lastError = error));
  try {
    await redis.connect();
    return judgeRedis(await askEveryMaster(redis));
  } catch (error) {
    const found = describeError(lastError ?? error);
    return [
      fail('redis', found, 'see that it runs, and check REDIS_URL; events are stored meanwhile'),
    ];
  } finally {
    redis.disconnect();
  }
}

/** @param infos what `INFO` answers: of one Redis, or of each master of a cluster */
export function judgeRedis(infos: readonly string[]): Check[] {
  const judged = infos
    .map(readFacts)
    .map((facts) => [judgeVersion(facts), judgeEviction(facts), describePersistence(facts)]);
  const [first = []] = judged;
  // Of nodes that differ, the first one is shown with which something is wrong.
  return first.map((one, at) => {
    const same = judged.map((checks) => checks[at] ?? one);
    return same.find(({ result }) => result === 'fail') ?? same.find(isNoted) ?? one;
  });
}

const isNoted = ({ result }: Check) => result !== 'ok';

function readFacts(info: string): ReadonlyMap<string, string> {
  return new Map(
    info.split(/\r?\n/).map((line): [string, string] => {
      const [name = '', ...rest] = line.split(':');
      return [name, rest.join(':')];
    }),
  );
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
