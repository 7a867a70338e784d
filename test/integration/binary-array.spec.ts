import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  bigintArray,
  booleanArray,
  byteaArray,
  doubleArray,
  integerArray,
  jsonbArray,
  smallintArray,
  textArray,
  uuidArray,
  type BinaryArray,
} from '../../src/database/binary-array.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const integer = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const bytes = fc.uint8Array({ maxLength: 300 }).map((some) => Buffer.from(some));
// PostgreSQL keeps every character but NUL, and no half of a surrogate pair is one.
const text = fc.string({ unit: 'binary', maxLength: 40 }).map((some) => some.replaceAll('\0', ''));

/** Not null itself, which would be that of SQL. */
const json = fc.dictionary(
  text,
  fc.oneof(text, integer(32), fc.boolean(), fc.array(fc.constant(null))),
  { noNullPrototype: true },
);
/** As `pg` gives it back. */
const bigint = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
const toBigInt = (value: string | null) => (value === null ? null : BigInt(value));

const TYPES: readonly [string, fc.Arbitrary<unknown>, (values: never[]) => BinaryArray<never>][] = [
  ['uuid', fc.uuid(), uuidArray as never],
  ['text', text, textArray as never],
  ['bytea', bytes, byteaArray as never],
  ['smallint', integer(16), smallintArray as never],
  ['integer', integer(32), integerArray as never],
  ['bigint', bigint, (values: (string | null)[]) => bigintArray(values.map(toBigInt)) as never],
  ['jsonb', json, jsonbArray as never],
  ['float8', fc.double({ noNaN: true }), doubleArray as never],
  ['boolean', fc.boolean(), booleanArray as never],
];

describe('BinaryArray', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  afterAll(() => database.drop());

  it.each(TYPES)('of %s arrives as it was given, nulls and all', async (type, value, arrayOf) => {
    const given = fc.array(fc.option(value, { freq: 4 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(given, async (values) => {
        const rows = await database.query<{ value: unknown }>(
          `select value from unnest($1::${type}[]) with ordinality as t (value, n) order by n`,
          [arrayOf(values as never[])],
        );
        expect(rows.map((row) => row.value)).toEqual(values);
      }),
      { numRuns: 40 },
    );
  });

  it('of jsonb has amounts as strings, which no JSON number could hold', async () => {
    const [row] = await database.query<{ value: unknown }>(
      'select value from unnest($1::jsonb[]) as t (value)',
      [jsonbArray([{ amountMinor: 2n ** 60n, more: [1n] }])],
    );
    expect(row?.value).toEqual({ amountMinor: '1152921504606846976', more: ['1'] });
  });

  it('is refused when it holds what no text can, as any other parameter', async () => {
    const asking = database.query('select * from unnest($1::text[])', [textArray(['a\0b'])]);
    await expect(asking).rejects.toMatchObject({ code: '22021' });
  });
});
