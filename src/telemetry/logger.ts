import { setTimeout as delay } from 'node:timers/promises';
import { pino, type DestinationStream, type Logger } from 'pino';
import { cleanLine } from './clean-line.js';

export type { Logger };

const STDOUT = 1;
const WRITTEN_MS_MAX = 1000;

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
    destination ?? logDestination(STDOUT),
  );
}

/**
 * Written to without waiting: a line that is still on its way is lost when the process is killed,
 * see {@link logWritten}.
 */
export function logDestination(fd: number): DestinationStream {
  // Nothing is held back: every line is longer. With 0, a flush would not wait for what is written.
  return pino.destination({ fd, sync: false, minLength: 1 });
}

/**
 * Resolves once all that was logged has left the process, for lines that must outlive it; or after
 * a second, when nobody reads them. Never rejects.
 */
export async function logWritten(logger: Logger): Promise<void> {
  const limit = new AbortController();
  const written = new Promise<void>((resolve) => {
    logger.flush(() => {
      resolve(); // even with an error: a pipe takes the lines, but cannot sync them to a disk
    });
  });
  const waited = delay(WRITTEN_MS_MAX, undefined, { signal: limit.signal }).catch(() => undefined);
  await Promise.race([written, waited]);
  limit.abort();
}

/** Code, message and stack of an error; nothing that a driver may have hung on it. */
function toPlainError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = 'code' in error ? error.code : undefined;
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  return { name: error.name, code, message: error.message, cause, stack: error.stack };
}
