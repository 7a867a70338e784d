import pg from 'pg';
import type { Observer } from './observe.js';

/** Somebody who looks from outside at a database that a test treats badly. */
export function poolObserver(url: string): Observer & { end(): Promise<void> } {
  const pool = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 2000 });
  pool.on('error', () => undefined); // the test kills connections; the next query reconnects
  return {
    query: async <Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) =>
      (await pool.query<Row>(sql, [...values])).rows,
    end: () => pool.end(),
  };
}
