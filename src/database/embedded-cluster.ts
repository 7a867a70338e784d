import { randomBytes } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isSystemError, type PostgresBinaries } from './embedded-binaries.js';
import { isProcessAlive } from './embedded-postmaster.js';
import type { SystemUser } from './embedded-system-user.js';

/** The superuser of the embedded database. */
export const EMBEDDED_ROLE = 'tollgate';

const PASSWORD_BYTES = 24;

/** A cluster in the making; the number is the process that makes it. */
const UNFINISHED = /^postgres\.new-(\d+)$/;

/** Where the embedded PostgreSQL keeps what, all of it under DATA_DIR. */
export interface EmbeddedPaths {
  readonly clusterDir: string;
  readonly passwordFile: string;
  readonly portFile: string;
  readonly logFile: string;
}

/** Names the files of the embedded PostgreSQL under an absolute DATA_DIR. */
export function embeddedPaths(dataDir: string): EmbeddedPaths {
  return {
    clusterDir: join(dataDir, 'postgres'),
    passwordFile: join(dataDir, 'postgres.password'),
    portFile: join(dataDir, 'postgres.port'),
    logFile: join(dataDir, 'postgres.log'),
  };
}

/**
 * Reads the random password of the embedded database, and makes it up the first time.
 * Two processes that do so at once end up with one password.
 */
export function readOrCreatePassword(passwordFile: string): string {
  if (!existsSync(passwordFile)) {
    const draft = `${passwordFile}.${process.pid}`;
    const password = randomBytes(PASSWORD_BYTES).toString('hex');
    writeFileSync(draft, password, { mode: 0o600, flush: true });
    try {
      // Unlike rename, link never replaces the file of somebody who was faster.
      linkSync(draft, passwordFile);
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error;
    } finally {
      unlinkSync(draft);
    }
  }
  return readFileSync(passwordFile, 'utf8').trim();
}

/**
 * Makes an empty cluster unless there is one. It is made beside its place and then renamed, so a
 * crash in the middle leaves nothing half-made behind.
 */
export async function createCluster(
  dataDir: string,
  password: string,
  binaries: PostgresBinaries,
  user: SystemUser,
): Promise<void> {
  removeUnfinished(dataDir);
  const { clusterDir } = embeddedPaths(dataDir);
  if (existsSync(clusterDir)) return;

  const workshop = join(dataDir, `postgres.new-${process.pid}`);
  const draft = join(workshop, 'cluster');
  const passwordFile = join(workshop, 'password');
  try {
    mkdirSync(draft, { recursive: true, mode: 0o700 });
    writeFileSync(passwordFile, password, { mode: 0o600 });
    for (const path of [workshop, draft, passwordFile]) user.own(path);
    await user.run(binaries.initdb, initdbArguments(draft, passwordFile));
    renameSync(draft, clusterDir);
  } catch (error) {
    // Somebody else was faster, and two clusters of one password are as good as one.
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST', 'EPERM')) throw error;
    if (!existsSync(clusterDir)) throw error;
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

function initdbArguments(clusterDir: string, passwordFile: string): string[] {
  return [
    `--pgdata=${clusterDir}`,
    `--username=${EMBEDDED_ROLE}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // PostgreSQL's own C.UTF-8 sorts alike on every machine, whatever locales are installed there.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ];
}

function removeUnfinished(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    const maker = UNFINISHED.exec(name)?.[1];
    if (maker === undefined || isProcessAlive(Number(maker))) continue;
    rmSync(join(dataDir, name), { recursive: true, force: true });
  }
}
