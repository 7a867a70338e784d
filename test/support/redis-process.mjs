import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram, installDebianPackage } from './debian-package.mjs';

const PROGRAMS = ['redis-server', 'valkey-server'];
const START_MS_MAX = 10_000;

/** Path of a Redis or Valkey server; null when there is none on the PATH. */
export function findRedisServer() {
  return findProgram(PROGRAMS);
}

/** Installs Debian's package where that is possible; null when it is not. */
export function installRedisServer() {
  installDebianPackage('redis-server');
  return findRedisServer();
}

/**
 * Starts a Redis on 127.0.0.1 and waits until it answers.
 * @returns its process
 */
export async function startRedis({ program, port, folder, persistence = 'none', more = {} }) {
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
    ...more,
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
