import { Redis } from 'ioredis';
import { fromGlobalSetup } from './environment.js';

/** Where the numbers of the databases are counted; no test gets this one. */
const COUNTER_DATABASE = 0;
const COUNTER = 'tollgate:tests:database';

/** Tells whether the shared Redis of the run exists. */
export const redisIsThere = process.env['TEST_REDIS_URL'] !== undefined;

/** Tells whether tests can start a Redis of their own; see `isolatedRedis`. */
export const redisServerIsThere = process.env['TEST_REDIS_SERVER'] !== undefined;

/**
 * Address of a numbered database of the shared Redis that no other test uses. Our own server has
 * a thousand; one given by REDIS_URL may have 16, and its databases then come round again, so
 * give the queues a prefix of their own too.
 */
export async function testRedisUrl(): Promise<string> {
  const url = new URL(fromGlobalSetup('TEST_REDIS_URL'));
  url.pathname = `/${COUNTER_DATABASE}`;
  const client = new Redis(url.href, { lazyConnect: true });
  try {
    const count = await client.incr(COUNTER);
    const [, databases] = (await client.config('GET', 'databases')) as [string, string];
    url.pathname = `/${1 + (count % (Number(databases) - 1))}`;
    return url.href;
  } finally {
    client.disconnect();
  }
}
