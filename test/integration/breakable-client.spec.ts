import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { BreakableClient } from '../../src/database/breakable-client.js';
import { inTransaction } from '../../src/database/transaction.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const PATIENCE_MS = 400;
/** Well within the patience, and beyond it with a second one. */
const LONG = 'select pg_sleep(0.25)';
const TOO_LONG = 'select pg_sleep(1.5)';

describe('a connection that waits for an answer', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  /** Connections so far. */
  let made: number;

  beforeEach(async () => {
    database = await createTestDatabase();
    pool = new pg.Pool({
      Client: BreakableClient,
      connectionString: database.url,
      max: 1,
      query_timeout: PATIENCE_MS,
    });
    pool.on('error', () => undefined);
    made = 0;
    pool.on('connect', () => {
      made += 1;
    });
  });

  afterEach(async () => {
    await pool.end();
    await database.drop();
  });

  it('breaks when there is none in time, and the next statement has another one', async () => {
    const startedAt = performance.now();
    await expect(pool.query(TOO_LONG)).rejects.toThrow('Query read timeout');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(PATIENCE_MS - 1);
    await pool.query('select 1');
    expect(made).toBe(2);
  });

  it('breaks in a transaction, which does not wait a second time to be rolled back', async () => {
    const startedAt = performance.now();
    const attempt = inTransaction(pool, (tx) => tx.query(TOO_LONG));
    await expect(attempt).rejects.toThrow('Query read timeout');
    expect(performance.now() - startedAt).toBeLessThan(2 * PATIENCE_MS);
    await pool.query('select 1');
    expect(made).toBe(2);
  });

  it('gives each statement its own time', async () => {
    await inTransaction(pool, async (tx) => {
      await tx.query(LONG);
      await tx.query(LONG);
      await tx.query(LONG);
    });
    expect(made).toBe(1);
  });

  it('gives each statement its own time when others wait for the connection all along', async () => {
    const endsAt = performance.now() + 4 * PATIENCE_MS;
    const askOn = async () => {
      while (performance.now() < endsAt) await pool.query('select pg_sleep(0.02)');
    };
    await Promise.all([askOn(), askOn(), askOn()]);
    expect(made).toBe(1);
    await expect(Promise.all([pool.query(TOO_LONG), pool.query('select 1')])).rejects.toThrow(
      'Query read timeout',
    );
  });

  it('does not mind a pause, however long', async () => {
    await pool.query('select 1');
    await new Promise((resolve) => setTimeout(resolve, 3 * PATIENCE_MS));
    await pool.query('select 1');
    await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS / 2));
    await pool.query(LONG);
    expect(made).toBe(1);
  });

  it('waits no longer for a statement that failed, or for one that was never sent', async () => {
    await expect(pool.query('select 1 / 0')).rejects.toThrow('division by zero');
    const unsendable = { text: 'select $1', values: [{ toPostgres: () => fail() }] };
    await expect(pool.query(unsendable)).rejects.toThrow('never sent');
    await pool.query('select 1');
    const after = made;
    await new Promise((resolve) => setTimeout(resolve, 2 * PATIENCE_MS));
    await pool.query('select 1');
    expect(made).toBe(after);
  });

  it('waits for ever where nothing else is said', async () => {
    const client = new BreakableClient({ connectionString: database.url });
    await client.connect();
    await client.query('select pg_sleep(0.6)');
    await client.end();
  });
});

function fail(): never {
  throw new Error('never sent');
}
