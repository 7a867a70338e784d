import pg from 'pg';

const TEMPLATE = 'tollgate_template';

/** Speed over durability: nobody keeps what a test wrote. TEST_DURABLE=1 turns it on again. */
const VOLATILE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * Starts a PostgreSQL of our own build and migrates a database in it, which tests then copy.
 * Tells the tests about it through TEST_DATABASE_ADMIN_URL and TEST_TEMPLATE.
 */
export async function startTestPostgres(dataDir) {
  const { startEmbeddedPostgres } = await import('../../dist/src/database/embedded-postgres.js');
  const postgres = await startEmbeddedPostgres({
    dataDir,
    log: () => undefined,
    settings: { max_connections: '300', ...(process.env.TEST_DURABLE ? {} : VOLATILE) },
  });
  process.env.TEST_DATABASE_ADMIN_URL = databaseUrl(postgres.url, 'postgres');
  process.env.TEST_TEMPLATE = TEMPLATE;
  try {
    await makeTemplate(postgres.url);
    return postgres;
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

/** Names of the databases that tests made and did not drop. */
export async function leftoverDatabases() {
  const { rows } = await administer((client) =>
    client.query(`select datname from pg_database where datname like 'test\\_%' order by datname`),
  );
  return rows.map(({ datname }) => datname);
}

async function makeTemplate(serverUrl) {
  const { migrate } = await import('../../dist/src/database/migrate.js');
  await administer((client) => client.query(`create database ${TEMPLATE}`));
  await migrate(databaseUrl(serverUrl, TEMPLATE));
  // A database cannot be copied while anybody is connected to it, so from now on nobody is.
  await administer((client) =>
    client.query(`alter database ${TEMPLATE} with is_template true allow_connections false`),
  );
}

async function administer(work) {
  const client = new pg.Client({ connectionString: process.env.TEST_DATABASE_ADMIN_URL });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(serverUrl, database) {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
