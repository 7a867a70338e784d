import { readdirSync } from 'node:fs';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { MIGRATIONS } from '../../migrations/index.js';
import {
  CarelessFuture1900000000000,
  CONTRACTED,
  ContractFuture1900000000004,
  EXPANDED,
} from '../support/future-migrations.js';
import { findRisks, statementsOf } from '../support/migration-rules.js';

/** Nothing older was ever released, so no process runs beside them. */
const FIRST_RELEASE = [
  'Inbox1795305600000',
  'Payments1795305600001',
  'Idempotency1795392000000',
  'Checkout1795392000001',
  'Ledger1795478400000',
  'Outbox1795478400001',
  'InvoicesAndAccess1795478400002',
  'Operations1795564800000',
  'Console1795564800001',
  'MergedReviews1795651200000',
  'UnendedAttempts1795651200001',
  'BodiesInPartitions1795737600000',
  'VacuumSettings1795737600001',
  'NarrowIndexes1795737600002',
];

/** What a later release may do all the same, and since when no build that runs minds. */
const CONTRACTING: Readonly<Record<string, string>> = {};

const later = MIGRATIONS.filter(({ name }) => !FIRST_RELEASE.includes(name));

describe('the migrations', () => {
  it('are run in the order of their names, which are those of their files', () => {
    const times = MIGRATIONS.map(({ name }) => Number(/\d{13}$/.exec(name)?.[0]));
    expect(times).toEqual([...new Set(times)].sort((one, other) => one - other));
    const files = readdirSync(new URL('../../migrations/', import.meta.url))
      .filter((file) => file !== 'index.ts')
      .map((file) => Number(/^(\d{13})-[a-z-]+\.ts$/.exec(file)?.[1]));
    expect(files.sort((one, other) => one - other)).toEqual(times);
  });

  it('after those of the first release can be run while the build before runs', async () => {
    const risks = await Promise.all(
      later
        .filter(({ name }) => !(name in CONTRACTING))
        .map(async (one) => ({ name: one.name, risks: await findRisks(one) })),
    );
    expect(risks.filter((one) => one.risks.length > 0)).toEqual([]);
  });

  it('that take something away are named, and no others are', async () => {
    const names = Object.keys(CONTRACTING);
    expect(names.filter((name) => !later.some((one) => one.name === name))).toEqual([]);
    const taking = later.filter(({ name }) => name in CONTRACTING);
    for (const one of taking) expect(await findRisks(one)).not.toEqual([]);
  });

  it('begin with those of the first release', () => {
    expect(MIGRATIONS.slice(0, FIRST_RELEASE.length).map(({ name }) => name)).toEqual(
      FIRST_RELEASE,
    );
  });
});

