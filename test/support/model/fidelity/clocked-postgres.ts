import pg from 'pg';
import type { TestDatabase } from '../../test-database.js';

/** A name that is looked for before those of PostgreSQL. */
const SEARCH_PATH = 'clock,public,pg_catalog';

/** Two who want one row: the second one has given up before anybody notices. */
const LOCK_TIMEOUT_MS = 40;

/**
 * Takes the time of a database into the hands of a test: `now()` is what a table says, in our
 * statements and in the defaults of columns.
 *
 * @returns a pool whose connections know that time
 */
export async function takeClock(database: TestDatabase, nowMs: number): Promise<pg.Pool> {
  await database.query('create schema clock');
  await database.query('create table clock.reading (at timestamptz not null)');
  await database.query('insert into clock.reading values (to_timestamp($1 / 1000.0))', [nowMs]);
  await database.query(`
    create function clock.now() returns timestamptz language sql stable as
      'select at from clock.reading'`);
  const columns = await database.query<{ table_name: string; column_name: string }>(`
    select table_name, column_name from information_schema.columns
    where table_schema = 'public' and column_default = 'now()'`);
  for (const { table_name: table, column_name: column } of columns) {
    await database.query(`alter table ${table} alter column ${column} set default clock.now()`);
  }
  const pool = new pg.Pool({
    connectionString: database.url,
    max: 4,
    options: `-c search_path=${SEARCH_PATH}`,
    lock_timeout: LOCK_TIMEOUT_MS,
  });
  pool.on('error', () => undefined);
  return pool;
}

export async function setClock(database: TestDatabase, nowMs: number): Promise<void> {
  await database.query('update clock.reading set at = to_timestamp($1 / 1000.0)', [nowMs]);
}
