import { spawn, spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.mjs';
import { startRedis } from './redis-process.mjs';

export const MASTER = 'tollgate-master';

const MASTERS = 3;
const READY_MS_MAX = 30_000;
/** Silence after which the others hold a node or a master for dead. */
const SILENCE_MS = 2000;

/**
 * Starts a Redis Cluster of three masters with a replica each.
 * @returns the value for REDIS_URL, and its processes by port
 */
export async function startRedisCluster({ program, folder }) {
  const nodes = new Map();
  for (let count = 0; count < 2 * MASTERS; count += 1) {
    const port = await freePort();
    const own = join(folder, `node-${port}`);
    await mkdir(own, { recursive: true });
    const more = {
      databases: 1,
      'cluster-enabled': 'yes',
      'cluster-config-file': join(own, 'nodes.conf'),
      'cluster-port': await freePort(),
      'cluster-node-timeout': SILENCE_MS,
    };
    nodes.set(port, await startRedis({ program, port, folder: own, more }));
  }
  const addresses = [...nodes.keys()].map((port) => `127.0.0.1:${port}`);
  const made = redisCli([
    '--cluster',
    'create',
    ...addresses,
    '--cluster-replicas',
    '1',
    '--cluster-yes',
  ]);
  if (made.status !== 0) throw new Error(`no cluster was made: ${made.stdout}${made.stderr}`);
  for (const port of nodes.keys()) {
    await until(`the cluster, as ${port} sees it`, () => {
      const state = redisCli(['-p', String(port), 'cluster', 'info']).stdout;
      const replication = redisCli(['-p', String(port), 'info', 'replication']).stdout;
      const isInStep =
        !replication.includes('role:slave') || /master_link_status:up/.test(replication);
      return state.includes('cluster_state:ok') && isInStep;
    });
  }
  // Two of them are enough to be told of the others.
  return { url: `redis-cluster://${addresses.slice(0, 2).join(',')}`, nodes };
}

/**
 * Starts a master, a replica of it and a Sentinel that watches over them. The first Sentinel in the
 * address does not exist, as one that was lost.
 */
export async function startRedisSentinel({ program, folder }) {
  const nodes = new Map();
  const [master, replica, sentinel] = [await freePort(), await freePort(), await freePort()];
  for (const port of [master, replica]) {
    const own = join(folder, `node-${port}`);
    await mkdir(own, { recursive: true });
    const more = port === replica ? { replicaof: `127.0.0.1 ${master}` } : {};
    const all = { 'repl-diskless-sync-delay': 0, ...more };
    nodes.set(port, await startRedis({ program, port, folder: own, more: all }));
  }
  const own = join(folder, 'sentinel');
  await mkdir(own, { recursive: true });
  const file = join(own, 'sentinel.conf');
  await writeFile(
    file,
    `bind 127.0.0.1\nport ${sentinel}\ndir ${own}\n` +
      `sentinel monitor ${MASTER} 127.0.0.1 ${master} 1\n` +
      `sentinel down-after-milliseconds ${MASTER} ${SILENCE_MS}\n` +
      `sentinel failover-timeout ${MASTER} 10000\n`,
  );
  const child = spawn(program, [file, '--sentinel'], { detached: true, stdio: 'ignore', cwd: own });
  nodes.set(sentinel, child);
  await until('the Sentinel', () =>
    /slaves=1/.test(redisCli(['-p', String(sentinel), 'info', 'sentinel']).stdout),
  );
  const nobody = await freePort();
  const url = `redis-sentinel://127.0.0.1:${nobody},127.0.0.1:${sentinel}/${MASTER}`;
  return { url, nodes };
}

/** Ends every one of them at once, and waits until they are gone. */
export async function stopAll({ nodes }) {
  for (const child of nodes.values()) child.kill('SIGKILL');
  await until('the end', () =>
    [...nodes.values()].every(
      ({ exitCode, signalCode }) => exitCode !== null || signalCode !== null,
    ),
  );
}

function redisCli(args) {
  return spawnSync('redis-cli', ['-h', '127.0.0.1', ...args], {
    encoding: 'utf8',
    timeout: 20_000,
  });
}

async function until(what, holds) {
  const deadline = Date.now() + READY_MS_MAX;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`${what} did not come`);
    await delay(100);
  }
}
