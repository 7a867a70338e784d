import { mkdir } from 'node:fs/promises';
import { freePort } from './free-port.mjs';
import { findRedisServer, installRedisServer, startRedis } from './redis-process.mjs';

const MISSING =
  'NOT TESTED: the Redis backend. There is no REDIS_URL, no redis-server or valkey-server on the ' +
  'PATH, and none could be installed. Install one, or set REDIS_URL.';

/**
 * Finds a Redis for the tests: REDIS_URL, else a server on the PATH, else Debian's package. Tells
 * the tests through TEST_REDIS_URL; and through TEST_REDIS_SERVER which program they may start
 * themselves in order to kill it.
 * @throws Error when there is none and CI=true; elsewhere it only says what is not tested
 */
export async function startTestRedis(folder) {
  const program = findRedisServer() ?? installRedisServer();
  if (program !== null) process.env.TEST_REDIS_SERVER = program;

  if (process.env.REDIS_URL) {
    process.env.TEST_REDIS_URL = process.env.REDIS_URL;
  } else if (program !== null) {
    process.env.TEST_REDIS_URL = await startOwn(program, folder);
  }

  if (program !== null && process.env.TEST_REDIS_URL) return;
  if (process.env.CI === 'true') throw new Error(MISSING);
  console.warn(`\n${MISSING}`);
}

async function startOwn(program, folder) {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const child = await startRedis({ program, port, folder });
  child.unref();
  return `redis://127.0.0.1:${port}`;
}
