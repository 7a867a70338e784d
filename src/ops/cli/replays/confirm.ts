import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { usageError } from '../cli-error.js';
import type { Terminal } from '../terminal.js';

/**
 * Asks before more than one thing is changed. Where nobody can be asked, `--yes` has to say it.
 * @throws CliError when it is not confirmed
 */
export async function confirm(
  terminal: Pick<Terminal, 'isInteractive'>,
  what: string,
  isConfirmed: boolean,
): Promise<void> {
  if (isConfirmed) return;
  if (!terminal.isInteractive) {
    throw usageError(`this would ${what}: confirm it with --yes, or look first with --dry-run`);
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // Ctrl-C, Ctrl-D and a terminal that goes away are a no.
    const asked = lines.question(`This will ${what}. Go on? [y/N] `).catch(() => '');
    const answer = await Promise.race([asked, once(lines, 'close').then(() => '')]);
    if (!/^y(es)?$/i.test(answer.trim())) throw usageError('not confirmed; nothing was changed');
  } finally {
    lines.close();
  }
}
