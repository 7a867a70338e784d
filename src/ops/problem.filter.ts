import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_TYPE, problemBody, toProblem, type Problem } from '../problem.js';
import type { Logger } from '../telemetry/logger.js';

/** How long a caller should leave us alone before the same request may succeed. */
const RETRY_AFTER_SECONDS: Readonly<Record<string, number>> = {
  request_in_progress: 1,
  provider_outcome_unknown: 5,
};
const RETRY_AFTER_SECONDS_DEFAULT = 5;

/** Answers with what went wrong. */
export type SendProblem = (error: unknown, request: FastifyRequest, reply: FastifyReply) => void;

/** Hands whatever was thrown to the one who answers. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly send: SendProblem) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.send(error, http.getRequest(), http.getResponse());
  }
}

/** Answers with a problem as programs read it. */
export function sendProblem(
  logger: Logger,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const problem = beginProblem(logger, error, request, reply);
  if (problem.status === 401 && problem.code === 'unauthenticated') {
    reply.header('www-authenticate', 'Bearer');
  }
  void reply.type(PROBLEM_TYPE).send(problemBody(problem));
}

/**
 * Turns whatever was thrown into a problem and sets what every answer with one has; what nobody
 * expected is logged and tells nothing.
 */
export function beginProblem(
  logger: Logger,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Problem {
  const problem = toProblem(error);
  if (problem.code === 'internal_error') {
    logger.error({ error, method: request.method, route: request.routeOptions.url }, 'defect');
  }
  const retryAfter =
    RETRY_AFTER_SECONDS[problem.code] ??
    (problem.status === 503 ? RETRY_AFTER_SECONDS_DEFAULT : null);
  if (retryAfter !== null) reply.header('retry-after', String(retryAfter));
  void reply.status(problem.status);
  return problem;
}
