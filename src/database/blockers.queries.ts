import type { Queryable } from './transaction.js';

/** A transaction that somebody has open in this database. */
export interface OpenTransaction {
  readonly pid: number;
  /** As it called itself; often empty. */
  readonly application: string;
  /** What it does: `idle in transaction` is one that somebody forgot. */
  readonly state: string;
  /** Since it began. */
  readonly seconds: number;
}

/** Whom a statement that gets no lock may be waiting for: the oldest ones, without their SQL. */
export async function findOpenTransactions(db: Queryable): Promise<OpenTransaction[]> {
  const { rows } = await db.query<OpenTransaction>(
    `select pid, coalesce(application_name, '') as application, coalesce(state, '') as state,
            extract(epoch from clock_timestamp() - xact_start)::int as seconds
     from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null
     order by xact_start
     limit 3`,
  );
  return rows;
}