describe('the rules for migrations', () => {
  it('let pass what the release to come adds', async () => {
    for (const one of EXPANDED.slice(MIGRATIONS.length)) {
      expect({ name: one.name, risks: await findRisks(one) }).toEqual({
        name: one.name,
        risks: [],
      });
    }
    expect(EXPANDED.length - MIGRATIONS.length).toBeGreaterThan(2);
  });

  it('find what it takes away, and what is careless', async () => {
    expect(CONTRACTED.at(-1)).toBe(ContractFuture1900000000004);
    expect(await findRisks(ContractFuture1900000000004)).toHaveLength(3);
    expect(await findRisks(CarelessFuture1900000000000)).toEqual([
      'alter table inbox rename column body_bytes to bytes: the build before still uses the old name',
    ]);
  });

  /** A migration with nothing but these statements. */
  function migrationOf(statements: readonly string[], transaction = true) {
    return class implements MigrationInterface {
      readonly transaction = transaction;

      async up(runner: QueryRunner): Promise<void> {
        for (const one of statements) await runner.query(one);
      }

      async down(): Promise<void> {
        // Nobody takes it back.
      }
    };
  }

  it.each([
    ['a name', 'alter table orders rename to sales', /old name/],
    ['a table', 'DROP TABLE orders', /still uses it/],
    ['a view', 'drop view ledger_balances', /still uses it/],
    ['a column', 'alter table orders\n  drop column metadata', /still uses it/],
    ['a constraint', 'alter table orders drop constraint c', /put one in its place/],
    [
      'a constraint for one that looks at every row',
      `alter table orders drop constraint c, add constraint c check (status in ('open'))`,
      /put one in its place/,
    ],
    ['a type', 'alter table orders alter column version type bigint', /writes every row/],
    ['a type, in other words', 'alter table orders alter version set data type bigint', /./],
    ['a null', 'alter table orders alter column currency set not null', /may write nulls/],
    ['a column that must be filled', 'alter table orders add column x text not null', /a default/],
    [
      'one of two columns that must be filled',
      `alter table orders add column x text not null, add column y text not null default ''`,
      /a default/,
    ],
    [
      'a column with a value for each row',
      'alter table orders add column x uuid default gen_random_uuid()',
      /row to row/,
    ],
    ['a column with a number for each row', 'alter table orders add column x bigserial', /./],
    ['a column with a check', 'alter table orders add column x int check (x > 0)', /not valid yet/],
    ['a column with a key', 'alter table orders add column x uuid references payments', /./],
    ['a check', 'alter table orders add constraint c check (version >= 0)', /validated later/],
    ['a foreign key', 'alter table orders add foreign key (x) references y (id)', /validated/],
    ['a unique constraint', 'alter table orders add constraint c unique (x)', /validated later/],
    ['an index', 'create index x on orders (status)', /concurrently/],
    ['an index that goes', 'drop index payments_status', /concurrently/],
    ['a unique index', 'create unique index x on orders (status)', /concurrently/],
    ['an index, inside of a transaction', 'create index concurrently x on orders (y)', /inside/],
    ['rows of a table in use', `update orders set status = 'open'`, /in parts/],
    ['all rows', 'truncate orders', /meanwhile/],
    ['a lock', 'lock table orders', /meanwhile/],
  ])('find %s', async (_what, statement, because) => {
    const risks = await findRisks(migrationOf([statement]));
    expect(risks.length).toBeGreaterThan(0);
    expect(risks.join('\n')).toMatch(because);
  });

  it.each([
    ['a column that may be null', ['alter table orders add column x text']],
    ['a column with a constant', [`alter table orders add column x text not null default ''`]],
    [
      'a time of its own for old rows',
      ['alter table orders add column x timestamptz default now()'],
    ],
    ['a check for new rows', ['alter table orders add constraint c check (x > 0) not valid']],
    ['a look at old rows', ['alter table orders validate constraint c']],
    [
      'a table with all it wants',
      [
        "create table x (id uuid primary key, y text not null check (y <> ''))",
        'create index x_y on x (y)',
        'alter table x add constraint c unique (y)',
        `update x set y = ''`,
      ],
    ],
    ['words that only look like it', [`comment on table orders is 'drop table'`]],
  ])('let pass %s', async (_what, statements) => {
    expect(await findRisks(migrationOf(statements))).toEqual([]);
  });

  it.each([
    [
      'two tables in use',
      ['alter table orders add column x int', 'alter table inbox add column x int'],
      /orders and inbox/,
    ],
    [
      'a new table that locks two',
      ['create table x (a uuid references orders, b uuid references payments)'],
      /orders and payments/,
    ],
    [
      'the weaker lock first',
      ['create table x (a uuid references orders)', 'alter table orders add column x int'],
      /stronger/,
    ],
  ])('find %s in one transaction', async (_what, statements, because) => {
    expect((await findRisks(migrationOf(statements))).join()).toMatch(because);
  });

  it.each([
    ['an index that may be there', ['create index concurrently x on orders (y)'], /invalid/],
    ['a column', ['alter table orders add column x int'], /give it a transaction/],
    ['all rows at once', [`update orders set x = ''`], /parts/],
  ])('find %s outside of a transaction', async (_what, statements, because) => {
    expect((await findRisks(migrationOf(statements, false))).join()).toMatch(because);
  });

  it('let parts of rows be changed outside of a transaction', async () => {
    const part = `update orders set x = '' where id in (select id from orders where x is null limit 1000)`;
    expect(await findRisks(migrationOf([part], false))).toEqual([]);
  });

  it('read statements without what stands in quotes', async () => {
    const [statement] = await statementsOf(
      migrationOf([`ALTER TABLE orders -- why\n  ADD COLUMN x text DEFAULT 'Drop It'`]),
    );
    expect(statement).toBe(`alter table orders add column x text default ''`);
  });
});
