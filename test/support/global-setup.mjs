import { existsSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildIsFresh } from '../../scripts/setup.mjs';
import { abandonedRuns, removeRun, runFolderPrefix } from './abandoned-runs.mjs';
import { startTestPooler } from './test-pooler.mjs';
import { startTestPostgres } from './test-postgres.mjs';
import { startTestRedis } from './test-redis.mjs';

const ENTRY = new URL('../../dist/src/database/embedded-postgres.js', import.meta.url);

/**
 * Starts what integration and e2e tests share: one PostgreSQL with a migrated template database,
 * and one Redis. Both come from the build, so the tests prove that too.
 */
export default async function globalSetup() {
  if (!existsSync(ENTRY)) throw new Error('There is no build: run "npm test", or "npm run build".');
  if (!buildIsFresh()) {
    console.warn('\nThe build is older than the sources: spawned services and migrations are old.');
  }
  for (const run of await abandonedRuns()) await removeRun(run);

  const folder = await mkdtemp(join(tmpdir(), runFolderPrefix(process.pid)));
  // PostgreSQL refuses to run as root; the user it runs as then must be able to get in.
  await chmod(folder, 0o755);
  process.env.TEST_RUN_FOLDER = folder;
  globalThis.tollgateTests = { folder, postgres: null };
  try {
    globalThis.tollgateTests.postgres = await startTestPostgres(join(folder, 'postgres'));
    await startTestPooler(join(folder, 'pooler'));
    await startTestRedis(join(folder, 'redis'));
  } catch (error) {
    await globalThis.tollgateTests.postgres?.stop();
    await removeRun(folder); // Jest calls no teardown after a failed setup
    throw error;
  }
}
