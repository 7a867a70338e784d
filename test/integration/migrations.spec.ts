import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { migrate, revertMigration } from '../../src/database/migrate.js';
import { MIGRATIONS } from '../../migrations/index.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

describe('the migrations', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  afterAll(async () => {
    await database.drop();
  });

  const tables = async () =>
    (
      await database.query<{ name: string }>(
        `select table_name as name from information_schema.tables
         where table_schema = 'public' order by 1`,
      )
    ).map(({ name }) => name);

  const revertAll = async () => {
    for (let left = MIGRATIONS.length; left > 0; left -= 1) await revertMigration(database.url);
  };

  it('find nothing to do on a database that is up to date', async () => {
    await expect(migrate(database.url)).resolves.toEqual([]);
  });

  it('refuse a schema for the queues that PostgreSQL would search before ours', async () => {
    const [row] = await database.query<{ user: string }>('select current_user as user');
    await expect(migrate(database.url, { queueSchema: row?.user ?? '' })).rejects.toThrow(
      /QUEUE_PREFIX/,
    );
  });

  it('go down to nothing and up again', async () => {
    const before = await tables();
    await revertAll();
    expect(await tables()).toEqual(['tollgate_migrations']);
    await expect(migrate(database.url)).resolves.toEqual(MIGRATIONS.map(({ name }) => name));
    expect(await tables()).toEqual(before);
  });

  it('run once when many processes start at once', async () => {
    await revertAll();
    const runs = await Promise.all([1, 2, 3, 4].map(() => migrate(database.url)));
    expect(runs.filter((names) => names.length > 0)).toEqual([MIGRATIONS.map(({ name }) => name)]);
  });
});

describe('the schema', () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(`
      insert into orders (id, reference, status)
        values ('00000000-0000-0000-0000-000000000001', 'o', 'open');
      insert into payments (id, provider, account, provider_payment_id, status, livemode)
        values ('00000000-0000-0000-0000-000000000002', 'stripe', 'default', 'pi', 'paid', true)`);
  });

  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  const order = `'00000000-0000-0000-0000-000000000001'`;
  const payment = `'00000000-0000-0000-0000-000000000002'`;
  const REFUSED: [string, string][] = [
    ['a negative amount', `update payments set amount_captured_minor = -1`],
    ['an amount past 2^53−1', `update payments set amount_minor = 9007199254740992`],
    ['a status that no table knows', `update payments set status = 'lost'`],
    ['a currency that is none', `update payments set currency = 'eur'`],
    [
      'a second payment with one id at the provider',
      `insert into payments (id, provider, account, provider_payment_id, status, livemode)
         values (gen_random_uuid(), 'stripe', 'default', 'pi', 'paid', true)`,
    ],
    ['an order that owes no currency', `update orders set amount_due_minor = 1`],
    [
      'a fact of an unknown kind',
      `insert into payment_facts (payment_id, kind, fact_key, livemode)
         values (${payment}, 'guessed', 'k', true)`,
    ],
    [
      'a fact of no payment',
      `insert into payment_facts (payment_id, kind, fact_key, livemode)
         values (gen_random_uuid(), 'captured', 'k', true)`,
    ],
    [
      'one change written twice',
      `insert into transitions (payment_id, version, to_status)
         values (${payment}, 1, 'paid'), (${payment}, 1, 'paid')`,
    ],
    [
      'a transition of two subjects',
      `insert into transitions (payment_id, order_id, version, to_status)
         values (${payment}, ${order}, 1, 'paid')`,
    ],
    [
      'one contradiction asked about twice',
      `insert into reviews (id, order_id, reason) values
         (gen_random_uuid(), ${order}, 'paid_twice'), (gen_random_uuid(), ${order}, 'paid_twice')`,
    ],
    [
      'a review resolved by nobody',
      `insert into reviews (id, order_id, reason, status, closed_at, resolution)
         values (gen_random_uuid(), ${order}, 'paid_twice', 'resolved', now(), 'accept')`,
    ],
    [
      'an event that is done and has no time of it',
      `insert into inbox (id, provider, account, event_id, event_type, status, fingerprint, body_bytes,
                          due_at, ring_at)
         values (gen_random_uuid(), 's', 'd', 'e', 't', 'applied', sha256(''), 0, now(), now())`,
    ],
  ];

  it.each(REFUSED)('refuses %s', async (_name, statement) => {
    await expect(client.query(statement)).rejects.toThrow(pg.DatabaseError);
  });
});
