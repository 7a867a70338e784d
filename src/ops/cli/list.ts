import { readPages, type Query } from './api.js';
import type { TableBlock } from './render.js';
import type { Cli, Result } from './run-command.js';

export interface PageOptions {
  readonly limit?: number | undefined;
  readonly all?: boolean | undefined;
}

/** A list of the API, and how people see a page of it. */
export interface List<T> {
  readonly path: string;
  readonly query: Query;
  readonly toTable: (items: readonly T[]) => TableBlock;
}

const LIMIT_DEFAULT = 50;

/**
 * Reads a list page by page and prints it as it comes, so that the first page of a long list is
 * there at once, and `| head` ends it. As JSON it is one list, whatever its length.
 */
export async function runList<T>(
  { api, terminal }: Cli,
  { path, query, toTable }: List<T>,
  { limit = LIMIT_DEFAULT, all = false }: PageOptions,
): Promise<Result> {
  const data: T[] = [];
  let count = 0;
  let nextCursor: string | null = null;
  for await (const page of readPages<T>(api, path, query, all ? Infinity : limit)) {
    if (terminal.isJson) data.push(...page.data);
    else terminal.print(...(page.data.length > 0 ? [toTable(page.data)] : []));
    count += page.data.length;
    nextCursor = page.nextCursor;
  }
  if (count === 0) terminal.note('nothing found');
  if (nextCursor !== null) terminal.note(`there are more than these ${count}: --limit or --all`);
  return { document: { data, nextCursor }, blocks: [] };
}
