import type { Pool, PoolClient } from 'pg';
import { TollgateError } from '../errors.js';

declare const transaction: unique symbol;

/**
 * A connection inside an open transaction. Whatever must run inside one takes it as its first
 * parameter; only {@link inTransaction} makes one. Inside: only SQL, never a call to anybody else.
 */
export type Tx = Pick<PoolClient, 'query'> & { readonly [transaction]: true };

/** Anything a read may run on: a pool, a connection or a transaction. */
export type Queryable = Pick<PoolClient, 'query'>;

/** Serialization failure and deadlock: PostgreSQL undid the transaction so that we try again. */
const RETRIED_STATES: ReadonlySet<string> = new Set(['40001', '40P01']);
const TRIES_MAX = 6;
const PAUSE_BASE_MS = 10;

/**
 * Runs `work` in one transaction and returns what it returns. Runs it again, from the start, when
 * PostgreSQL gave it up for a deadlock; so `work` must have no effect besides its SQL.
 */
export function inTransaction<T>(pool: Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  return retryDeadlocks(() => runOnce(pool, work, 'commit'));
}

/** The same, and nothing of it stays: for finding out what would happen. */
export function inUndoneTransaction<T>(pool: Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  return retryDeadlocks(() => runOnce(pool, work, 'rollback'));
}

/** Undone by PostgreSQL for the sake of another transaction: the same may succeed now. */
export function isGivenUp(error: unknown): boolean {
  return RETRIED_STATES.has(sqlState(error) ?? '');
}

/** Runs a whole transaction again when PostgreSQL gave it up so that another one could go on. */
export async function retryDeadlocks<T>(transaction: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await transaction();
    } catch (error) {
      if (tries >= TRIES_MAX || !isGivenUp(error)) throw error;
      await pause(Math.random() * PAUSE_BASE_MS * 2 ** tries);
    }
  }
}

/** Every SQLSTATE has a digit, which tells it from a code of Node such as EPIPE. */
const SQL_STATE = /^(?=.*\d)[0-9A-Z]{5}$/;

/** The five characters with which PostgreSQL names an error, or null for any other error. */
export function sqlState(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' && SQL_STATE.test(error.code) ? error.code : null;
}

/** The connection or the server went away, or has no room: not what was asked is at fault. */
export function isDatabaseTrouble(error: unknown): boolean {
  if (error instanceof TollgateError) return false; // it says itself what it is about
  const state = sqlState(error);
  if (state !== null) return /^(08|53|57P|58|25006)/.test(state);
  return error instanceof Error && CONNECTION_TROUBLE.test(error.message);
}

/** The last one is TypeORM's, for a connection that broke between two statements of one read. */
const CONNECTION_TROUBLE =
  /connection|ECONN|EPIPE|timeout|Client has encountered|Query runner already released/i;

/** How long the statements of this transaction wait for a lock before they fail with 55P03. */
export async function limitLockWait(tx: Tx, timeoutMs: number): Promise<void> {
  await tx.query({
    name: 'limit-lock-wait',
    text: `select set_config('lock_timeout', $1, true)`,
    values: [`${timeoutMs}ms`],
  });
}

async function runOnce<T>(
  pool: Pool,
  work: (tx: Tx) => Promise<T>,
  end: 'commit' | 'rollback',
): Promise<T> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client as unknown as Tx);
    await client.query(end);
    return result;
  } catch (error) {
    failure = await rollback(client, error);
    throw error;
  } finally {
    // A connection that could not roll back is thrown away: nobody knows what it still holds.
    client.release(failure);
  }
}

async function rollback(client: PoolClient, cause: unknown): Promise<Error | undefined> {
  try {
    await client.query('rollback');
    return undefined;
  } catch {
    return cause instanceof Error ? cause : new Error(String(cause));
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
