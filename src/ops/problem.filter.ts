import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { STATUS_CODES } from 'node:http';
import { isDatabaseTrouble, sqlState } from '../database/transaction.js';
import { ERRORS, TollgateError, type ErrorCode } from '../errors.js';
import type { Logger } from '../telemetry/logger.js';

/** An RFC 9457 problem with a stable code. */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail?: string;
}

/** How long a caller should leave us alone when the fault is ours. */
const RETRY_AFTER_SECONDS = 5;
/** A statement that took longer than the statement timeout. */
const QUERY_CANCELED = '57014';

/** Turns whatever was thrown into a problem; what nobody expected is logged and tells nothing. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(this.logger, error, http.getRequest(), http.getResponse());
  }
}

export function sendProblem(
  logger: Logger,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const problem = toProblem(error);
  if (problem.code === 'internal_error') {
    logger.error({ error, method: request.method, route: request.routeOptions.url }, 'defect');
  }
  if (problem.status === 503) reply.header('retry-after', String(RETRY_AFTER_SECONDS));
  if (problem.status === 401 && problem.code === 'unauthenticated') {
    reply.header('www-authenticate', 'Bearer');
  }
  void reply
    .status(problem.status)
    .type('application/problem+json')
    // A provider's dashboard shows the body; `error` is what most of them look for.
    .send({ ...problem, error: problem.code });
}

export function toProblem(error: unknown): Problem {
  if (error instanceof TollgateError) {
    const status = error.status ?? 500;
    // The answer to an unproven delivery tells nothing: one constant body for every reason.
    return problemOf(error.code, status, error.code === 'invalid_signature' ? null : error.message);
  }
  if (isDatabaseTrouble(error) || sqlState(error) === QUERY_CANCELED) {
    return problemOf('storage_unavailable', 503, 'the database does not answer');
  }
  const status = statusOf(error);
  const code = CODE_BY_STATUS[status];
  if (code) return problemOf(code, status, null);
  return status >= 400 && status < 500
    ? problemOf('bad_request', status, null)
    : problemOf('internal_error', 500, null);
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
