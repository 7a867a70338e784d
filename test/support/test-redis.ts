import { Cluster } from 'ioredis';
import { readRedisAddress } from '../../src/redis-address.js';
import { connectOnce } from '../../src/queues/redis-connection.js';
import { fromGlobalSetup } from './environment.js';

/** Where the numbers of the databases are counted; no test gets this one. */
const COUNTER_DATABASE = 0;
const COUNTER = 'tollgate:tests:database';

/** Tells whether the shared Redis of the run exists. */
export const redisIsThere = process.env['TEST_REDIS_URL'] !== undefined;

/** Tells whether tests can start a Redis of their own; see `isolatedRedis`. */
export const redisServerIsThere = process.env['TEST_REDIS_SERVER'] !== undefined;

/** True when every call of {@link testRedisUrl} gives a database that nobody else has. */
export const redisHasDatabases = !(process.env['TEST_REDIS_URL'] ?? '').includes('-cluster://');

const ANSWER_MS_MAX = 5000;

/**
 * Address of a numbered database of the shared Redis that no other test uses. Our own server has
 * a thousand; one given by REDIS_URL may have 16, and its databases then come round again, so
 * give the queues a prefix of their own too. A cluster has no such databases: it is emptied, and
 * the tests run one after the other.
 */
export async function testRedisUrl(): Promise<string> {
  const url = fromGlobalSetup('TEST_REDIS_URL');
  const client = connectOnce(readRedisAddress(inDatabase(url, COUNTER_DATABASE)), ANSWER_MS_MAX);
  client.on('error', () => undefined);
  try {
    await client.connect();
    if (client instanceof Cluster) {
      await Promise.all(client.nodes('master').map((node) => node.flushall()));
      return url;
    }
    const count = await client.incr(COUNTER);
    const [, databases] = (await client.config('GET', 'databases')) as [string, string];
    return inDatabase(url, 1 + (count % (Number(databases) - 1)));
  } finally {
    client.disconnect();
  }
}

/** One Redis has the database behind its host, and one behind Sentinels behind its name. */
function inDatabase(url: string, database: number): string {
  const address = readRedisAddress(url);
  if (address.kind === 'cluster') return url;
  const [base = url] = url.split('?');
  if (address.kind === 'single') {
    const numbered = new URL(url);
    numbered.pathname = `/${database}`;
    return numbered.href;
  }
  return `${base.replace(/\/\d+$/, '')}/${database}`;
}
