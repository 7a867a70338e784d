import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findFreePort, startServer } from './processes.mjs';

const PROGRAMS = ['redis-server', 'valkey-server'];
const KEYS_PER_SCAN = 5000;

/**
 * The Redis of `REDIS_URL`, else one of our own without persistence: the best case for whoever
 * adds a job per request.
 * @returns {Promise<{ url: string, pid: number | null, version: string, forget: (prefix: string) => Promise<void>,
 *   stop: () => Promise<void> } | null>} null when there is none
 */
export async function startRedis(folder) {
  const given = process.env.REDIS_URL;
  if (given) return attach(given, null, async () => undefined);

  const program = PROGRAMS.find((name) => spawnSync(name, ['--version']).status === 0);
  if (program === undefined) return null;
  mkdirSync(folder);
  const port = await findFreePort();
  const settings = { port, bind: '127.0.0.1', save: '', appendonly: 'no', dir: folder };
  const server = await startServer({
    program,
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    port,
    logFile: join(folder, 'redis.log'),
  });
  return attach(`redis://127.0.0.1:${port}`, server.pid, () => server.stop());
}

async function attach(url, pid, stop) {
  const redis = new Redis(url);
  const [, version = 'unknown'] = /redis_version:(\S+)/.exec(await redis.info('server')) ?? [];
  return {
    url,
    pid,
    version,
    forget: (prefix) => forget(redis, prefix),
    stop: async () => {
      redis.disconnect();
      await stop();
    },
  };
}

/** Removes the keys of one turn and no others: a Redis that was given to us may hold more. */
async function forget(redis, prefix) {
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}:*`, 'COUNT', KEYS_PER_SCAN);
    if (keys.length > 0) await redis.unlink(keys);
    cursor = next;
  } while (cursor !== '0');
}
