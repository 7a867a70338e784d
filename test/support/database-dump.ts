import type { Observer } from './observe.js';

export type Row = Readonly<Record<string, unknown>>;
/** Rows of each table. */
export type Dump = ReadonlyMap<string, readonly Row[]>;

/** All rows of all tables of ours. @param ignored columns that are left out */
export async function dumpRows(observer: Observer, ignored: readonly string[] = []): Promise<Dump> {
  const dump = new Map<string, readonly Row[]>();
  for (const table of await listTables(observer)) {
    const rows = await observer.query<{ row: Row }>(
      `select to_jsonb(t) - $1::text[] as row from ${table} t`,
      [ignored],
    );
    dump.set(
      table,
      rows.map(({ row }) => row),
    );
  }
  return dump;
}

/**
 * Names of our tables, without the list of what was migrated, and without partitions: which there
 * are depends on the day, and what is in them is in their table.
 */
async function listTables(observer: Observer): Promise<string[]> {
  const rows = await observer.query<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
       and relname <> 'tollgate_migrations' order by 1`,
  );
  return rows.map(({ name }) => name);
}

/**
 * What both dumps can tell, each as it has it: without the tables and columns that only one of them
 * has, and in an order that depends on nothing but the rows.
 */
export function inCommon(one: Dump, other: Dump): [Dump, Dump] {
  const tables = [...one.keys()].filter((table) => other.has(table));
  const shared = (dump: Dump, against: Dump): Dump =>
    new Map(
      tables.map((table) => {
        const columns = new Set(Object.keys(against.get(table)![0] ?? {}));
        return [table, sorted(dump.get(table)!.map((row) => pick(row, columns)))];
      }),
    );
  return [shared(one, other), shared(other, one)];
}

function pick(row: Row, columns: ReadonlySet<string>): Row {
  return Object.fromEntries(Object.entries(row).filter(([column]) => columns.has(column)));
}

function sorted(rows: readonly Row[]): Row[] {
  const keyed = rows.map((row) => ({ row, key: JSON.stringify(row) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ row }) => row);
}

/** Everything of the schema that a migration can change, a line each; of partitions, the default. */
export async function describeSchema(observer: Observer): Promise<string[]> {
  const rows = await observer.query<{ line: string }>(SCHEMA);
  return rows.map(({ line }) => line);
}

/** Which weeks there are depends on the day. */
const WEEK = '^inbox_bodies_[0-9]{8}$';

const SCHEMA = `
  select format('column %s.%s %s %s default %s identity %s', c.relname, a.attname,
                format_type(a.atttypid, a.atttypmod),
                case when a.attnotnull then 'not null' else 'null' end,
                coalesce(pg_get_expr(d.adbin, d.adrelid), 'none'), a.attidentity) as line
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'p') and a.attnum > 0
    and not a.attisdropped and c.relname !~ '${WEEK}'
  union all
  select format('constraint %s on %s: %s', conname, conrelid::regclass, pg_get_constraintdef(oid))
  from pg_constraint where connamespace = 'public'::regnamespace and conrelid::regclass::text !~ '${WEEK}'
  union all
  select format('options %s: %s', relname, reloptions) from pg_class
  where relnamespace = 'public'::regnamespace and reloptions is not null and relname !~ '${WEEK}'
  union all
  select format('index %s', indexdef) from pg_indexes
  where schemaname = 'public' and tablename !~ '${WEEK}'
  union all
  select format('trigger %s', pg_get_triggerdef(oid)) from pg_trigger where not tgisinternal
  union all
  select format('function %s', pg_get_functiondef(oid))
  from pg_proc where pronamespace = 'public'::regnamespace
  union all
  select format('view %s: %s', viewname, definition) from pg_views where schemaname = 'public'
  order by 1`;
