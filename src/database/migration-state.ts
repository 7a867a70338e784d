import { MIGRATIONS } from '../../migrations/index.js';
import { MIGRATIONS_TABLE } from './migration-session.js';
import type { Queryable } from './transaction.js';

/** How the schema of a database compares with this build. */
export interface MigrationState {
  /** Migrations that were run, oldest first. */
  readonly run: readonly string[];
  /** Migrations that the next start will run, oldest first. */
  readonly pending: readonly string[];
  /** Migrations that were run and that this build does not know: the database is newer. */
  readonly unknown: readonly string[];
}

/** Compares the migrations that were run with those that there are. Changes nothing. */
export async function findMigrationState(
  db: Queryable,
  migrations: readonly { readonly name: string }[] = MIGRATIONS,
): Promise<MigrationState> {
  const run = await findRunMigrations(db);
  const known = migrations.map(({ name }) => name);
  return {
    run,
    pending: known.filter((name) => !run.includes(name)),
    unknown: run.filter((name) => !known.includes(name)),
  };
}

async function findRunMigrations(db: Queryable): Promise<string[]> {
  const { rows: tables } = await db.query<{ isThere: boolean }>(
    `select to_regclass($1) is not null as "isThere"`,
    [MIGRATIONS_TABLE],
  );
  if (tables[0]?.isThere !== true) return [];
  const { rows } = await db.query<{ name: string }>(
    `select name from ${MIGRATIONS_TABLE} order by timestamp`,
  );
  return rows.map(({ name }) => name);
}
