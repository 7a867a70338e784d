/**
 * How statements are planned that look up a few rows by their keys, as all do that work on events,
 * commands and messages: by an index and nothing else, however small a table is. A connection keeps
 * the plan of a prepared statement until somebody has analysed the table. One that was made on the
 * first day, when a scan through ten rows was the cheapest, would go on to scan through a million.
 */
export const KEYED_PLANS: Readonly<Record<string, string>> = {
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  jit: 'off', // compiles for longer than these take
};

/** The same for the log-in of a connection. */
export const KEYED_PLAN_OPTIONS = Object.entries(KEYED_PLANS)
  .map(([name, value]) => `-c ${name}=${value}`)
  .join(' ');

/**
 * That rows which are named by their keys have this status, in words that match the predicate of no
 * index. Tables have indexes of what waits, which are tiny when a statement is planned and may hold
 * a backlog when it runs: with `status = '…'` each row named would be looked for among all of them.
 */
export function hasStatus(column: string, status: string): string {
  return `coalesce(${column}, '') = '${status}'`;
}
