import pg from 'pg';
import { BreakableClient } from '../../src/database/breakable-client.js';
import { findWhetherNamesAreKnown, pooledClient } from '../../src/database/pooled-client.js';
import { directUrlOf, isBehindPooler, isPooled } from './test-pooler.js';

/**
 * Where the test databases are behind PgBouncer, tests that open a pool of their own get one as the
 * service has it there. Queues in PostgreSQL go past the pooler, as they do in the service, and so
 * does whoever has settings of a session.
 */
const LIMITS = { statementMs: 0, lockMs: 0, idleInTransactionMs: 0 };
const poolerUrl = process.env['TEST_POOLER_URL'];
const knowsNames = poolerUrl !== undefined && (await findWhetherNamesAreKnown(poolerUrl));

function behindPooler(options: pg.PoolConfig): pg.PoolConfig {
  const { connectionString } = options;
  if (connectionString === undefined || !isBehindPooler(connectionString)) return options;
  // Queues, and what tells its session something at log-in, which a pooler refuses.
  if (options.application_name === 'tollgate-queue' || options.options !== undefined) {
    return { ...options, connectionString: directUrlOf(connectionString) ?? connectionString };
  }
  const { statement_timeout, lock_timeout, idle_in_transaction_session_timeout, ...rest } = options;
  const limits = {
    statementMs: Number(statement_timeout) || LIMITS.statementMs,
    lockMs: Number(lock_timeout) || LIMITS.lockMs,
    idleInTransactionMs: Number(idle_in_transaction_session_timeout) || LIMITS.idleInTransactionMs,
  };
  const isOwnClient = options.Client === undefined || options.Client === BreakableClient;
  return isOwnClient ? { ...rest, Client: pooledClient(limits, knowsNames) } : rest;
}

if (isPooled) {
  const Pool = pg.Pool;
  pg.Pool = class extends Pool {
    constructor(options: pg.PoolConfig = {}) {
      super(behindPooler(options));
    }
  };
}
