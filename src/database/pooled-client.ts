import { BreakableClient } from './breakable-client.js';
import { KEYED_PLANS } from './keyed-plans.js';
import { sqlState } from './transaction.js';

/** What PostgreSQL is told for each session, where a session is ours. */
export interface SessionLimits {
  readonly statementMs: number;
  readonly lockMs: number;
  readonly idleInTransactionMs: number;
}

type Query = (this: BreakableClient, ...args: unknown[]) => unknown;

/**
 * A connection to a pooler that lends a session for one transaction only, such as PgBouncer with
 * `pool_mode=transaction`. What a session would remember is said with each transaction instead:
 *
 * - the limits and how to plan, which such a pooler refuses or ignores at log-in, go with every
 *   `begin`, in the same round trip. A statement outside of a transaction is bounded by `query_timeout` alone, unless the
 *   role has limits of its own;
 * - names of prepared statements are left away, unless the pooler knows them (PgBouncer from 1.21
 *   on with `max_prepared_statements`).
 */
export function pooledClient(limits: SessionLimits, knowsNames: boolean): typeof BreakableClient {
  const begin = [
    'begin',
    `set local statement_timeout = ${limits.statementMs}`,
    `set local lock_timeout = ${limits.lockMs}`,
    `set local idle_in_transaction_session_timeout = ${limits.idleInTransactionMs}`,
    ...Object.entries(KEYED_PLANS).map(([name, value]) => `set local ${name} = ${value}`),
  ].join('; ');
  const adapt = (asked: unknown): unknown => {
    if (asked === 'begin') return begin;
    if (knowsNames || typeof asked !== 'object' || asked === null || !('name' in asked)) {
      return asked;
    }
    return { ...asked, name: undefined };
  };
  // Its `query` has too many shapes for an override of its own.
  const { query } = BreakableClient.prototype as unknown as { readonly query: Query };
  class PooledClient extends BreakableClient {}
  Object.defineProperty(PooledClient.prototype, 'query', {
    value(this: PooledClient, asked: unknown, ...more: unknown[]) {
      return query.call(this, adapt(asked), ...more);
    },
  });
  return PooledClient;
}

const PROBE = 'tollgate-probe';
/** PostgreSQL has a statement of this name: another client of the pooler prepared it. */
const NAME_TAKEN = '42P05';

/**
 * Finds out whether a pooler knows the names of prepared statements: then it gives them others
 * towards PostgreSQL, and the probe does not find its own.
 */
export async function findWhetherNamesAreKnown(databaseUrl: string): Promise<boolean> {
  const client = new BreakableClient({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ isKnown: boolean }>({
      name: PROBE,
      text: 'select not exists (select from pg_prepared_statements where name = $1) as "isKnown"',
      values: [PROBE],
    });
    return rows[0]?.isKnown === true;
  } catch (error) {
    if (sqlState(error) === NAME_TAKEN) return false;
    throw error;
  } finally {
    await client.end();
  }
}

/** Without these a delivery of an event whose row is locked waits, and its batch with it. */
const ROLE_LIMITS = ['statement_timeout', 'lock_timeout'] as const;

/**
 * What a role lacks whose sessions come from a pooler: single statements have no limits but its own.
 */
export async function findMissingLimits(databaseUrl: string): Promise<string[]> {
  const client = new BreakableClient({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `select name from pg_settings where name = any ($1) and setting = '0' order by name`,
      [ROLE_LIMITS],
    );
    return rows.map(
      ({ name }) =>
        `the database role has no ${name}, and a pooler takes none at log-in: ` +
        `alter role … set ${name} = '${name === 'lock_timeout' ? '2s' : '4s'}', and reconnect`,
    );
  } finally {
    await client.end();
  }
}
