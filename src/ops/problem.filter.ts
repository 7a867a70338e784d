import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_TYPE, problemBody, toProblem } from '../problem.js';
import type { Logger } from '../telemetry/logger.js';

/** How long a caller should leave us alone before the same request may succeed. */
const RETRY_AFTER_SECONDS: Readonly<Record<string, number>> = {
  request_in_progress: 1,
  provider_outcome_unknown: 5,
};
const RETRY_AFTER_SECONDS_DEFAULT = 5;

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
  const retryAfter =
    RETRY_AFTER_SECONDS[problem.code] ??
    (problem.status === 503 ? RETRY_AFTER_SECONDS_DEFAULT : null);
  if (retryAfter !== null) reply.header('retry-after', String(retryAfter));
  if (problem.status === 401 && problem.code === 'unauthenticated') {
    reply.header('www-authenticate', 'Bearer');
  }
  void reply.status(problem.status).type(PROBLEM_TYPE).send(problemBody(problem));
}
