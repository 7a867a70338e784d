/**
 * Adds to package-lock.json the optional packages for platforms that the registry at hand did not
 * offer when the lock was written. Without them `npm ci` refuses the lock, here and everywhere.
 * Run it after `npm install`; test/unit/package-lock.spec.ts says when it was forgotten.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const LOCK = fileURLToPath(new URL('../package-lock.json', import.meta.url));

/** Words of a package's name that say for which machine it is. */
const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64'];

const lock = JSON.parse(readFileSync(LOCK, 'utf8'));
for (const [name, version, isDev] of missingPackages(lock)) {
  lock.packages[`node_modules/${name}`] = entryFor(name, version, isDev);
  console.log(`added ${name}@${version}`);
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries(sorted);
writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);

function missingPackages({ packages }) {
  return Object.values(packages).flatMap(({ optionalDependencies = {}, dev = false }) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => packages[`node_modules/${name}`] === undefined)
      .map(([name, range]) => [name, range.replace(/^[~^]/, ''), dev]),
  );
}

function entryFor(name, version, isDev) {
  const words = name.split(/[/-]/);
  const os = SYSTEMS.filter((system) => words.includes(system));
  const cpu = PROCESSORS.filter((processor) => words.includes(processor));
  if (os.length === 0 || cpu.length === 0) {
    throw new Error(
      `${name} is missing from the lock, and its name does not say for which machine`,
    );
  }
  return { version, cpu, ...(isDev ? { dev: true } : {}), optional: true, os };
}
