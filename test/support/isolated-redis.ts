import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fromGlobalSetup } from './environment.js';
import { freePort } from './free-port.mjs';
import { startRedis, type RedisPersistence } from './redis-process.mjs';

/** A Redis of its own for one test, which may be treated badly; its port never changes. */
export interface IsolatedRedis {
  readonly url: string;
  readonly port: number;
  /** Starts it (again); without persistence it comes back empty. */
  start(): Promise<void>;
  /** Ends it in an orderly way. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open and nobody answers. */
  pause(): void;
  resume(): void;
  /** Ends it for good and removes its files. Call it in `afterAll`. */
  remove(): Promise<void>;
}

/** Prepares a Redis; it does not run before `start()`, so a test can begin without it. */
export async function isolatedRedis({
  persistence = 'none',
  program = fromGlobalSetup('TEST_REDIS_SERVER'),
  parent = fromGlobalSetup('TEST_RUN_FOLDER'),
}: {
  readonly persistence?: RedisPersistence;
  readonly program?: string;
  /** Where its folder is made; by default that of the run, whose teardown ends what is left. */
  readonly parent?: string;
} = {}): Promise<IsolatedRedis> {
  const port = await freePort();
  const folder = await mkdtemp(join(parent, 'redis-'));
  let child: ChildProcess | null = null;

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child === null) return;
    const ended = once(child, 'exit');
    child.kill('SIGCONT'); // a paused process would not hear of anything but SIGKILL
    child.kill(signal);
    await ended;
    child = null;
  };

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    start: async () => {
      child ??= await startRedis({ program, port, folder, persistence });
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    remove: async () => {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
