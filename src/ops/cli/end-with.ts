import { CliError } from './cli-error.js';
import { EXIT_CODES, type Exit } from './exit-codes.js';
import { openTerminal } from './terminal.js';

/** Tells why a command could not be carried out, and leaves the exit code that says the same. */
export function endWith(error: unknown): void {
  const { exit, code, message, members = {}, isTold = false } = describe(error);
  process.exitCode = EXIT_CODES[exit].code;
  if (exit === 'done') return;
  // Asked of the arguments, since a wrong option is found before any command runs.
  const isJson = process.argv.includes('--json');
  const terminal = openTerminal({ isJson, isColourless: true });
  terminal.printDocument({ error: { code, message, ...members } });
  if (!isTold) terminal.note(`tollgate: ${message}`);
}

interface Ending {
  readonly exit: Exit;
  readonly code: string;
  readonly message: string;
  readonly members?: Readonly<Record<string, unknown>>;
  /** Commander has said it on standard error already. */
  readonly isTold?: boolean;
}

function describe(error: unknown): Ending {
  if (error instanceof CliError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (!isCommanderError(error)) return { exit: 'failed', code: 'failed', message };
  // Help that was asked for comes as an error too, of the exit code 0.
  const exit = error.exitCode === 0 ? 'done' : 'usage';
  return { exit, code: 'usage', message: message.replace(/^error: /, ''), isTold: true };
}

function isCommanderError(error: unknown): error is { readonly exitCode: number } {
  if (typeof error !== 'object' || error === null || !('exitCode' in error)) return false;
  return 'code' in error && String(error.code).startsWith('commander.');
}
