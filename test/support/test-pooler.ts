import pg from 'pg';

/** The PgBouncer before the test databases, or undefined: they are reached directly. */
const POOLER_URL = process.env['TEST_POOLER_URL'];

export const isPooled = POOLER_URL !== undefined;

/** The address of a test database through the pooler, where there is one. */
export function pooledUrlOf(directUrl: string): string {
  return POOLER_URL === undefined ? directUrl : withPortOf(directUrl, POOLER_URL);
}

/** The address of the same database past the pooler; undefined: it is not behind one. */
export function directUrlOf(databaseUrl: string): string | undefined {
  const direct = process.env['TEST_DATABASE_ADMIN_URL'];
  if (POOLER_URL === undefined || direct === undefined || !isBehindPooler(databaseUrl)) {
    return undefined;
  }
  return withPortOf(databaseUrl, direct);
}

export function isBehindPooler(databaseUrl: string | undefined): boolean {
  if (POOLER_URL === undefined || databaseUrl === undefined) return false;
  return new URL(databaseUrl).port === new URL(POOLER_URL).port;
}

/**
 * Has the pooler let go of a database, so that it can be dropped or copied.
 * @throws Error naming the clients that are connected still
 */
export async function leaveToPostgres(name: string): Promise<void> {
  if (POOLER_URL === undefined) return;
  const admin = new URL(POOLER_URL);
  admin.pathname = '/pgbouncer';
  const client = new pg.Client({ connectionString: admin.href });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ database: string; application_name: string }>(
      'show clients',
    );
    const leaks = rows.filter(({ database }) => database === name);
    await kill(client, name);
    if (leaks.length > 0) {
      const names = leaks.map((one) => `  ${one.application_name || 'unnamed'}`).join('\n');
      throw new Error(`the test left connections open, through the pooler:\n${names}`);
    }
  } finally {
    await client.end();
  }
}

/** Ends the sessions that wait for the next client; afterwards clients may come again. */
async function kill(client: pg.Client, name: string): Promise<void> {
  try {
    await client.query(`kill ${name}`);
    await client.query(`resume ${name}`);
  } catch (error) {
    // A database that nobody has used yet is unknown to it.
    if (!(error instanceof Error) || !/no such database/.test(error.message)) throw error;
  }
}

function withPortOf(url: string, other: string): string {
  const changed = new URL(url);
  changed.port = new URL(other).port;
  return changed.href;
}
