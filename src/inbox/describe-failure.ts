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
  return { code: sqlState(error) === '55P03' ? 'lock_timeout' : fallback, message };
}
