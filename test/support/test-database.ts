import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { fromGlobalSetup } from './environment.js';
import { leaveToPostgres, pooledUrlOf } from './test-pooler.js';

/** A database of its own for one test file, with our schema and no rows. */
export interface TestDatabase {
  readonly url: string;
  /** Runs one statement on a connection of its own, as somebody who looks from outside. */
  query<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /**
   * Removes the database.
   * @throws Error naming the connections that the test left open
   */
  drop(): Promise<void>;
}

/** PostgreSQL itself waits five seconds for closing connections before it says this. */
const OBJECT_IN_USE = '55006';

/**
 * Copies the migrated template; takes some 50 ms. Drop it in `afterAll`.
 * @param original copied instead, with all its rows; nobody may be connected to it
 */
export async function createTestDatabase(original?: TestDatabase): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  if (original) await leaveToPostgres(new URL(original.url).pathname.slice(1));
  const template = original
    ? new URL(original.url).pathname.slice(1)
    : fromGlobalSetup('TEST_TEMPLATE');
  await administer((client) => client.query(`create database ${name} template ${template}`));
  const url = new URL(fromGlobalSetup('TEST_DATABASE_ADMIN_URL'));
  url.pathname = `/${name}`;
  // One connection, opened when needed and closed soon after, so that it never looks like a leak.
  const pool = new pg.Pool({ connectionString: url.href, max: 1, idleTimeoutMillis: 1000 });
  pool.on('error', () => undefined); // a test may kill the connections; the next query reconnects

  const database: TestDatabase = {
    url: pooledUrlOf(url.href),
    query: async <Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) =>
      (await pool.query<Row>(sql, [...values])).rows,
    drop: async () => {
      OPEN.delete(database);
      try {
        for (const look of LAST_LOOKS) await look(database);
      } finally {
        await pool.end();
        try {
          await leaveToPostgres(name);
        } finally {
          await dropDatabase(name);
        }
      }
    },
  };
  OPEN.add(database);
  return database;
}

const OPEN = new Set<TestDatabase>();
const LAST_LOOKS: ((database: TestDatabase) => Promise<void>)[] = [];

/** Has every database looked at before it goes. */
export function beforeDrop(look: (database: TestDatabase) => Promise<void>): void {
  LAST_LOOKS.push(look);
}

/** Databases that this test file has made and not dropped. */
export function openDatabases(): readonly TestDatabase[] {
  return [...OPEN];
}

async function dropDatabase(name: string): Promise<void> {
  await administer(async (client) => {
    try {
      await client.query(`drop database ${name}`);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.code !== OBJECT_IN_USE) throw error;
      const leaks = await describeConnections(client, name);
      await client.query(`drop database ${name} with (force)`);
      throw new Error(`the test left connections open, whose last statements were:\n${leaks}`);
    }
  });
}

async function describeConnections(client: pg.Client, database: string): Promise<string> {
  const { rows } = await client.query<{ line: string }>(
    `select format('  %s (%s): %s', coalesce(nullif(application_name, ''), 'unnamed'), state,
                   left(query, 120)) as line
       from pg_stat_activity where datname = $1`,
    [database],
  );
  return rows.map(({ line }) => line).join('\n');
}

async function administer(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const url = fromGlobalSetup('TEST_DATABASE_ADMIN_URL');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
