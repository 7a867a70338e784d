/** How the elements of an array travel; `bytes` is the length of each, or how to find it out. */
interface Element<T> {
  /** Of the type in `pg_type`. */
  readonly oid: number;
  readonly bytes: number | ((value: T) => number);
  readonly write: (into: Buffer, value: T, at: number) => unknown;
}

/** Dimensions, whether there are nulls, type of the elements; then their number and first index. */
const HEADER_BYTES = 20;

/**
 * An array as a parameter of a statement, in PostgreSQL's binary format. `pg` writes arrays as text,
 * every element of which is escaped here and read there: for many rows that costs more than all
 * else that happens to them on the way.
 *
 * The statement must name the type (`$1::uuid[]`). A value is null where SQL should see null.
 * @see https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/arrayfuncs.c
 */
export class BinaryArray<T> {
  constructor(
    readonly values: readonly (T | null)[],
    private readonly element: Element<T>,
  ) {}

  /** What `pg` asks a value for that knows by itself how it travels. */
  toPostgres(): Buffer {
    const { oid, bytes, write } = this.element;
    const sizeOf = typeof bytes === 'number' ? () => bytes : bytes;
    const sizes = this.values.map((value) => (value === null ? -1 : sizeOf(value)));
    const total = sizes.reduce((sum, size) => sum + 4 + Math.max(size, 0), HEADER_BYTES);
    const array = Buffer.allocUnsafe(total);
    array.writeInt32BE(1, 0);
    array.writeInt32BE(sizes.includes(-1) ? 1 : 0, 4);
    array.writeInt32BE(oid, 8);
    array.writeInt32BE(sizes.length, 12);
    array.writeInt32BE(1, 16);
    let at = HEADER_BYTES;
    for (const [index, size] of sizes.entries()) {
      at = array.writeInt32BE(size, at);
      const value = this.values[index] ?? null;
      if (value === null) continue;
      write(array, value, at);
      at += size;
    }
    return array;
  }
}

const ofType =
  <T>(element: Element<T>) =>
  (values: readonly (T | null)[]) =>
    new BinaryArray(values, element);

export const uuidArray = ofType<string>({
  oid: 2950,
  bytes: 16,
  write: (into, value, at) => into.write(value.replaceAll('-', ''), at, 'hex'),
});

export const textArray = ofType<string>({
  oid: 25,
  bytes: (value) => Buffer.byteLength(value),
  write: (into, value, at) => into.write(value, at),
});

export const byteaArray = ofType<Buffer>({
  oid: 17,
  bytes: (value) => value.length,
  write: (into, value, at) => value.copy(into, at),
});

export const smallintArray = ofType<number>({
  oid: 21,
  bytes: 2,
  write: (into, value, at) => into.writeInt16BE(value, at),
});

export const integerArray = ofType<number>({
  oid: 23,
  bytes: 4,
  write: (into, value, at) => into.writeInt32BE(value, at),
});

/** For `float8[]`. */
export const doubleArray = ofType<number>({
  oid: 701,
  bytes: 8,
  write: (into, value, at) => into.writeDoubleBE(value, at),
});

export const booleanArray = ofType<boolean>({
  oid: 16,
  bytes: 1,
  write: (into, value, at) => into.writeUInt8(value ? 1 : 0, at),
});

export const bigintArray = ofType<bigint>({
  oid: 20,
  bytes: 8,
  write: (into, value, at) => into.writeBigInt64BE(value, at),
});

const JSONB_VERSION = 1;

const jsonbText = ofType<string>({
  oid: 3802,
  bytes: (value) => 1 + Buffer.byteLength(value),
  write: (into, value, at) => into.write(value, into.writeUInt8(JSONB_VERSION, at)),
});

/** Of anything that JSON can say. Amounts become strings: a JSON number cannot hold every bigint. */
export function jsonbArray(values: readonly unknown[]): BinaryArray<string> {
  return jsonbText(
    values.map((value) => (value === null ? null : JSON.stringify(value, bigintsAsStrings))),
  );
}

function bigintsAsStrings(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
