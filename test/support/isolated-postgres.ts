import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findPostmaster } from '../../src/database/embedded-postmaster.js';
import { rememberPort } from '../../src/database/embedded-port.js';
import {
  ensureRunning,
  prepareServer,
  serverUrl,
  stopServer,
  type PostgresSettings,
} from '../../src/database/embedded-server.js';
import { migrate } from '../../src/database/migrate.js';
import { fromGlobalSetup } from './environment.js';
import { eventually } from './eventually.js';
import { freePort } from './free-port.mjs';
import { keepOutput } from './keep-output.js';
import { signalTree } from './process-tree.js';

const DATABASE = 'tollgate';

/** A PostgreSQL of its own for one test, which may be treated badly; its port never changes. */
export interface IsolatedPostgres {
  /** Address of an empty database with our schema. */
  readonly url: string;
  readonly port: number;
  /** Starts it again on the same data. */
  start(): Promise<void>;
  /** Ends it in an orderly way, connections or not. */
  stop(): Promise<void>;
  /** SIGKILL to the postmaster; its children follow by themselves. */
  kill(): Promise<void>;
  /** SIGSTOP to every process of the server: connections stay open and nobody answers. */
  pause(): void;
  resume(): void;
  /** Ends it for good and removes its files. Call it in `afterAll`. */
  remove(): Promise<void>;
}

/** Makes a cluster, starts it and migrates a database in it; takes about two seconds. */
export async function isolatedPostgres({
  settings = {},
  parent = fromGlobalSetup('TEST_RUN_FOLDER'),
}: {
  readonly settings?: PostgresSettings;
  /** Where its folder is made; by default that of the run, whose teardown ends what is left. */
  readonly parent?: string;
} = {}): Promise<IsolatedPostgres> {
  const folder = await mkdtemp(join(parent, 'postgres-'));
  await chmod(folder, 0o755); // for the user that PostgreSQL runs as when we are root
  const server = await prepareServer(folder, settings);
  const { clusterDir, portFile } = server.paths;
  rememberPort(portFile, await freePort());

  /** Starts the server and returns its port. */
  const start = async (): Promise<number> => {
    const client = await ensureRunning(server);
    const { rows } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rows.length === 0) await client.query(`create database ${DATABASE}`);
    await client.end();
    return client.port;
  };
  const signalAll = (name: NodeJS.Signals): void => {
    const postmaster = findPostmaster(clusterDir);
    if (postmaster !== null) signalTree(postmaster.pid, name);
  };
  const kill = async (): Promise<void> => {
    const postmaster = findPostmaster(clusterDir);
    if (postmaster !== null) process.kill(postmaster.pid, 'SIGKILL');
    await eventually(() => {
      if (findPostmaster(clusterDir) !== null) throw new Error('the postmaster is still there');
    });
  };

  const port = await start();
  const url = serverUrl(server, port, DATABASE);
  await migrate(url);
  return {
    url,
    port,
    start: async () => {
      const again = await start();
      if (again !== port) throw new Error(`somebody took port ${port} in the meantime`);
    },
    stop: () => stopServer(server),
    kill,
    pause: () => signalAll('SIGSTOP'),
    resume: () => signalAll('SIGCONT'),
    remove: async () => {
      signalAll('SIGCONT');
      await kill();
      keepOutput('postgres')(await readFile(server.paths.logFile, 'utf8'));
      await rm(folder, { recursive: true, force: true, maxRetries: 20 });
    },
  };
}
