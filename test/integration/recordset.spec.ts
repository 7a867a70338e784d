import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Recordset } from '../../src/database/recordset.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const PEOPLE = new Recordset({ name: 'text', bornAt: 'float8', from: 'text', owes: 'bigint' });

describe('Recordset', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  afterAll(() => database.drop());

  const ask = (rows: Parameters<typeof PEOPLE.values>[0]) =>
    database.query(
      `select name, "bornAt", "from", owes from ${PEOPLE.sql} order by name`,
      PEOPLE.values(rows),
    );

  it('brings rows into a statement under the names of their columns', async () => {
    const rows = [
      { name: 'Ann', bornAt: 1.5, from: 'Lagos', owes: 9_007_199_254_740_993n, isLeftOut: true },
      { name: 'Ben', bornAt: null, from: null, owes: null },
    ];
    expect(await ask(rows)).toEqual([
      { name: 'Ann', bornAt: 1.5, from: 'Lagos', owes: '9007199254740993' },
      { name: 'Ben', bornAt: null, from: null, owes: null },
    ]);
  });

  it('brings none when there are none', async () => {
    expect(await ask([])).toEqual([]);
  });
});
