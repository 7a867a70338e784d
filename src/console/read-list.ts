import { TollgateError } from '../errors.js';
import type { Page } from '../ops/list-query.js';

/** A page of a list, or why the filters that somebody typed cannot be used. */
export interface ReadList<T> {
  readonly page: Page<T>;
  readonly problem: string | null;
}

/** Reads a list. A filter that cannot be used is told beside its form, not on a page of its own. */
export async function readList<T>(read: () => Promise<Page<T>>): Promise<ReadList<T>> {
  try {
    return { page: await read(), problem: null };
  } catch (error) {
    if (!(error instanceof TollgateError) || error.code !== 'bad_request') throw error;
    return { page: { data: [], nextCursor: null }, problem: error.message };
  }
}
