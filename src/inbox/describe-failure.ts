import { sqlState } from '../database/transaction.js';
import { TollgateError, type ErrorCode } from '../errors.js';

/** What went wrong with an event, as its row keeps it. */
export interface DescribedFailure {
  readonly code: ErrorCode;
  readonly message: string;
}

export function describeFailure(
  error: unknown,
  fallback: ErrorCode = 'apply_failed',
): DescribedFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof TollgateError) return { code: error.code, message };
  if (isAboutSums(error)) return { code: 'amount_unusable', message };
  return { code: sqlState(error) === '55P03' ? 'lock_timeout' : fallback, message };
}

const CHECK_VIOLATION = '23514';

/**
 * Amounts that are fine one by one and together more than 2^53−1: the row of their sum is refused,
 * now and whenever it is tried again.
 */
function isAboutSums(error: unknown): boolean {
  if (sqlState(error) !== CHECK_VIOLATION) return false;
  const { constraint } = error as { readonly constraint?: string };
  return constraint?.endsWith('_minor_check') === true;
}
