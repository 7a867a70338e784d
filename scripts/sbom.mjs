/**
 * Writes what Tollgate is made of at run time, as CycloneDX: every package of the lock with its
 * version, licence and hash. Needs no network and no node_modules.
 *
 *     npm run sbom                  tollgate.cdx.json
 *     npm run sbom -- build/it.json there
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const [file = 'tollgate.cdx.json'] = process.argv.slice(2);

const bom = JSON.parse(
  npm(
    'sbom',
    '--sbom-format=cyclonedx',
    '--sbom-type=application',
    '--package-lock-only',
    '--offline',
  ),
);
const { name, packages } = readLock();
bom.metadata.component.name = name; // npm takes the name of the folder
keepRuntime(bom, packages);
writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`);
console.log(`${file}: ${bom.components.length} packages`);

function readLock() {
  return JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
}

/** `npm sbom --omit=dev` leaves out what is needed at run time and by a tool as well: we do not. */
function keepRuntime(found, locked) {
  const wanted = new Map();
  for (const [path, { version, dev, optional }] of Object.entries(locked)) {
    if (path === '' || dev === true) continue;
    const key = `${path.replace(/^.*node_modules\//, '')}@${version}`;
    wanted.set(key, wanted.get(key) === 'required' || !optional ? 'required' : 'optional');
  }
  found.components = found.components
    .map((one) => ({ ...one, scope: wanted.get(`${one.name}@${one.version}`) }))
    .filter(({ scope }) => scope !== undefined);
  for (const one of found.components) {
    one.properties = one.properties.filter((given) => given.name !== 'cdx:npm:package:development');
  }
  const direct = Object.keys(locked[''].dependencies).map(
    (one) => `${one}@${locked[`node_modules/${one}`].version}`,
  );
  const root = found.metadata.component['bom-ref'];
  const refs = new Set(found.components.map((one) => one['bom-ref']));
  found.dependencies = found.dependencies
    .filter(({ ref }) => ref === root || refs.has(ref))
    .map(({ ref, dependsOn }) => ({
      ref,
      dependsOn: ref === root ? direct : dependsOn.filter((one) => refs.has(one)),
    }));
}

/** The npm that called us, else the one on the PATH. */
function npm(...args) {
  const path = process.env.npm_execpath;
  const isScript = path?.endsWith('.js') === true;
  const [program, all] = isScript ? [process.execPath, [path, ...args]] : ['npm', args];
  const { status, stdout, error } = spawnSync(program, all, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 33_554_432,
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32' && !isScript,
  });
  if (status === 0) return stdout;
  console.error(`npm sbom failed${error ? `: ${error.message}` : ''}; it needs npm 9.8 or newer`);
  process.exit(1);
}
