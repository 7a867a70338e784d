import type pg from 'pg';

/** A node of a plan, as `explain (analyze, format json)` tells it. */
export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** What one statement has looked at. */
export interface Look {
  readonly statement: string;
  readonly indexes: readonly string[];
  /** Tables of which rows were looked at, or could have been. */
  readonly tables: readonly string[];
  /** Tables that were read from one end to the other. */
  readonly wholeTables: readonly string[];
  /** Rows that were looked at, those that were of no use included. */
  readonly rows: number;
}

/** What a database has to be told before anybody connects to it, for plans to be told. */
export const TELL_PLANS = [
  `session_preload_libraries = 'auto_explain'`,
  'auto_explain.log_min_duration = 0',
  'auto_explain.log_analyze = on',
  'auto_explain.log_timing = off',
  `auto_explain.log_format = 'json'`,
  `auto_explain.log_level = 'notice'`,
];

/** Hears of the plan of every statement of a pool, as PostgreSQL has carried it out. */
export class PlanObserver {
  private readonly looks: Look[] = [];
  private readonly heard = new WeakSet<object>();

  watch(pool: Pick<pg.Pool, 'on'>): void {
    pool.on('acquire', (client) => {
      if (this.heard.has(client)) return;
      this.heard.add(client);
      client.on('notice', ({ message }) => {
        const json = /^duration: [\d.]+ ms\s+plan:\s+(\{.*\})\s*$/s.exec(message ?? '')?.[1];
        if (json !== undefined) this.looks.push(toLook(JSON.parse(json) as Explained));
      });
    });
  }

  /** What was looked at since this was asked last, by whatever looks at these tables. */
  taken(tables: RegExp): Look[] {
    const looks = this.looks.splice(0);
    return looks.filter((look) => look.tables.some((table) => tables.test(table)));
  }
}

interface Explained {
  readonly 'Query Text': string;
  readonly Plan: PlanNode;
}

function toLook({ 'Query Text': statement, Plan }: Explained): Look {
  const nodes = [...nodesOf(Plan)].filter((node) => node['Actual Loops'] > 0);
  const looking = nodes.filter((node) => node['Node Type'].includes('Scan'));
  const named = (name: 'Relation Name' | 'Index Name') =>
    [...new Set(looking.flatMap((node) => node[name] ?? []))].sort();
  return {
    statement,
    indexes: named('Index Name'),
    tables: named('Relation Name'),
    wholeTables: looking
      .filter((node) => node['Node Type'] === 'Seq Scan')
      .flatMap((node) => node['Relation Name'] ?? []),
    rows: looking
      .filter((node) => node['Index Name'] !== undefined || node['Relation Name'] !== undefined)
      .reduce((sum, node) => sum + rowsOf(node), 0),
  };
}

function rowsOf(node: PlanNode): number {
  const each =
    node['Actual Rows'] +
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0);
  return each * node['Actual Loops'];
}

function* nodesOf(node: PlanNode): Generator<PlanNode> {
  yield node;
  for (const child of node.Plans ?? []) yield* nodesOf(child);
}
