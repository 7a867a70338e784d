import {
  bigintArray,
  booleanArray,
  doubleArray,
  integerArray,
  jsonbArray,
  textArray,
  uuidArray,
  type BinaryArray,
} from './binary-array.js';

const ARRAYS = {
  uuid: uuidArray,
  text: textArray,
  integer: integerArray,
  bigint: bigintArray,
  float8: doubleArray,
  boolean: booleanArray,
  jsonb: jsonbArray,
} as const;

type ColumnType = keyof typeof ARRAYS;

/** What a column of a type is given. */
interface Values {
  readonly uuid: string;
  readonly text: string;
  readonly integer: number;
  readonly bigint: bigint;
  readonly float8: number;
  readonly boolean: boolean;
  readonly jsonb: unknown;
}

type Types = Readonly<Record<string, ColumnType>>;

type RowOf<T extends Types> = { readonly [Name in keyof T]: Values[T[Name]] | null };

/**
 * Rows as the parameters of a statement, one array for each column: one prepared statement for any
 * number of rows, and nothing to be escaped here or parsed there.
 */
export class Recordset<T extends Types> {
  /** The columns in the order of their parameters, which begin with `$1`. */
  readonly names: readonly (keyof T & string)[];
  /** What stands behind `from`: the rows, called `t`, with these columns. */
  readonly sql: string;
  private readonly arrays: readonly ((values: readonly unknown[]) => BinaryArray<unknown>)[];

  /** @param types of each column */
  constructor(readonly types: T) {
    const columns = Object.entries(types);
    const parameters = columns.map(([, type], index) => `$${index + 1}::${type}[]`);
    const names = columns.map(([name]) => `"${name}"`);
    this.names = Object.keys(types);
    this.sql = `unnest(${parameters.join(', ')}) as t (${names.join(', ')})`;
    this.arrays = columns.map(([, type]) => ARRAYS[type] as (typeof this.arrays)[number]);
  }

  /** What is given to the statement for these rows; what else they hold is left out. */
  values(rows: readonly RowOf<T>[]): BinaryArray<unknown>[] {
    return this.arrays.map((arrayOf, index) => {
      const name = this.names[index] as keyof T;
      return arrayOf(rows.map((row) => row[name] ?? null));
    });
  }
}
