import { runMigrations as migrateQueues } from 'bullmq';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../migrations/index.js';
import { BreakableClient } from './breakable-client.js';

/** Any number that nobody else uses for an advisory lock in this database. */
const MIGRATION_LOCK_KEY = 7_106_557_001;

/** Where TypeORM notes which migrations were run. */
export const MIGRATIONS_TABLE = 'tollgate_migrations';

/** Name of the schema in which BullMQ keeps its queues when there is no Redis. */
export const QUEUE_SCHEMA_DEFAULT = 'tollgate_queues';

/**
 * Brings the schema up to date: ours, and that of the queues on PostgreSQL. Runs under an advisory
 * lock, so any number of processes may start at once: one migrates, the others wait and find
 * nothing to do. The lock goes with the connection, so a process that dies cannot keep it.
 *
 * @returns names of the migrations of ours that were run
 */
export function migrate(
  databaseUrl: string,
  queueSchema: string = QUEUE_SCHEMA_DEFAULT,
): Promise<string[]> {
  return locked(databaseUrl, queueSchema, async (client, dataSource) => {
    const run = await dataSource.runMigrations({ transaction: 'each' });
    await migrateQueues(client, queueSchema);
    return run.map(({ name }) => name);
  });
}

/** Takes back the newest migration of ours. */
export function revertMigration(databaseUrl: string): Promise<void> {
  return locked(databaseUrl, QUEUE_SCHEMA_DEFAULT, (_client, dataSource) =>
    dataSource.undoLastMigration({ transaction: 'each' }),
  );
}

/**
 * PostgreSQL looks into the schema named like the user before it looks into `public`. If the
 * queues' schema had that name, the next start would find none of our tables and make new ones.
 */
async function refuseSchemaOfUser(client: pg.Client, queueSchema: string): Promise<void> {
  const { rows } = await client.query<{ user: string }>('select current_user as user');
  if (rows[0]?.user !== queueSchema) return;
  throw new Error(
    `the queues may not live in the schema ${queueSchema}, since the database user has that ` +
      'name too: set QUEUE_PREFIX to another one',
  );
}

async function locked<T>(
  databaseUrl: string,
  queueSchema: string,
  work: (client: pg.Client, dataSource: DataSource) => Promise<T>,
): Promise<T> {
  const client = new BreakableClient({ connectionString: databaseUrl });
  await client.connect();
  const dataSource = new DataSource({
    type: 'postgres',
    url: databaseUrl,
    migrations: MIGRATIONS,
    migrationsTableName: MIGRATIONS_TABLE,
    poolSize: 2,
    extra: { Client: BreakableClient },
  });
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK_KEY]);
    await refuseSchemaOfUser(client, queueSchema);
    await dataSource.initialize();
    return await work(client, dataSource);
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
    await client.end(); // takes the lock along
  }
}
