import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { findPostgresBinaries, isSystemError, type PostgresBinaries } from './embedded-binaries.js';
import {
  createCluster,
  EMBEDDED_ROLE,
  embeddedPaths,
  readOrCreatePassword,
  type EmbeddedPaths,
} from './embedded-cluster.js';
import { choosePort, isPortFree, rememberPort } from './embedded-port.js';
import { findPostmaster } from './embedded-postmaster.js';
import { chooseSystemUser, type SystemUser } from './embedded-system-user.js';

/** Names and values of PostgreSQL settings; plain words and numbers only. */
export type PostgresSettings = Readonly<Record<string, string>>;

/** A cluster under DATA_DIR with all that is needed to start, reach and stop its server. */
export interface EmbeddedServer {
  readonly paths: EmbeddedPaths;
  readonly password: string;
  readonly binaries: PostgresBinaries;
  readonly user: SystemUser;
  readonly settings: PostgresSettings;
  /** A port that the server must not take; null: any will do. */
  readonly reservedPort: number | null;
}

/** How long a start may take: recovery after a crash, and children of a killed server to end. */
const START_MS_MAX = 120_000;
const START_SECONDS_MAX = 60;
const STOP_SECONDS_MAX = { fast: 15, immediate: 5 } as const;
const RETRY_MS = 100;
const CONNECT_MS_MAX = 2000;
const LOG_BYTES_MAX = 10 * 1024 * 1024;

/** Reachable from this machine only. Nothing here touches durability: that stays on. */
const FIXED_SETTINGS: PostgresSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** Codes of a server that is there but not ready, or was there a moment ago. */
const PASSING = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  '57P01',
  '57P02',
  '57P03',
  '53300',
]);

/** Lines in the log of a start that may succeed a moment later. */
const PASSING_LOG = /pre-existing shared memory block|lock file .* already exists/;

/**
 * Makes the cluster under `dataDir` if there is none. Starts nothing.
 * @throws Error saying what to do, when this machine or this user cannot run PostgreSQL
 */
export async function prepareServer(
  dataDir: string,
  settings: PostgresSettings = {},
  reservedPort: number | null = null,
): Promise<EmbeddedServer> {
  const folder = resolve(dataDir);
  mkdirSync(folder, { recursive: true });
  const paths = embeddedPaths(folder);
  const binaries = findPostgresBinaries();
  const { postgres, initdb, pgCtl } = binaries;
  const user = chooseSystemUser(paths.clusterDir, [folder, postgres, initdb, pgCtl]);
  const password = readOrCreatePassword(paths.passwordFile);
  await createCluster(folder, password, binaries, user);
  const all = { ...settings, ...FIXED_SETTINGS };
  return { paths, password, binaries, user, settings: all, reservedPort };
}

/**
 * Sees to it that the server runs, and returns a connection to its database `postgres`: adopts
 * one that a killed process left behind, waits for one that is starting or stopping, else starts.
 * @throws Error when it does not run in time, with the reason
 */
export async function ensureRunning(server: EmbeddedServer): Promise<pg.Client> {
  const deadline = Date.now() + START_MS_MAX;
  for (;;) {
    const running = findPostmaster(server.paths.clusterDir);
    const reached = running === null ? await start(server) : await connect(server, running.port);
    if (typeof reached !== 'string') return reached;
    if (Date.now() > deadline) {
      throw new Error(`The embedded PostgreSQL does not come up: ${reached}`);
    }
    await delay(RETRY_MS);
  }
}

/** Stops the server in bounded time; what is committed is safe either way. */
export async function stopServer({ paths, binaries, user }: EmbeddedServer): Promise<void> {
  for (const mode of ['fast', 'immediate'] as const) {
    if (findPostmaster(paths.clusterDir) === null) return;
    const bounds = ['--wait', `--timeout=${STOP_SECONDS_MAX[mode]}`];
    try {
      await user.run(binaries.pgCtl, [
        'stop',
        `--pgdata=${paths.clusterDir}`,
        `--mode=${mode}`,
        ...bounds,
      ]);
      return;
    } catch (error) {
      // It may have ended by itself in the meantime; the next round finds out.
      if (mode === 'immediate' && findPostmaster(paths.clusterDir) !== null) throw error;
    }
  }
}

/** Makes the address of a database of this server, its password included. */
export function serverUrl(server: EmbeddedServer, port: number, database: string): string {
  return `postgres://${EMBEDDED_ROLE}:${server.password}@127.0.0.1:${port}/${database}`;
}

/** @returns a connection, or why there is none yet */
async function connect(server: EmbeddedServer, port: number): Promise<pg.Client | string> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: EMBEDDED_ROLE,
    password: server.password,
    database: 'postgres',
    ssl: false,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    application_name: `tollgate process ${process.pid}`,
  });
  client.on('error', () => undefined); // the end of the connection is what its user listens for
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    return passingReason(error, server);
  }
}

/** @throws the error itself when waiting will not help */
function passingReason(error: unknown, { paths }: EmbeddedServer): string {
  const { message, code } = error as Error & { readonly code?: string };
  if (code === '28P01') {
    throw new Error(
      `The embedded database in ${paths.clusterDir} does not take the password in ` +
        `${paths.passwordFile}. Bring back the file that belongs to it.`,
      { cause: error },
    );
  }
  // Without a code: pg's own time-out, as with a server that was stopped in mid-air.
  if (code !== undefined && !PASSING.has(code)) throw error;
  return message;
}

/** @returns a connection, or why the start may succeed a moment later */
async function start(server: EmbeddedServer): Promise<pg.Client | string> {
  const { paths, binaries, user, settings, reservedPort } = server;
  const port = await choosePort(paths.portFile, reservedPort);
  const logStart = openLog(server);
  const options = Object.entries({ ...settings, port: String(port) })
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
  try {
    await user.run(binaries.pgCtl, [
      'start',
      `--pgdata=${paths.clusterDir}`,
      `--log=${paths.logFile}`,
      `--options=${options}`,
      '--wait',
      `--timeout=${START_SECONDS_MAX}`,
    ]);
  } catch (error) {
    const said = readFileSync(paths.logFile).subarray(logStart).toString('utf8').trim();
    if (findPostmaster(paths.clusterDir) !== null) return 'it is still starting';
    if (PASSING_LOG.test(said)) return said;
    if (!(await isPortFree(port))) return `port ${port} was taken`;
    throw new Error(`The embedded PostgreSQL does not start:\n${said}`, { cause: error });
  }
  rememberPort(paths.portFile, port);
  return connect(server, port);
}

/** Makes the log file of the server, sets a long one aside, and returns its present length. */
function openLog({ paths: { logFile }, user }: EmbeddedServer): number {
  if (lengthOf(logFile) > LOG_BYTES_MAX) renameSync(logFile, `${logFile}.1`);
  closeSync(openSync(logFile, 'a', 0o600));
  user.own(logFile);
  return lengthOf(logFile);
}

function lengthOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return 0;
    throw error;
  }
}
