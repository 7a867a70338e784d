import pg from 'pg';
import { startEmbeddedPostgres } from '../dist/src/database/embedded-postgres.js';
import { parentOf } from './cpu.mjs';

/** What a commit needs to be one; the bench refuses a server without it. */
const DURABLE_SETTINGS = ['fsync', 'full_page_writes', 'synchronous_commit'];

/**
 * What the bench needs to look closer; nothing of it touches durability. Statements are counted in
 * the databases that ask for it and in no other; times of commits tell when an event was applied.
 */
const MEASURING_SETTINGS = {
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track': 'none',
  compute_query_id: 'off',
  track_commit_timestamp: 'on',
};

/** Starts the embedded PostgreSQL with the settings it ships with, on a new cluster. */
export async function startPostgres(dataDir) {
  const settings = MEASURING_SETTINGS;
  const server = await startEmbeddedPostgres({ dataDir, settings, log: () => undefined });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await refuseUndurable(client);
  const { rows } = await client.query(
    `select current_setting('server_version') as version, pg_backend_pid() as pid`,
  );
  const [{ version, pid }] = rows;
  return {
    version,
    /** Of the server, whose children are the connections; null where that cannot be told. */
    pid: parentOf(pid),
    stop: async () => {
      await client.end();
      await server.stop();
    },
    createDatabase: async (name) => {
      await client.query(`create database ${name}`);
      return withDatabase(server.url, name);
    },
    dropDatabase: (name) => client.query(`drop database ${name} with (force)`),
    /** Every timed window starts with the same distance to the next checkpoint. */
    checkpoint: async () => {
      await client.query('checkpoint');
    },
    /** From the next connection on, the statements of this database are counted. */
    countStatementsOf: async (name) => {
      await client.query(`create extension if not exists pg_stat_statements`);
      await client.query(`alter database ${name} set compute_query_id = on`);
      await client.query(`alter database ${name} set pg_stat_statements.track = top`);
    },
    /** Statements of a database so far, begin and commit included; `patterns` choose some (LIKE). */
    countStatements: async (name, patterns = ['%']) => {
      const { rows: counted } = await client.query(
        `select coalesce(sum(calls), 0)::float8 as calls from pg_stat_statements
         where dbid = (select oid from pg_database where datname = $1) and query like any ($2)`,
        [name, patterns],
      );
      return counted[0].calls;
    },
    /** Bytes of WAL and transactions that wrote something, since the cluster was made. */
    countWrites: async () => {
      const { rows: counted } = await client.query(`
        select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as "walBytes",
               pg_snapshot_xmax(pg_current_snapshot())::text::float8 as "writingTransactions"`);
      return counted[0];
    },
  };
}

/**
 * Where a contender keeps what it acknowledged: a column that holds a prefix and the number.
 * @typedef {{ table: string, column: string, prefix: (tag: string) => string }} Stored
 */

/**
 * Counts what was acknowledged and is not in the table. A figure counts only when this is 0.
 * @param {Stored | null} stored null: it keeps nothing, and promises nothing
 * @param {Uint32Array} acknowledged numbers of the events
 */
export async function countMissing(databaseUrl, stored, tag, acknowledged) {
  if (stored === null) return 0;
  const { table, column, prefix } = stored;
  const [row] = await query(databaseUrl, {
    text: `
      select count(*)::int as missing from unnest($1::text[]) as given
      where not exists (select from ${table} where ${column} = $2 || given)`,
    values: [Array.from(acknowledged, String), prefix(tag)],
  });
  return row.missing;
}

/** How many orders have terms, and under how many keys an answer is stored. */
export async function countOrders(databaseUrl) {
  const text = `
    select (select count(*)::int from orders where amount_due_minor is not null) as orders,
           (select count(*)::int from idempotency_keys where status = 'done') as keys`;
  const [row] = await query(databaseUrl, { text });
  return row;
}

/** One statement on a connection of its own. */
export async function query(databaseUrl, statement) {
  return withClient(databaseUrl, async (client) => (await client.query(statement)).rows);
}

/** A connection for as long as `use` takes; what the bench asks is never counted. */
export async function withClient(databaseUrl, use) {
  const options = '-c pg_stat_statements.track=none';
  const client = new pg.Client({ connectionString: databaseUrl, options });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

async function refuseUndurable(client) {
  const { rows } = await client.query(
    `select name from pg_settings where name = any ($1) and setting = 'off'`,
    [DURABLE_SETTINGS],
  );
  if (rows.length > 0) throw new Error(`${rows.map(({ name }) => name).join(', ')} must be on`);
}

function withDatabase(url, name) {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.toString();
}
