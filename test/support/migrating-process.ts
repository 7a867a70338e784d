import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { FORK_THAT_ENDS_WITH_US } from './end-with-us.js';
import { keepOutputOf } from './keep-output.js';

/** A process that migrates a database, made of the build. */
export interface MigratingProcess {
  /** Resolves when it is inside of its migration. */
  readonly inside: Promise<void>;
  /** Ends it without any chance to clean up. */
  kill(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('migrating-child.mjs', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Starts one that stops in the middle of the migration after all that there are. */
export function startMigrating(databaseUrl: string): MigratingProcess {
  const { PATH, HOME } = process.env;
  const child = fork(PROGRAM, [databaseUrl], {
    cwd: ROOT,
    env: { PATH, HOME },
    ...FORK_THAT_ENDS_WITH_US,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const exited = once(child, 'exit');
  keepOutputOf(child, 'migrating');
  child.stderr?.on('data', (chunk: Buffer) => process.stderr.write(chunk));
  return {
    inside: Promise.race([
      once(child, 'message').then(() => undefined),
      exited.then(([code]) => Promise.reject(new Error(`it ended with ${String(code)}`))),
    ]),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
