import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('./baselines/', import.meta.url));

/** Installs what the baselines need and the service does not, when it is not there yet. */
export function installBaselines() {
  if (isInstalled()) return;
  console.error('bench: installing the baselines …');
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: FOLDER,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('the baselines could not be installed (see above)');
}

/** npm notes in node_modules what it installed, and does so last. */
function isInstalled() {
  const installed = readLock('node_modules/.package-lock.json');
  if (installed === null) return false;
  const wanted = readLock('package-lock.json');
  return Object.entries(wanted.packages).every(
    ([path, { version, optional }]) =>
      path === '' || optional || installed.packages[path]?.version === version,
  );
}

/** Version of an installed package of the baselines. */
export function baselineVersion(name) {
  return JSON.parse(readFileSync(`${FOLDER}node_modules/${name}/package.json`, 'utf8')).version;
}

function readLock(name) {
  return existsSync(FOLDER + name) ? JSON.parse(readFileSync(FOLDER + name, 'utf8')) : null;
}
