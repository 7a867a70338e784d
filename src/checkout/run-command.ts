import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../access/api.guard.js';
import { TollgateError } from '../errors.js';
import { answerOnce } from '../idempotency/answer.js';
import type { Operation } from '../idempotency/operation.js';
import type { Services } from '../services.js';

/** Answers a command under its `Idempotency-Key`, and writes one line about it. */
export async function runCommand(
  { commands, metrics, logger }: Pick<Services, 'commands' | 'metrics' | 'logger'>,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { name: caller } = callerOf(request);
  const startedAt = performance.now();
  const report = (result: string) => {
    const seconds = (performance.now() - startedAt) / 1000;
    metrics.commands.inc({ operation: operation.name, result });
    metrics.commandSeconds.observe({ operation: operation.name }, seconds);
    logger.info({ operation: operation.name, caller, result, seconds }, 'command');
  };
  try {
    const isReplay = await answerOnce(commands.execute, operation, caller, request, reply);
    report(isReplay ? 'replayed' : String(reply.statusCode));
  } catch (error) {
    report(error instanceof TollgateError ? error.code : 'failed');
    throw error;
  }
}
