import pg from 'pg';
import { DataSource } from 'typeorm';
import type { Config } from '../config/config.js';
import { BreakableClient } from './breakable-client.js';
import { ENTITIES } from './entities.js';
import { KEYED_PLAN_OPTIONS } from './keyed-plans.js';
import { findWhetherNamesAreKnown, pooledClient } from './pooled-client.js';

/** The connections of one process. Each purpose has its own pool, so none can starve another. */
export interface Database {
  /** The acknowledging path alone. */
  readonly ingest: pg.Pool;
  /** The worker: rings, sweeps. */
  readonly work: pg.Pool;
  /** Commands of clients, their completion, and asking providers. */
  readonly command: pg.Pool;
  /** Relay and consumers. */
  readonly messages: pg.Pool;
  /** Simple reads through TypeORM. */
  readonly reads: DataSource;
  close(): Promise<void>;
}

/** Above the statement timeout: the client gives up when the server hangs and cannot. */
const CLIENT_TIMEOUT_MARGIN_MS = 500;
const CONNECT_TIMEOUT_MS = 2000;

export async function openDatabase(
  databaseUrl: string,
  config: Config,
  onError: (error: Error) => void,
): Promise<Database> {
  const statementMs = config.DATABASE_STATEMENT_TIMEOUT_MS;
  const session = await sessionOptions(databaseUrl, config);
  const pool = (name: string, max: number) => {
    const made = new pg.Pool({
      ...session,
      ...(config.DATABASE_DIRECT_URL === undefined && { options: KEYED_PLAN_OPTIONS }),
      connectionString: databaseUrl,
      application_name: `tollgate-${name}`,
      max,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: statementMs + CLIENT_TIMEOUT_MARGIN_MS,
      keepAlive: true,
    });
    made.on('error', onError); // an idle connection that breaks must not end the process
    return made;
  };
  // Two beyond the flushes, for what is off the answer's path: redeliveries and the backlog.
  const ingest = pool('ingest', config.FLUSHES_MAX + 2);
  // One beyond the rings for the sweeper and one for recording failures.
  const work = pool('work', config.WORKER_CONCURRENCY + 2);
  const command = pool('command', config.COMMAND_CONNECTIONS);
  // What is told at once, by consumers of ours and by the reports of all others together.
  const consumers = config.CONSUMERS.length + Math.sign(config.OUTSIDE_CONSUMERS.length);
  const messages = pool('messages', 4 + consumers * config.CONSUMER_CONCURRENCY);
  const reads = new DataSource({
    type: 'postgres',
    url: databaseUrl,
    applicationName: 'tollgate-reads',
    entities: ENTITIES,
    poolSize: 4,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: { ...session, query_timeout: statementMs },
    poolErrorHandler: onError,
  });
  await reads.initialize();
  return {
    ingest,
    work,
    command,
    messages,
    reads,
    close: async () => {
      const pools = [ingest, work, command, messages];
      await Promise.all([...pools.map((one) => one.end()), reads.destroy()]);
    },
  };
}

/** What holds for every statement: said at log-in, or with each transaction behind a pooler. */
async function sessionOptions(databaseUrl: string, config: Config): Promise<pg.PoolConfig> {
  const limits = {
    statementMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
    lockMs: config.DATABASE_LOCK_TIMEOUT_MS,
    idleInTransactionMs: config.DATABASE_STATEMENT_TIMEOUT_MS * 2,
  };
  if (config.DATABASE_DIRECT_URL !== undefined) {
    return { Client: pooledClient(limits, await findWhetherNamesAreKnown(databaseUrl)) };
  }
  return {
    Client: BreakableClient,
    statement_timeout: limits.statementMs,
    lock_timeout: limits.lockMs,
    idle_in_transaction_session_timeout: limits.idleInTransactionMs,
  };
}

/** Waits until PostgreSQL answers. @throws the last error when it does not within the time */
export async function waitForDatabase(
  databaseUrl: string,
  waitSeconds: number,
  onWait: (error: unknown) => void,
): Promise<void> {
  const giveUpAtMs = Date.now() + waitSeconds * 1000;
  for (;;) {
    const client = new BreakableClient({
      connectionString: databaseUrl,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    try {
      await client.connect();
      await client.query('select 1');
      return;
    } catch (error) {
      if (Date.now() >= giveUpAtMs) throw error;
      onWait(error);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** Settings without which an acknowledged event can be lost when the machine loses power. */
const DURABLE_SETTINGS = ['fsync', 'full_page_writes', 'synchronous_commit'] as const;

/** What is wrong with the durability of a database; empty when a commit is a commit. */
export async function findDurabilityProblems(databaseUrl: string): Promise<string[]> {
  const client = new BreakableClient({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; setting: string }>(
      'select name, setting from pg_settings where name = any ($1)',
      [DURABLE_SETTINGS],
    );
    return rows
      .filter(({ setting }) => setting === 'off')
      .map(({ name }) => `${name} is off: an acknowledged event could be lost; set it to on`);
  } finally {
    await client.end();
  }
}
