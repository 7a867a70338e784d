import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MIGRATIONS } from '../../migrations/index.js';
import { migrate, revertMigration } from '../../src/database/migrate.js';
import { lifecycles } from '../support/lifecycles.js';
import { createRingHarness, type RingHarness } from '../support/ring-harness.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

describe('the migration that brings the ledger', () => {
  let database: TestDatabase;
  let harness: RingHarness;

  beforeAll(async () => {
    database = await createTestDatabase();
    harness = createRingHarness(database);
    for (const [index] of lifecycles('x').entries()) {
      const life = lifecycles(`life${index}e`)[index]!;
      for (const body of life.events) await harness.deliver(life.provider, body);
    }
    await harness.ring();
  });

  afterAll(async () => {
    await harness.close();
    await database.drop();
  });

  const balances = () =>
    database.query(
      `select account, currency, balance_minor from ledger_balances
       where balance_minor <> 0 order by account, currency`,
    );

  it('posts what was known before, so that the books are the same', async () => {
    const posted = await balances();
    expect(posted.length).toBeGreaterThan(10);
    const names = MIGRATIONS.map(({ name }) => name);
    const first = names.findIndex((name) => name.startsWith('Ledger'));
    for (let left = names.length; left > first; left -= 1) await revertMigration(database.url);

    await expect(migrate(database.url)).resolves.toEqual(names.slice(first));
    expect(await balances()).toEqual(posted);
  });

  it('leaves nothing to post when the events come again', async () => {
    const count = () => database.query(`select count(*)::int from ledger_transfers`);
    const before = await count();
    await database.query(`update inbox set status = 'received', attempts = 0, finished_at = null,
      outcome_reason = null`);
    await harness.ring();
    expect(await count()).toEqual(before);
  });
});
