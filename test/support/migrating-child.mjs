/**
 * Migrates the database that its only argument names, and never gets to the end: what
 * `migrating-process.ts` starts and kills.
 */
import { MIGRATIONS } from '../../dist/migrations/index.js';
import { migrate } from '../../dist/src/database/migrate.js';

class Interrupted1900000000000 {
  async up(runner) {
    await runner.query('create table half_done (id integer)');
    await runner.query('alter table inbox add column half_done integer');
    process.send('inside');
    await new Promise(() => setInterval(() => undefined, 1000));
  }
}

await migrate(process.argv[2], { migrations: [...MIGRATIONS, Interrupted1900000000000] });
