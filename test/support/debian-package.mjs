import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const INSTALL_MS_MAX = 300_000;

/** Path of the first of these programs that is on the PATH; null when there is none. */
export function findProgram(names) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find(isExecutable) ?? null;
}

/** Installs a package of Debian where that is possible: as root, with apt-get. */
export function installDebianPackage(name) {
  if (process.platform !== 'linux' || process.getuid() !== 0) return;
  if (findProgram(['apt-get']) === null) return;
  console.log(`Installing ${name} for the tests …`);
  const options = {
    // Without this policy Debian would start servers that it installs, on their default ports.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    stdio: 'ignore',
    timeout: INSTALL_MS_MAX,
  };
  spawnSync('apt-get', ['update', '-qq'], options);
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], options);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
