import { BreakableClient } from '../../../database/breakable-client.js';
import { findWhetherNamesAreKnown } from '../../../database/pooled-client.js';
import { describeError, fail, ok, warn, type Check } from './check.js';

const CONNECT_MS_MAX = 3000;
const STATEMENT_MS_MAX = 5000;

/** The pooler before the database, when there is one: reachable, and what it does for statements. */
export async function checkPooler(
  databaseUrl: string | undefined,
  directUrl: string | undefined,
): Promise<Check[]> {
  if (databaseUrl === undefined || directUrl === undefined) return [];
  try {
    const knowsNames = await findWhetherNamesAreKnown(databaseUrl);
    const found = knowsNames ? 'knows prepared statements' : 'knows no prepared statements';
    const advice =
      'each is parsed anew; PgBouncer from 1.21 on knows them with max_prepared_statements = 200';
    return [
      knowsNames ? ok('pooler', found) : warn('pooler', found, advice),
      await checkLimit(databaseUrl),
    ];
  } catch (error) {
    const advice = 'see that it runs, and check DATABASE_URL';
    return [fail('pooler', describeError(error), advice)];
  }
}

/** A pooler drops what we ask for at log-in, so a single statement has the limit of its role. */
async function checkLimit(databaseUrl: string): Promise<Check> {
  const name = 'pooler limits';
  const client = new BreakableClient({
    connectionString: databaseUrl,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    query_timeout: STATEMENT_MS_MAX,
  });
  try {
    await client.connect();
    const { rows } = await client.query<{ limit: string }>(
      `select current_setting('statement_timeout') as limit`,
    );
    const limit = rows[0]?.limit ?? '0';
    if (limit !== '0') return ok(name, `statement_timeout ${limit}`);
    const advice = `alter role … set statement_timeout = '4s', and lock_timeout = '2s'`;
    return warn(name, 'no statement_timeout outside of transactions', advice);
  } finally {
    await client.end().catch(() => undefined);
  }
}
