/**
 * Sets up what is missing before `npm start` and `npm test`: dependencies and the build. Uses
 * nothing but Node, since it runs on a fresh clone, and takes well under 100 ms when there is
 * nothing to do.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withLock } from './setup-lock.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const NODE_OLDEST = [20, 19];

/** What the build is made of: folders with all their files, and single files. */
const BUILD_INPUTS = [
  'src',
  'migrations',
  'nest-cli.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
];
const BUILD_STAMP = join(ROOT, 'dist', '.setup-stamp');

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes('--built')) stampBuild(buildFingerprint());
  else setup();
}

export function setup() {
  refuseOldNode();
  if (dependenciesAreFresh() && buildIsFresh()) return;
  withLock(ROOT, () => {
    // Asked again under the lock: another start may have done the work while this one waited.
    if (!dependenciesAreFresh()) {
      run('installing dependencies', npm('ci', '--include=dev', '--include=optional'));
    }
    if (!buildIsFresh()) build();
  });
}

function refuseOldNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_OLDEST[0] || (major === NODE_OLDEST[0] && minor >= NODE_OLDEST[1])) return;
  fail(`Tollgate needs Node ${NODE_OLDEST.join('.')} or newer; this is ${process.versions.node}.`);
}

/** npm notes in node_modules what it installed, and does so last, so half an install shows. */
function dependenciesAreFresh() {
  const installed = readJson(join(ROOT, 'node_modules', '.package-lock.json'));
  if (installed === null) return false;
  const wanted = readJson(join(ROOT, 'package-lock.json'));
  return Object.entries(wanted.packages).every(([path, { version, optional, devOptional }]) => {
    if (path === '') return true;
    const found = installed.packages[path];
    // Optional packages are for other platforms, mostly.
    return found === undefined ? optional || devOptional : found.version === version;
  });
}

/** Tells whether dist was made from the sources as they are now. */
export function buildIsFresh() {
  return existsSync(BUILD_STAMP) && readFileSync(BUILD_STAMP, 'utf8') === buildFingerprint();
}

function build() {
  // Taken before the build, so that a source saved in the middle of it is noticed next time.
  const fingerprint = buildFingerprint();
  const nest = join(ROOT, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  run('building', [process.execPath, nest, 'build']);
  stampBuild(fingerprint);
}

/** `npm run build` calls this too, through `--built`, after it has built by itself. */
function stampBuild(fingerprint) {
  mkdirSync(dirname(BUILD_STAMP), { recursive: true });
  writeFileSync(BUILD_STAMP, fingerprint);
}

function buildFingerprint() {
  const hash = createHash('sha256');
  for (const path of BUILD_INPUTS.flatMap((input) => filesUnder(input))) {
    const { mtimeMs, size } = statSync(join(ROOT, path));
    hash.update(`${path}\0${mtimeMs}\0${size}\n`);
  }
  return hash.digest('hex');
}

function filesUnder(path) {
  if (!statSync(join(ROOT, path)).isDirectory()) return [path];
  const names = readdirSync(join(ROOT, path)).sort();
  return names.flatMap((name) => filesUnder(join(path, name)));
}

function readJson(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
}

/** The npm that called us, else the one on the PATH. */
function npm(...args) {
  const path = process.env.npm_execpath;
  return path?.endsWith('.js') ? [process.execPath, path, ...args] : ['npm', ...args];
}

function run(what, [program, ...args]) {
  console.error(`tollgate setup: ${what} …`);
  const started = Date.now();
  const { status, error } = spawnSync(program, args, {
    cwd: ROOT,
    // To stderr: whoever reads the standard output of `npm run …` wants the command's own.
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32' && program === 'npm',
  });
  if (status !== 0) fail(`${what} failed${error ? `: ${error.message}` : ''} (see above)`);
  console.error(`tollgate setup: ${what} took ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function fail(message) {
  console.error(`tollgate setup: ${message}`);
  process.exit(1);
}
