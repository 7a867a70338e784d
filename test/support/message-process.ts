import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { FORK_THAT_ENDS_WITH_US } from './end-with-us.js';
import { keepOutputOf } from './keep-output.js';
import type { MessageBacking } from './message-harness.js';

export interface MessageProcessOptions {
  readonly backing: MessageBacking;
  /** Consumers that its relay serves; without any it has none. */
  readonly relaysTo: readonly string[];
  /** Toy consumers that it runs, whose effect is a row in `effects`. */
  readonly consumes: readonly string[];
  /** Where it is to die, as in `FAILPOINTS`. */
  readonly failPoints?: readonly string[];
  readonly concurrency?: number;
  readonly leaseSeconds?: number;
  readonly resendSeconds?: number;
  readonly lockSeconds?: number;
}

/** A process with a relay and consumers of its own. */
export interface MessageProcess {
  /** Resolves when it works. @throws Error when it ended before */
  readonly ready: Promise<void>;
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  kill(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

const PROGRAM = fileURLToPath(new URL('message-child.mjs', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export function startMessageProcess(options: MessageProcessOptions): MessageProcess {
  const given = {
    failPoints: [],
    concurrency: 4,
    leaseSeconds: 1,
    resendSeconds: 1,
    lockSeconds: 5,
    ...options,
  };
  const { PATH, HOME } = process.env;
  const child = fork(PROGRAM, [JSON.stringify(given)], {
    cwd: ROOT,
    env: { PATH, HOME },
    ...FORK_THAT_ENDS_WITH_US,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  keepOutputOf(child, 'messages');
  child.stderr?.on('data', (chunk: Buffer) => process.stderr.write(chunk));
  const exited = once(child, 'exit').then(
    ([code, signal]) => (code ?? signal) as number | NodeJS.Signals,
  );
  const ready = Promise.race([
    once(child, 'message').then(() => undefined),
    exited.then((code) => Promise.reject(new Error(`the process ended with ${code}`))),
  ]);
  ready.catch(() => undefined); // not everybody asks
  return {
    ready,
    exited,
    kill: (signal = 'SIGKILL') => {
      child.kill(signal);
      return exited;
    },
  };
}
