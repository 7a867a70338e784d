import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { keepOutputOf } from './keep-output.js';
import { registerSecretsOf } from './secrets.js';

/** What a command came to. */
export interface CliAnswer {
  readonly code: number;
  /** Standard output. */
  readonly output: string;
  /** Standard error. */
  readonly notes: string;
  /** The one JSON document that `--json` prints; throws when it is anything else. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test reads whatever is there
  readonly json: any;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BIN = fileURLToPath(new URL('../../scripts/tollgate.mjs', import.meta.url));

/**
 * Runs the command `tollgate` as a process of its own, without a terminal.
 * @param environment nothing else of ours is passed on, except PATH and HOME
 */
export function runTollgate(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<CliAnswer> {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: ROOT,
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  registerSecretsOf(environment);
  keepOutputOf(child, 'tollgate');
  const said = { output: '', notes: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.notes += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => {
      resolve({
        code: code ?? -1,
        ...said,
        get json(): unknown {
          return JSON.parse(said.output) as unknown;
        },
      });
    });
  });
}
