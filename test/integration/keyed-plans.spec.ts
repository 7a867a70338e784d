import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readConfig } from '../../src/config/config.js';
import { openDatabase, type Database } from '../../src/database/database.js';
import { processRing } from '../../src/inbox/process-ring.js';
import { SECRET_PREFIXES } from '../../src/providers/providers.js';
import { lifecycles } from '../support/lifecycles.js';
import { createRingHarness, type RingHarness } from '../support/ring-harness.js';
import { serviceEnvironment } from '../support/service-environment.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** More than PostgreSQL plans anew before it keeps a plan. */
const ROUNDS = 12;

describe('the first connection to an empty database', () => {
  let database: TestDatabase;
  let pools: Database;
  let harness: RingHarness;

  beforeEach(async () => {
    database = await createTestDatabase();
    const environment = serviceEnvironment({ databaseUrl: database.url });
    pools = await openDatabase(
      database.url,
      readConfig(environment, SECRET_PREFIXES),
      () => undefined,
    );
    harness = createRingHarness(database);
  });

  afterEach(async () => {
    await harness.close();
    await pools.close();
    await database.drop();
  });

  it('keeps no plan that reads a whole table, which will not stay empty', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { provider, events } of lifecycles(`round${round}`)) {
        for (const event of events) await harness.deliver(provider, event);
      }
      await processRing({ ...harness.context, pool: pools.work }, harness.recorded.splice(0));
    }
    await pools.work.query('select pg_stat_force_next_flush()');
    await pools.work.query('select 1');
    const read = await database.query<{ name: string }>(
      `select relname as name from pg_stat_user_tables
       where seq_tup_read > 0 and relname <> all ($1) order by relname`,
      [['tollgate_migrations', 'migration']],
    );
    expect(read).toEqual([]);
  });
});
