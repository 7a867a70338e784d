import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const PROGRAMS = ['redis-server', 'valkey-server'];
const START_MS_MAX = 10_000;
const INSTALL_MS_MAX = 180_000;

/** Path of a Redis or Valkey server; null when there is none on the PATH. */
export function findRedisServer() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const paths = PROGRAMS.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find(isExecutable) ?? null;
}

/** Installs Debian's package where that is possible; null when it is not. */
export function installRedisServer() {
  if (process.platform !== 'linux' || process.getuid() !== 0) return null;
  if (!isThere('apt-get')) return null;
  console.log('Installing redis-server for the tests …');
  const options = {
    // Without this policy Debian would start its own server, on the default port.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    stdio: 'ignore',
    timeout: INSTALL_MS_MAX,
  };
  spawnSync('apt-get', ['update', '-qq'], options);
  const install = ['install', '-y', '-qq', '--no-install-recommends', 'redis-server'];
  spawnSync('apt-get', install, options);
  return findRedisServer();
}

/**
 * Starts a Redis on 127.0.0.1 and waits until it answers.
 * @returns its process
 */
export async function startRedis({ program, port, folder, persistence = 'none' }) {
  const settings = {
    bind: '127.0.0.1',
    port,
    dir: folder,
    databases: 1024,
    save: '',
    appendonly: persistence === 'appendonly' ? 'yes' : 'no',
    // What BullMQ asks of a Redis: never to throw away a key to make room.
    'maxmemory-policy': 'noeviction',
    logfile: join(folder, 'redis.log'),
    pidfile: join(folder, 'redis.pid'),
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(program, args, { detached: true, stdio: 'ignore' });
  let failure = null;
  child.once('error', (error) => (failure = error));
  child.once('exit', (code) => (failure ??= new Error(`Redis ended with code ${code}`)));
  const deadline = Date.now() + START_MS_MAX;
  while (!(await answers(port))) {
    if (failure !== null) throw failure;
    if (Date.now() > deadline) throw new Error(`Redis does not answer on port ${port}`);
    await delay(20);
  }
  return child;
}

/** Asks one PING over a bare socket. */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => end(false));
    socket.once('error', () => end(false));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => end(data.toString().startsWith('+PONG')));
  });
}

function isThere(name) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => isExecutable(join(folder, name)));
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
