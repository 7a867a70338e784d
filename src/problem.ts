import { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import { isDatabaseTrouble, sqlState } from './database/transaction.js';
import { ERRORS, TollgateError, type ErrorCode } from './errors.js';

/** An RFC 9457 problem with a stable code; some codes add members of their own. */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail?: string;
}

export const PROBLEM_TYPE = 'application/problem+json';
/**
 * Statements that took too long, waited too long for a lock or lost too often against others: the
 * same request may succeed in a moment.
 */
const PASSING_STATES: ReadonlySet<string> = new Set(['57014', '55P03', '40001', '40P01']);

/** What a client is told of an error; of one that nobody expected, nothing. */
export function toProblem(error: unknown): Problem {
  if (error instanceof TollgateError) {
    const status = error.status ?? 500;
    // The answer to an unproven delivery tells nothing: one constant body for every reason.
    const detail = error.code === 'invalid_signature' ? null : error.message;
    return { ...problemOf(error.code, status, detail), ...error.members };
  }
  if (isDatabaseTrouble(error) || PASSING_STATES.has(sqlState(error) ?? '')) {
    return problemOf('storage_unavailable', 503, 'the database does not answer');
  }
  const status = statusOf(error);
  const code = CODE_BY_STATUS[status];
  if (code) return problemOf(code, status, null);
  return status >= 400 && status < 500
    ? problemOf('bad_request', status, null)
    : problemOf('internal_error', 500, null);
}

/** A problem as it goes over the wire; a provider's dashboard shows `error`, if anything. */
export function problemBody(problem: Problem): Problem & { readonly error: ErrorCode } {
  return { ...problem, error: problem.code };
}

/** Codes for what Nest and Fastify refuse by themselves. */
const CODE_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'bad_request',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'body_too_large',
  415: 'unsupported_media_type',
  503: 'shutting_down',
};

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const isHttp = typeof error === 'object' && error !== null && 'statusCode' in error;
  return isHttp && typeof error.statusCode === 'number' ? error.statusCode : 500;
}

function problemOf(code: ErrorCode, status: number, detail: string | null): Problem {
  const title = STATUS_CODES[status] ?? ERRORS[code].next;
  const problem = { type: 'about:blank', title, status, code } as const;
  return detail === null ? problem : { ...problem, detail };
}
