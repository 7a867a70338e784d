import { readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { isSystemError } from './embedded-binaries.js';

/** What a running PostgreSQL writes about itself into its data folder. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/** Lines of postmaster.pid, counted from zero. */
const LINE = { pid: 0, port: 3 } as const;

/** The state of a process that is dead, but whose parent has not asked about it yet. */
const ZOMBIE = 'Z';

/**
 * Finds the PostgreSQL that runs on the cluster in this folder.
 *
 * After a crash the file it leaves may name a process number that belongs to another program by
 * now, and PostgreSQL would refuse to start because of it. So the file is removed when that
 * program can be seen not to be ours. (Children that outlive their postmaster are found by
 * PostgreSQL itself, through their shared memory.)
 * @returns null when none runs
 */
export function findPostmaster(clusterDir: string): Postmaster | null {
  const file = join(clusterDir, 'postmaster.pid');
  const postmaster = readPidFile(file);
  if (postmaster === null || !isProcessAlive(postmaster.pid)) return null;
  if (isAnotherProgram(postmaster.pid, clusterDir)) {
    rmSync(file, { force: true });
    return null;
  }
  return postmaster;
}

/** Tells whether a process with this number exists, whoever it belongs to. */
export function isProcessAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isSystemError(error, 'ESRCH');
  }
}

function readPidFile(file: string): Postmaster | null {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return { pid: Number(lines[LINE.pid]), port: Number(lines[LINE.port]) };
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Only Linux tells; elsewhere, and where it refuses to, the file is believed. */
function isAnotherProgram(pid: number, clusterDir: string): boolean {
  if (platform() !== 'linux') return false;
  try {
    // "4711 (postgres) S 1 …"
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    if (status.charAt(status.lastIndexOf(')') + 2) === ZOMBIE) return true;
    if (!status.includes('(postgres)')) return true;
    // A postmaster works in its data folder, so this tells two PostgreSQLs apart.
    return readlinkSync(`/proc/${pid}/cwd`) !== realpathSync(clusterDir);
  } catch {
    return false;
  }
}
