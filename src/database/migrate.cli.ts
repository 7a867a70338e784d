import { loadDatabaseUrl } from '../config/config.js';
import { migrate, revertMigration } from './migrate.js';

/** `npm run migrate` and `npm run migrate:revert`, for a database of your own. */
const [direction] = process.argv.slice(2);
const { databaseUrl, queueSchema } = loadDatabaseUrl();
if (direction === 'up') {
  const run = await migrate(databaseUrl, queueSchema);
  process.stdout.write(run.length > 0 ? `migrated: ${run.join(', ')}\n` : 'nothing to migrate\n');
} else if (direction === 'down') {
  await revertMigration(databaseUrl);
  process.stdout.write('took back the newest migration\n');
} else {
  process.stderr.write('usage: migrate.cli up|down\n');
  process.exitCode = 2;
}
