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
 * @returns {Promise<{ url: string, pid: number | null, version: string,
 *   forget: (prefix: string) => Promise<void>, countCommands: () => Promise<CommandCounts>,
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
    countCommands: () => countCommands(redis),
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

/**
 * Commands that ran so far, by `INFO commandstats`; those that scripts run are counted there too.
 * @typedef {{ commands: number, scripts: number }} CommandCounts `scripts`: how many of them were
 * calls of a script
 */

/** @returns {Promise<CommandCounts>} without what the bench itself asks */
async function countCommands(redis) {
  const counts = [...(await redis.info('commandstats')).matchAll(/^cmdstat_(\S+):calls=(\d+)/gm)]
    .map(([, name, calls]) => [name, Number(calls)])
    .filter(([name]) => name !== 'info');
  const sum = (chosen) => chosen.reduce((total, [, calls]) => total + calls, 0);
  const isScript = ([name]) => /^(eval|fcall)/.test(name);
  return { commands: sum(counts), scripts: sum(counts.filter(isScript)) };
}
