import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { END_WITH_US } from './end-with-us.js';
import { keepOutputOf } from './keep-output.js';
import { registerSecretsOf } from './secrets.js';

/** A program of somebody else, in a process of its own. */
export interface RunningProgram {
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** What it printed so far, standard output and error together. */
  output(): string;
  /** Sends a signal; see `exited` for the end. */
  signal(signal: NodeJS.Signals): void;
}

/**
 * Runs a file with Node and waits until it prints a text.
 * @param environment nothing else of ours is passed on, except PATH and HOME
 * @throws Error with all it printed, when it ends before
 */
export async function runProgram(
  file: string,
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
  readyText: string,
): Promise<RunningProgram> {
  const { PATH, HOME } = process.env;
  const command = [...END_WITH_US, process.execPath, file];
  const child = spawn(command[0]!, command.slice(1), {
    cwd: folder,
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  registerSecretsOf(environment);
  keepOutputOf(child, 'program');
  const exited = once(child, 'exit').then(
    ([code, signal]) => (code ?? signal) as number | NodeJS.Signals,
  );

  let output = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes(readyText)) resolve();
      });
    }
    void exited.then((code) => {
      reject(new Error(`${file} ended with ${code}:\n${output}`));
    });
  });
  return {
    exited,
    output: () => output,
    signal: (signal) => {
      child.kill(signal);
    },
  };
}
