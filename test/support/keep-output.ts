import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createLogger, type Logger } from '../../src/telemetry/logger.js';
import './secrets.js';

/**
 * Keeps what somebody prints until the end of the run, when all of it is searched for secrets.
 * Outside of a run nothing is kept.
 *
 * @param source what prints, as a part of a file's name
 */
export function keepOutput(source: string): (text: string) => void {
  const folder = process.env['TEST_LOG_FOLDER'];
  if (folder === undefined) return () => undefined;
  const file = join(folder, `${source}-${process.pid}-${randomBytes(4).toString('hex')}.log`);
  return (text) => appendFileSync(file, text);
}

/** The same for a process that a test has started. */
export function keepOutputOf(
  child: { readonly stdout: Readable | null; readonly stderr: Readable | null },
  source: string,
): void {
  const keep = keepOutput(source);
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer | string) => keep(String(chunk)));
  }
}

/** The logger of a service that runs in the process of its test: it says everything. */
export function keptLogger(): Logger {
  return createLogger('trace', { write: keepOutput('in-process') });
}
