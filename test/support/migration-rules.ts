import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { MigrationClass } from '../../src/database/migration-session.js';

/** The statements with which a migration goes up, in order, as PostgreSQL would get them. */
export async function statementsOf(Migration: MigrationClass): Promise<string[]> {
  const statements: string[] = [];
  const query = (sql: string) => Promise.resolve(void statements.push(plain(sql)));
  await new Migration().up({ query } as unknown as QueryRunner);
  return statements;
}

/** In one line, without comments, capitals and whatever stands in quotes. */
function plain(sql: string): string {
  return sql
    .replace(/--.*$/gm, '')
    .replace(/\$\$.*?\$\$|'(?:[^']|'')*'/gs, `''`)
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim();
}

/** The actions of `alter table`, each as a statement of its own; any other statement as it is. */
function actionsOf(sql: string): string[] {
  const head = /^alter table (?:if exists |only )*\w+ /.exec(sql)?.[0];
  if (head === undefined) return [sql];
  const actions = [''];
  let depth = 0;
  for (const character of sql.slice(head.length)) {
    depth += character === '(' ? 1 : character === ')' ? -1 : 0;
    if (character === ',' && depth === 0) actions.push('');
    else actions.push(`${actions.pop() ?? ''}${character}`);
  }
  return actions.map((action) => `${head}${action.trim()}`);
}

interface Rule {
  readonly forbids: RegExp;
  /** True of what is no harm all the same. */
  readonly unless?: RegExp;
  readonly because: string;
}

/** What processes of the build before cannot bear while they run, or what they would wait for. */
const RULES: readonly Rule[] = [
  { forbids: /^alter .*\brename\b/, because: 'the build before still uses the old name' },
  {
    forbids: /^(?:alter table .*)?\bdrop (?:table|view|function|type|column|trigger)\b/,
    because: 'the build before still uses it: it goes when none of its processes is left',
  },
  {
    forbids: /\balter (?:column )?\w+ (?:set data )?type\b/,
    because: 'it writes every row anew',
  },
  {
    forbids: /\bset not null\b/,
    because: 'the build before may write nulls, and every row is looked at under the lock',
  },
  {
    forbids: /\badd column .*\bnot null\b/,
    unless: /\bdefault\b/,
    because: 'the build before does not fill it: give it a default, or let it be null',
  },
  {
    forbids:
      /\badd column .*(?:\bdefault (?!'|\d|-|true|false|null|now\(\))|\bgenerated\b|serial\b)/,
    because: 'a value that differs from row to row writes every row anew',
  },
  {
    forbids: /\badd column .*\b(?:check|references|unique|primary key)\b/,
    because: 'every row is looked at under the lock: add a constraint that is not valid yet',
  },
  {
    forbids: /\badd (?:constraint \w+ )?(?:check|foreign key|unique|primary key|exclude)\b/,
    unless: /\bnot valid$|\busing index\b/,
    because: 'every row is looked at under the lock: not valid at first, validated later',
  },
  {
    forbids: /^(?:create (?:unique )?index|drop index|reindex \w+)(?! concurrently)\b/,
    because: 'nobody writes meanwhile: do it concurrently',
  },
  {
    forbids: /^(?:truncate|cluster|vacuum full|lock)\b/,
    because: 'nobody reads or writes meanwhile',
  },
];

/** What of a migration cannot be done while the build before runs: a line each. */
export async function findRisks(Migration: MigrationClass): Promise<string[]> {
  const statements = await statementsOf(Migration);
  const made = new Set(statements.flatMap((sql) => /^create table (\w+)/.exec(sql)?.[1] ?? []));
  const isOfItsOwn = (sql: string) => made.has(tableOf(sql) ?? '');
  const inUse = statements.filter((sql) => !isOfItsOwn(sql));
  const risks = inUse.flatMap((sql) => [
    ...actionsOf(sql).flatMap((action) =>
      RULES.filter(({ forbids, unless }) => forbids.test(action) && !unless?.test(action)).map(
        ({ because }) => `${action}: ${because}`,
      ),
    ),
    ...findLoosened(sql),
  ]);
  const instance: MigrationInterface = new Migration();
  const more =
    instance.transaction === false
      ? findUnrepeatable(inUse)
      : [...findSlow(inUse), ...findLocks(statements, made)];
  return [...risks, ...more];
}

/** Constraints that go without one of the same name that comes for new rows at once. */
function findLoosened(sql: string): string[] {
  const actions = actionsOf(sql);
  return actions.flatMap((action) => {
    const name = /\bdrop constraint (?:if exists )?(\w+)/.exec(action)?.[1];
    const isReplaced = actions.some(
      (one) => one.includes(` add constraint ${name ?? ''} `) && one.endsWith(' not valid'),
    );
    return name === undefined || isReplaced
      ? []
      : [`${action}: put one in its place in the same statement, as wide at least, not valid`];
  });
}

/** What is no transaction can be cut off after any statement, and is run again from the first. */
function findUnrepeatable(statements: readonly string[]): string[] {
  return statements.flatMap((sql, index) => {
    const built = /^create (?:unique )?index concurrently (\w+)/.exec(sql)?.[1];
    if (built !== undefined) {
      const isDroppedBefore = statements
        .slice(0, index)
        .includes(`drop index concurrently if exists ${built}`);
      return isDroppedBefore ? [] : [`${built}: a try that was cut off leaves it there, invalid`];
    }
    const isHarmless = /^(?:drop index concurrently if exists|select)\b/.test(sql);
    const isPart = /^(?:with|update|delete)\b.*\blimit \d+/.test(sql);
    return isHarmless || isPart
      ? []
      : [`${sql}: give it a transaction, or do it in parts that may be done twice`];
  });
}

function findSlow(statements: readonly string[]): string[] {
  return statements.flatMap((sql) => {
    if (/\bconcurrently\b/.test(sql)) return [`${sql}: not inside of a transaction`];
    return /^(?:update|delete)\b/.test(sql)
      ? [`${sql}: rows stay locked until the end: in parts, without a transaction`]
      : [];
  });
}

/** A transaction that holds one table and waits for another stands in everybody's way. */
function findLocks(statements: readonly string[], made: ReadonlySet<string>): string[] {
  const locks = statements.flatMap((sql) => {
    const altered = /\bvalidate constraint\b/.test(sql) ? [] : [tableOf(sql)];
    const named = [...sql.matchAll(/\breferences (\w+)/g)].map(([, table]) => table);
    const strength = (table: string | undefined) => ({ table, isStrong: altered.includes(table) });
    return [...altered, ...named].map(strength);
  });
  const known = locks.filter(({ table }) => table !== undefined && !made.has(table));
  const tables = [...new Set(known.map(({ table }) => table))];
  if (tables.length > 1) return [`locks ${tables.join(' and ')}: make it a migration for each`];
  const firstStrong = known.findIndex(({ isStrong }) => isStrong);
  return firstStrong > 0 ? [`locks ${tables.join()} twice: the stronger lock first`] : [];
}

/** The table that a statement changes, or locks against writing. */
function tableOf(sql: string): string | undefined {
  const pattern =
    /^(?:alter table(?: if exists)?(?: only)?|create table|create (?:unique )?index \w+ on|update(?: only)?|delete from) (\w+)|^create trigger .*? on (\w+)/;
  const [, table, triggered] = pattern.exec(sql) ?? [];
  return table ?? triggered;
}
