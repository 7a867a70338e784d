import { removeRun } from './abandoned-runs.mjs';
import { leftoverDatabases } from './test-postgres.mjs';

/** Stops what the global setup started; fails the run when a test left a database behind. */
export default async function globalTeardown() {
  const { folder, postgres } = globalThis.tollgateTests;
  const leftovers = postgres === null ? [] : await leftoverDatabases();
  await postgres?.stop();
  await removeRun(folder);
  if (leftovers.length > 0) {
    throw new Error(
      `These test databases were not dropped by their tests: ${leftovers.join(', ')}`,
    );
  }
}
