import type { Session } from './session.js';
import type { Tables } from './tables.js';

/** What a statement gives back. */
export interface Answer {
  readonly rows: readonly object[];
  readonly rowCount: number;
}

/** What a statement works on. */
export interface Access {
  readonly tables: Tables;
  readonly session: Session;
  /** `now()`: when the transaction began, milliseconds. */
  readonly nowMs: number;
}

/**
 * One statement of `src/`, by its name, in plain code. It must lock whatever it needs before it
 * writes anything: when somebody else holds a row, it is begun anew after that, from the start.
 */
export type Statement = (on: Access, ...values: never[]) => Answer;

export function rowsOf(rows: readonly object[]): Answer {
  return { rows, rowCount: rows.length };
}

export function changed(rowCount: number): Answer {
  return { rows: [], rowCount };
}

/** The rows that travel as one JSON array. */
export function fromJson<Row>(json: string): Row[] {
  return JSON.parse(json) as Row[];
}

/** Rows as a `Recordset` of `src/` sends them: an array for each column. */
export type Columns = readonly (readonly unknown[])[];

interface Sent {
  readonly names: readonly string[];
  readonly types: Readonly<Record<string, string>>;
}

/** Those rows, their values as `pg` gives them back. */
export function fromColumns<Row>({ names, types }: Sent, columns: Columns): Row[] {
  const length = columns[0]?.length ?? 0;
  return Array.from({ length }, (_row, n) => {
    const values = names.map((name, column) => {
      const value = columns[column]?.[n];
      const isJson = types[name] === 'jsonb';
      return [name, isJson ? (JSON.parse(value as string) as unknown) : readBack(value)] as const;
    });
    return Object.fromEntries(values) as Row;
  });
}

function readBack(value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

export function byKey<Row>(keyOf: (row: Row) => string): (one: Row, other: Row) => number {
  return (one, other) => {
    const [first, second] = [keyOf(one), keyOf(other)];
    return first < second ? -1 : first > second ? 1 : 0;
  };
}

/** An error of PostgreSQL, by its SQLSTATE. */
export class PostgresError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export const UNIQUE_VIOLATION = '23505';
export const DEADLOCK = '40P01';
export const LOCK_NOT_AVAILABLE = '55P03';

/** `limit … for update skip locked`: what is locked by others does not count. */
export function lockFirst<Row>(
  rows: readonly Row[],
  rowsMax: number,
  tryLock: (row: Row) => boolean,
): Row[] {
  const locked: Row[] = [];
  for (const row of rows) {
    if (locked.length >= rowsMax) break;
    if (tryLock(row)) locked.push(row);
  }
  return locked;
}
