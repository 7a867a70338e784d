import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const START_SECONDS_MAX = 60;
const STOP_MS_MAX = 20_000;
const RETRY_MS = 50;

/** Everything that was started and still runs; ended by its own id, whatever happens. */
const running = new Set();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Starts a server and waits until its port takes connections.
 * @param {{ program: string, args: string[], port: number, logFile: string, cwd?: string,
 *   environment?: Record<string, string> }} options nothing of our own environment is passed on
 * but the PATH
 * @returns {Promise<{ pid: number, stop: () => Promise<void> }>}
 */
export async function startServer({ program, args, port, logFile, cwd, environment = {} }) {
  const log = openSync(logFile, 'w');
  const child = spawn(program, args, {
    cwd,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  running.add(child);
  const ended = once(child, 'exit').finally(() => running.delete(child));
  const failed = ended.then(([code]) => {
    throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${tail(logFile)}`);
  });
  failed.catch(() => undefined); // its end is expected once it is stopped
  try {
    await Promise.race([untilListening(port), failed]);
  } catch (error) {
    child.kill('SIGKILL'); // nobody else knows it; one that goes on takes part in the next turn
    throw error;
  }
  return { pid: child.pid, stop: () => stop(child, ended) };
}

async function stop(child, ended) {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  await ended;
  clearTimeout(timer);
}

/** A port of this machine that is free now. */
export async function findFreePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function untilListening(port) {
  const giveUpAtMs = Date.now() + START_SECONDS_MAX * 1000;
  while (Date.now() < giveUpAtMs) {
    if (await takesConnections(port)) return;
    await delay(RETRY_MS);
  }
  throw new Error(`nothing listens on port ${port} after ${START_SECONDS_MAX} s`);
}

function takesConnections(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true) || socket.destroy());
    socket.once('error', () => resolve(false));
  });
}

function tail(logFile) {
  return readFileSync(logFile, 'utf8').split('\n').slice(-20).join('\n');
}
