import { pino, type DestinationStream, type Logger } from 'pino';
import { cleanLine } from './clean-line.js';

export type { Logger };

/**
 * JSON logs, an entry a line. No line ever holds a body, a secret or a token: the code does not log
 * them, and what a header or an error might carry along is cut out here. What providers and clients
 * have put into a text cannot make it more than a line, or endless, or one with a card number.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: { service: 'tollgate', pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: [
          'headers',
          '*.headers',
          '*.authorization',
          '*.body',
          '*.secret',
          '*.token',
          '*.password',
          'error.cause',
          'error.query',
          'error.parameters',
        ],
        censor: '[redacted]',
      },
      serializers: { error: toPlainError },
      hooks: { streamWrite: cleanLine },
    },
    destination ?? pino.destination({ sync: false }),
  );
}

/** Code, message and stack of an error; nothing that a driver may have hung on it. */
function toPlainError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = 'code' in error ? error.code : undefined;
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  return { name: error.name, code, message: error.message, cause, stack: error.stack };
}
