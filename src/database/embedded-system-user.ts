import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { chownSync, statSync } from 'node:fs';
import { dirname, parse } from 'node:path';
import { promisify } from 'node:util';
import { isSystemError } from './embedded-binaries.js';

const execute = promisify(execFile);

/** Longest that any PostgreSQL command may take, its own waiting included. */
const COMMAND_TIMEOUT_MS = 180_000;

/** PostgreSQL reaches files it may not reach by itself with this Linux capability. */
const CAPABILITY = '+dac_override';

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The account of the operating system that PostgreSQL runs as, which is never root. */
export interface SystemUser {
  /** Runs a program as this user, in a session of its own, and returns what it printed. */
  run(program: string, args: readonly string[]): Promise<string>;
  /** Gives a file or folder to this user. */
  own(path: string): void;
}

/**
 * Chooses who runs PostgreSQL: whoever runs us; and because PostgreSQL refuses to run as root,
 * for root the owner of the existing data, else the user `postgres`, which is created when it is
 * missing.
 * @param clusterDir folder with the data, which need not exist yet
 * @param reach files and folders the user must be able to get at
 * @throws Error naming the folder and the remedies, when that user cannot get there
 */
export function chooseSystemUser(clusterDir: string, reach: readonly string[]): SystemUser {
  if (process.getuid?.() !== 0) {
    refuseForeignData(clusterDir);
    return { run: (program, args) => run(program, args, {}), own: () => undefined };
  }
  const account = ownerOf(clusterDir) ?? findOrCreateAccount();
  const own = (path: string): void => chownSync(path, account.uid, account.gid);
  if (canReach(reach, [], account)) {
    return { run: (program, args) => run(program, args, account), own };
  }
  // A checkout in a folder that only root may enter, such as /root: let PostgreSQL pass all the
  // same, while it stays the owner of nothing but its data.
  const prefix = capabilityPrefix(account);
  if (!canReach(reach, prefix, {})) throw unreachable(reach, account);
  const [setpriv = '', ...options] = prefix;
  return { run: (program, args) => run(setpriv, [...options, program, ...args], {}), own };
}

async function run(
  program: string,
  args: readonly string[],
  account: Partial<Account>,
): Promise<string> {
  const options = {
    ...account,
    // Our own folder may be one that the user cannot enter.
    cwd: parse(program).root || '/',
    // In its own session no Ctrl-C of our terminal reaches it: we stop PostgreSQL last, ourselves.
    detached: true,
    windowsHide: true,
    timeout: COMMAND_TIMEOUT_MS,
  };
  const { stdout } = await execute(program, [...args], options);
  return stdout;
}

function refuseForeignData(clusterDir: string): void {
  const owner = ownerOf(clusterDir);
  const self = process.getuid?.();
  if (owner === null || self === undefined || owner.uid === self) return;
  throw new Error(
    `The embedded database in ${clusterDir} belongs to the user with id ${owner.uid}, and this ` +
      `process runs as ${self}. Run Tollgate as the user who started it first, or set DATA_DIR ` +
      'to another folder.',
  );
}

function ownerOf(path: string): Account | null {
  try {
    const { uid, gid } = statSync(path);
    return { uid, gid };
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
}

function findOrCreateAccount(): Account {
  const found = findAccount('postgres');
  if (found !== null) return found;
  const shell = ['--shell', '/usr/sbin/nologin'];
  spawnSync('useradd', ['--system', '--no-create-home', ...shell, 'postgres']);
  const created = findAccount('postgres') ?? findAccount('nobody');
  if (created !== null) return created;
  throw new Error(
    'PostgreSQL refuses to run as root, and there is neither a user "postgres" nor "nobody". ' +
      'Create one ("useradd --system postgres"), run Tollgate as an ordinary user, or set ' +
      'DATABASE_URL.',
  );
}

function findAccount(name: string): Account | null {
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return null; // "no such user"
  }
}

function capabilityPrefix({ uid, gid }: Account): readonly string[] {
  const capabilities = [`--inh-caps=${CAPABILITY}`, `--ambient-caps=${CAPABILITY}`];
  // initdb looks around with access(2), which ignores capabilities without this bit.
  const securebits = '--securebits=+no_setuid_fixup';
  const identity = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  return ['setpriv', ...identity, securebits, ...capabilities];
}

function canReach(
  paths: readonly string[],
  prefix: readonly string[],
  account: Partial<Account>,
): boolean {
  const tests = paths.map((_path, index) => `test -x "$${index + 1}"`).join(' && ');
  const [program = '', ...args] = [...prefix, '/bin/sh', '-c', tests, 'sh', ...paths];
  return spawnSync(program, args, { ...account, cwd: '/', stdio: 'ignore' }).status === 0;
}

function unreachable(paths: readonly string[], { uid }: Account): Error {
  const folders = [...new Set(paths.map((path) => dirname(path)))].join(' and ');
  return new Error(
    `PostgreSQL refuses to run as root, so it runs as the user with id ${uid}, and that user ` +
      `cannot enter ${folders}. Move the checkout (and DATA_DIR) to a folder that everyone may ` +
      'enter, or open the way ("chmod o+x" on each folder above), or run Tollgate as an ordinary ' +
      'user, or set DATABASE_URL.',
  );
}
