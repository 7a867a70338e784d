import type { Leak } from './find-leaks.mjs';

/** In the folder of the logs: a line of JSON for every secret that a test has used. */
export const SECRETS_FILE: string;
/** Makes the folder in which the tests of this run keep what processes print. */
export function openRunLogs(): string;
/**
 * Searches everything that was logged in this run, and in the other folders, for every secret that
 * was used in it.
 */
export function searchRunLogs(
  folder: string,
  ...others: readonly string[]
): {
  readonly files: number;
  readonly lines: number;
  readonly secrets: number;
  readonly leaks: readonly (Leak & { readonly file: string })[];
};
export function removeRunLogs(folder: string): void;
