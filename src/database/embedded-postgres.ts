import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { claimServer } from './embedded-claim.js';
import {
  ensureRunning,
  prepareServer,
  serverUrl,
  stopServer,
  type EmbeddedServer,
  type PostgresSettings,
} from './embedded-server.js';

/** The database that the service uses. */
export const EMBEDDED_DATABASE = 'tollgate';

/** Pause between two tries to get a lost server back. */
const RECOVERY_PAUSE_MS = 1000;

/** The PostgreSQL that Tollgate brings along, for whoever has none. */
export interface EmbeddedPostgres {
  /** Address of the database `tollgate`, its password included. */
  readonly url: string;
  readonly port: number;
  /** Stops the server, in bounded time, if this process owns it. May be called twice. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Folder for the data, the password, the port and the log; made when missing. */
  readonly dataDir: string;
  readonly log: (message: string) => void;
  /** A port that must stay free, because the service will listen there; none by default. */
  readonly reservedPort?: number;
  /** Settings besides ours; tests turn durability off with them. */
  readonly settings?: PostgresSettings;
}

/**
 * Starts PostgreSQL on the data under `dataDir`, or adopts the one that a killed process left
 * running there, and looks after it: when it dies, it is started again on the same port.
 *
 * @throws DataDirInUseError when another living process uses `dataDir`
 * @throws Error saying what to do, when this machine or this user cannot run PostgreSQL
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const server = await prepareServer(options.dataDir, options.settings, options.reservedPort);
  let connection: Client | null = await own(server, options.dataDir);
  const port = connection.port;
  let stopping = false;
  let recovery: Promise<void> = Promise.resolve();

  const watch = (client: Client): void => {
    client.once('end', () => {
      connection = null;
      if (!stopping) recovery = recover();
    });
  };

  /** Without its connection this process is not the owner any more: becomes it again. */
  const recover = async (): Promise<void> => {
    options.log('the embedded PostgreSQL went away; getting it back');
    while (!stopping) {
      try {
        connection = await own(server, options.dataDir);
        watch(connection);
        if (connection.port !== port) options.log(`its port was taken: restart this service`);
        return;
      } catch (error) {
        options.log(`the embedded PostgreSQL is still away: ${String(error)}`);
        await delay(RECOVERY_PAUSE_MS);
      }
    }
  };

  const stop = async (): Promise<void> => {
    stopping = true;
    await recovery;
    const lock = connection;
    if (lock === null) return;
    // The connection, and with it the lock, is kept to the end: nobody adopts a dying server.
    await stopServer(server);
    await lock.end().catch(() => undefined);
  };

  watch(connection);
  options.log(`the embedded PostgreSQL listens on 127.0.0.1:${port}, data in ${options.dataDir}`);
  return { url: serverUrl(server, port, EMBEDDED_DATABASE), port, stop };
}

async function own(server: EmbeddedServer, dataDir: string): Promise<Client> {
  const client = await ensureRunning(server);
  try {
    await claimServer(client, dataDir);
    await createDatabase(client);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

async function createDatabase(client: Client): Promise<void> {
  const found = await client.query('select from pg_database where datname = $1', [
    EMBEDDED_DATABASE,
  ]);
  if (found.rowCount === 0) await client.query(`create database ${EMBEDDED_DATABASE}`);
}
