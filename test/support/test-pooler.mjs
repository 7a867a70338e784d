import { freePort } from './free-port.mjs';
import { startPgBouncer } from './pgbouncer-process.mjs';

/**
 * With TEST_PGBOUNCER, the path of a PgBouncer, every test database is behind one. Tells the tests
 * through TEST_POOLER_URL.
 */
export async function startTestPooler(folder) {
  const program = process.env.TEST_PGBOUNCER;
  if (!program) return;
  const port = await freePort();
  const postgresUrl = process.env.TEST_DATABASE_ADMIN_URL;
  const { child, url } = await startPgBouncer({ program, port, folder, postgresUrl });
  child.unref();
  process.env.TEST_POOLER_URL = url;
}
