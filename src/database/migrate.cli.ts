import { loadDatabaseUrl } from '../config/config.js';
import { migrate, revertMigration, type MigrationWait } from './migrate.js';

/** `npm run migrate` and `npm run migrate:revert`, for a database of your own. */
const [direction] = process.argv.slice(2);
const { databaseUrl, queueSchema } = loadDatabaseUrl();
const onWait = (wait: MigrationWait) => {
  process.stderr.write(`waiting: ${JSON.stringify(wait)}\n`);
};
if (direction === 'up') {
  const run = await migrate(databaseUrl, { queueSchema, onWait });
  process.stdout.write(run.length > 0 ? `migrated: ${run.join(', ')}\n` : 'nothing to migrate\n');
} else if (direction === 'down') {
  const name = await revertMigration(databaseUrl, { onWait });
  process.stdout.write(name === null ? 'nothing to take back\n' : `took back: ${name}\n`);
} else {
  process.stderr.write('usage: migrate.cli up|down\n');
  process.exitCode = 2;
}
