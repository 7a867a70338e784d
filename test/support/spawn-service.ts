import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { END_WITH_US } from './end-with-us.js';
import { eventually } from './eventually.js';
import { keepOutputOf } from './keep-output.js';
import { registerSecretsOf } from './secrets.js';

/** The service as a process of its own, as in production. */
export interface SpawnedService {
  /** Where it listens, as it says itself. @throws Error as long as it does not */
  readonly url: string;
  readonly pid: number;
  /** Sends a signal and waits for the end; kills whatever is left after `graceMs`. */
  kill(signal?: NodeJS.Signals, graceMs?: number): Promise<void>;
  /** What it printed so far, standard output and error together. */
  logs(): string;
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
}

export interface SpawnOptions {
  /**
   * Environment of the service; nothing else of ours is passed on, except PATH and HOME. Without
   * a `PORT` it gets one from the kernel: one that was looked for beforehand may be taken by
   * another test before the service listens.
   */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Path that must answer 200 before the service counts as started; null returns at once. */
  readonly readyPath?: string | null;
  readonly timeoutMs?: number;
  /** A program and its arguments that runs it, such as `prlimit`; none by default. */
  readonly under?: readonly string[];
  /** Folder of the build; `dist` by default. */
  readonly build?: string;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** What a process says once it listens, so that nobody else is taken for it. */
const READY = /"url":"(?<url>[^"]+)".*"msg":"ready"/;
const START_MS_MAX = 30_000;
const GRACE_MS = 20_000;

/**
 * Starts `node dist/src/main.js` as `npm start` does, in a process group of its own and waits until it is ready.
 * @throws Error with all it printed, when it ends before that or takes too long
 */
export async function spawnService(options: SpawnOptions): Promise<SpawnedService> {
  const { readyPath = '/health/ready', timeoutMs = START_MS_MAX } = options;
  const { under = [], build = 'dist' } = options;
  const { PATH, HOME } = process.env;
  const main = join(build, 'src/main.js');
  const node = [...END_WITH_US, ...under, process.execPath];
  const command = [...node, '--enable-source-maps', '--v8-pool-size=1', main];
  const child = spawn(command[0]!, command.slice(1), {
    cwd: ROOT,
    env: { PATH, HOME, PORT: '0', ...options.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });

  registerSecretsOf(options.env);
  keepOutputOf(child, 'service');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const exited = once(child, 'exit').then(
    ([code, signal]) => (code ?? signal) as number | NodeJS.Signals,
  );
  const service: SpawnedService = {
    get url() {
      const announced = READY.exec(output)?.groups?.['url'];
      if (announced === undefined) throw new Error(`the service does not listen:\n${output}`);
      return announced;
    },
    pid: child.pid ?? 0,
    logs: () => output,
    exited,
    kill: async (signal = 'SIGKILL', graceMs = GRACE_MS) => {
      child.kill(signal);
      const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    },
  };
  if (readyPath !== null) await waitUntilReady(service, readyPath, timeoutMs);
  return service;
}

async function waitUntilReady(
  service: SpawnedService,
  path: string,
  timeoutMs: number,
): Promise<void> {
  let ended: number | NodeJS.Signals | null = null;
  void service.exited.then((code) => (ended = code));
  const probe = async (): Promise<string> => {
    if (ended !== null) return `it ended with ${ended}`;
    const answer = await fetch(`${service.url}${path}`);
    if (answer.status !== 200) throw new Error(`${path} answers ${answer.status}`);
    return 'ready';
  };
  const result = await eventually(probe, { timeoutMs }).catch(String);
  if (result === 'ready') return;
  await service.kill();
  throw new Error(`the service did not start: ${result}\n${service.logs()}`);
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // The group is gone, which is what we want.
  }
}
