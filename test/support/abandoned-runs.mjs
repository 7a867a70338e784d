import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const RUN_FOLDER = /^tollgate-test-(\d+)-/;
const STOP_MS_MAX = 10_000;

/** The folder of a run is named for its process, so that the next run can clean up after it. */
export function runFolderPrefix(pid) {
  return `tollgate-test-${pid}-`;
}

/** Folders of runs whose Jest was killed, with servers that perhaps still run. */
export async function abandonedRuns() {
  return readdirSync(tmpdir())
    .filter((name) => RUN_FOLDER.test(name) && !isAlive(Number(RUN_FOLDER.exec(name)[1])))
    .map((name) => join(tmpdir(), name))
    .filter((path) => isOurs(path));
}

/** Ends the servers that work in a run's folder, and removes it. */
export async function removeRun(folder) {
  const processes = processesIn(folder);
  const pids = processes.map(({ pid }) => pid);
  for (const pid of pids) signal(pid, 'SIGCONT'); // a test may have paused them
  for (const { pid, parent } of processes) {
    // Only to servers, whose children follow. PostgreSQL and Redis both end at once, clients or
    // not, and give their shared memory back, which SIGKILL would leave behind.
    if (!pids.includes(parent)) signal(pid, 'SIGINT');
  }
  const deadline = Date.now() + STOP_MS_MAX;
  while (pids.some(isAlive)) {
    if (Date.now() > deadline) pids.forEach((pid) => signal(pid, 'SIGKILL'));
    await delay(20);
  }
  unmountIn(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
}

/** Small disks that a test has mounted, to fill them. */
function unmountIn(folder) {
  if (process.platform !== 'linux') return;
  const mounted = readFileSync('/proc/mounts', 'utf8').split('\n');
  for (const line of mounted) {
    const path = line.split(' ')[1] ?? '';
    if (path.startsWith(`${folder}/`)) spawnSync('umount', ['--lazy', path], { stdio: 'ignore' });
  }
}

/** Servers work in their data folder. Only Linux lets us look; elsewhere the pid files must do. */
function processesIn(folder) {
  if (process.platform !== 'linux') return pidFilesIn(folder);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        if (!readlinkSync(`/proc/${name}/cwd`).startsWith(folder)) return [];
        const status = readFileSync(`/proc/${name}/stat`, 'utf8');
        // "4711 (postgres) S 1 …": number, name, state, parent.
        const parent = status.slice(status.lastIndexOf(')') + 2).split(' ')[1];
        return [{ pid: Number(name), parent: Number(parent) }];
      } catch {
        return []; // it ended while we looked, or belongs to somebody else
      }
    });
}

function pidFilesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => ['postmaster.pid', 'redis.pid'].includes(basename(path)))
    .map((path) => Number(readFileSync(join(folder, path), 'utf8').split('\n')[0]))
    .filter((pid) => pid > 0 && isAlive(pid))
    .map((pid) => ({ pid, parent: 0 }));
}

function isOurs(path) {
  return process.getuid === undefined || statSync(path).uid === process.getuid();
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
