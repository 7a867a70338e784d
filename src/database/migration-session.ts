import type pg from 'pg';
import {
  DataSource,
  MigrationExecutor,
  type Logger,
  type MigrationInterface,
  type QueryRunner,
} from 'typeorm';
import { BreakableClient } from './breakable-client.js';

/** Any number that nobody else uses for an advisory lock in this database. */
const MIGRATION_LOCK_KEY = 7_106_557_001;

/** Where TypeORM notes which migrations were run. */
export const MIGRATIONS_TABLE = 'tollgate_migrations';

/** A migration as the list of them has it. */
export type MigrationClass = new () => MigrationInterface;

/** A connection that nobody but whoever migrates has: everything runs on it, the lock included. */
export interface MigrationSession {
  readonly client: pg.PoolClient;
  readonly runner: QueryRunner;
  readonly executor: MigrationExecutor;
}

/**
 * Runs `work` under an advisory lock, so any number of processes may start at once: one migrates,
 * the others wait. The lock belongs to the connection that does the work: it goes with it, and what
 * a process that died had still under way is over when the next one gets the lock.
 *
 * @param onWait called before each pause in which somebody else has the lock
 */
export async function inMigrationSession<T>(
  databaseUrl: string,
  migrations: readonly MigrationClass[],
  onWait: () => Promise<void>,
  work: (session: MigrationSession) => Promise<T>,
): Promise<T> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: databaseUrl,
    applicationName: 'tollgate-migrate',
    migrations: [...migrations],
    migrationsTableName: MIGRATIONS_TABLE,
    poolSize: 1,
    logger: SILENT,
    extra: { Client: BreakableClient },
  });
  await dataSource.initialize();
  const runner = dataSource.createQueryRunner();
  try {
    const client = (await runner.connect()) as pg.PoolClient;
    // What a role is bound to elsewhere would make a long migration fail every time.
    await client.query('set statement_timeout = 0');
    await client.query('set idle_in_transaction_session_timeout = 0');
    while (!(await tryLock(client))) await onWait();
    const executor = new MigrationExecutor(dataSource, runner);
    executor.transaction = 'each';
    return await work({ client, runner, executor });
  } finally {
    await runner.release();
    await dataSource.destroy(); // closes the connection, which takes the lock along
  }
}

const ignore = () => undefined;
/** TypeORM's own would print a line that is no JSON; what fails is thrown as well. */
const SILENT: Logger = {
  log: ignore,
  logMigration: ignore,
  logQuery: ignore,
  logQueryError: ignore,
  logQuerySlow: ignore,
  logSchemaBuild: ignore,
};

/**
 * Asks, and does not wait in the statement: whoever waits in one has an open snapshot, and
 * `create index concurrently` of the process that has the lock would wait for that in turn.
 */
async function tryLock(client: pg.PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ isOurs: boolean }>(
    'select pg_try_advisory_lock($1) as "isOurs"',
    [MIGRATION_LOCK_KEY],
  );
  return rows[0]?.isOurs === true;
}
