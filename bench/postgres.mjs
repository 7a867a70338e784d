import pg from 'pg';
import { startEmbeddedPostgres } from '../dist/src/database/embedded-postgres.js';
import { parentOf } from './cpu.mjs';

/** What a commit needs to be one; the bench refuses a server without it. */
const DURABLE_SETTINGS = ['fsync', 'full_page_writes', 'synchronous_commit'];

/** Starts the embedded PostgreSQL with the settings it ships with, on a new cluster. */
export async function startPostgres(dataDir) {
  const server = await startEmbeddedPostgres({ dataDir, log: () => undefined });
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
    checkpoint: () => client.query('checkpoint'),
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
 * Counts what was acknowledged and is not in the table. A figure counts only when this is 0.
 * @param {Uint32Array} acknowledged numbers of the events
 */
export async function countMissing(databaseUrl, table, idPrefix, acknowledged) {
  const [row] = await query(databaseUrl, {
    text: `
      select count(*)::int as missing from unnest($1::text[]) as given
      where not exists (select from ${table} where event_id = $2 || given)`,
    values: [Array.from(acknowledged, String), idPrefix],
  });
  return row.missing;
}

/** How many events of the inbox the worker has finished. */
export async function countFinished(databaseUrl) {
  const text = `select count(*)::int as finished from inbox where status <> 'received'`;
  const [row] = await query(databaseUrl, { text });
  return row.finished;
}

/** How many orders have terms, and under how many keys an answer is stored. */
export async function countOrders(databaseUrl) {
  const text = `
    select (select count(*)::int from orders where amount_due_minor is not null) as orders,
           (select count(*)::int from idempotency_keys where status = 'done') as keys`;
  const [row] = await query(databaseUrl, { text });
  return row;
}

async function query(databaseUrl, statement) {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
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
