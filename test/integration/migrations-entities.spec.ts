import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Column, DataSource, Entity, PrimaryColumn, type EntityMetadata } from 'typeorm';
import { ENTITIES } from '../../src/database/entities.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** What TypeORM would do to a schema that has more than entities say, which is as it should be. */
const MORE_THAN_ENTITIES_SAY = [
  /^DROP INDEX/,
  /^ALTER TABLE "\w+" DROP (COLUMN|CONSTRAINT)/,
  /^ALTER TABLE "\w+" ALTER COLUMN "\w+" DROP DEFAULT/,
  // Foreign keys are ours, named as we like; TypeORM wants each back under a name of its own.
  /^ALTER TABLE "\w+" ADD CONSTRAINT "FK_\w+" FOREIGN KEY/,
  /^ALTER TABLE "\w+" ADD CONSTRAINT "UQ_\w+" UNIQUE/,
];

/** As the catalog has it. */
interface ColumnRow {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly isNullable: boolean;
  readonly isKey: boolean;
}

describe('the entities', () => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await open(ENTITIES);
  });

  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  function open(entities: (typeof ENTITIES)[number][]): Promise<DataSource> {
    return new DataSource({ type: 'postgres', url: database.url, entities }).initialize();
  }

  it('say of every column what the schema says', async () => {
    const declared = dataSource.entityMetadatas.flatMap(columnsOf);
    const tables = dataSource.entityMetadatas.map(({ tableName }) => tableName);
    const wanted = new Set(declared.map(({ table, column }) => `${table}.${column}`));
    const found = (await columnsIn(database, tables)).filter(({ table, column }) =>
      wanted.has(`${table}.${column}`),
    );
    expect(declared.length).toBeGreaterThan(100);
    expect(declared.sort(byName)).toEqual(found.sort(byName));
  });

  it('leave TypeORM nothing to add or to change', async () => {
    expect(await wantedBy(dataSource)).toEqual([]);
  });

  it.each([
    ['a column that is not there', 'missing', { type: 'text' }],
    ['a column of another type', 'reference', { type: 'integer' }],
    ['a column that may be null and should not', 'currency', { type: 'text' }],
  ] as const)('would be noticed with %s', async (_what, name, options) => {
    class Drifting {
      id!: string;
      column!: unknown;
    }
    Entity('orders')(Drifting);
    PrimaryColumn('uuid')(Drifting.prototype, 'id');
    Column({ name, ...options })(Drifting.prototype, 'column');
    const drifting = await open([Drifting as unknown as (typeof ENTITIES)[number]]);
    const wanted = await wantedBy(drifting);
    await drifting.destroy();
    expect(wanted.join('\n')).toContain(`"${name}"`);
  });
});

/** Statements with which TypeORM would bring the schema to what the entities say. */
async function wantedBy(dataSource: DataSource): Promise<string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries
    .map(({ query }) => query)
    .filter((query) => !MORE_THAN_ENTITIES_SAY.some((pattern) => pattern.test(query)));
}

function columnsOf(metadata: EntityMetadata): ColumnRow[] {
  return metadata.columns.map(({ databaseName, type, isNullable, isPrimary }) => ({
    table: metadata.tableName,
    column: databaseName,
    type: TYPES[String(type)] ?? String(type),
    isNullable,
    isKey: isPrimary,
  }));
}

/** Names of types that have another one in the catalog. */
const TYPES: Readonly<Record<string, string>> = { timestamptz: 'timestamp with time zone' };

function columnsIn(database: TestDatabase, tables: readonly string[]): Promise<ColumnRow[]> {
  return database.query<ColumnRow>(
    `select c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type,
            not a.attnotnull as "isNullable", coalesce(a.attnum = any (k.conkey), false) as "isKey"
     from pg_attribute a join pg_class c on c.oid = a.attrelid
     left join pg_constraint k on k.conrelid = c.oid and k.contype = 'p'
     where c.relname = any ($1) and a.attnum > 0 and not a.attisdropped`,
    [tables],
  );
}

function byName(one: ColumnRow, other: ColumnRow): number {
  return `${one.table}.${one.column}` < `${other.table}.${other.column}` ? -1 : 1;
}
