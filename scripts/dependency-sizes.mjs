/**
 * Writes into docs/dependencies.md how much each direct dependency brings: packages and kB, of its
 * own and in all. Run it after `npm install` of another version; test/unit/dependencies.spec.ts says
 * when the packages are not those of the lock any more.
 */
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const PAGE = join(ROOT, 'docs/dependencies.md');

/** `| name | packages | kB | …`: a row of a table, with the two cells that are counted. */
const ROW = /^\| `([^`]+)` \| (?:\d+ of \d+ )?\| (?:[\d\u00a0]+ of [\d\u00a0]+ )?\|(.*)$/gm;

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(
    PAGE,
    page.replace(ROW, (_row, name, text) => row(lock, name, text)),
  );
}

function row(lock, name, text) {
  const { all, own } = countPackages(lock, name);
  const kilobytes = (paths) => {
    const bytes = [...paths].reduce((sum, path) => sum + sizeOf(path), 0);
    const forThisMachine = [...paths].flatMap((path) => binariesOf(lock, path));
    const binaries = forThisMachine.reduce((sum, path) => sum + sizeOf(path), 0);
    return Math.ceil((bytes + binaries) / 1000)
      .toLocaleString('en')
      .replaceAll(',', '\u00a0');
  };
  return `| \`${name}\` | ${own.size} of ${all.size} | ${kilobytes(own)} of ${kilobytes(all)} |${text}`;
}

/** Packages with binaries, of which the one for this machine is installed. */
function binariesOf({ packages }, path) {
  return Object.keys(packages[path].optionalDependencies ?? {})
    .map((name) => resolve(packages, path, name))
    .filter((one) => one !== null && (packages[one].os ?? packages[one].cpu) !== undefined);
}

/**
 * The packages that a direct dependency brings, itself included, as paths of the lock.
 * `all`: whatever it needs; `own`: what would go with it, since nothing else needs that.
 */
export function countPackages(lock, name) {
  const { dependencies, devDependencies } = lock.packages[''];
  const isDev = dependencies[name] === undefined;
  const others = Object.keys({ ...dependencies, ...(isDev ? devDependencies : {}) });
  const all = reach(lock, [name]);
  const withoutIt = reach(
    lock,
    others.filter((other) => other !== name),
  );
  return { all, own: new Set([...all].filter((path) => !withoutIt.has(path))) };
}

/** Paths of everything that these need, as Node resolves it; what is for other machines left out. */
function reach({ packages }, names) {
  const found = new Set();
  const visit = (from, name) => {
    const path = resolve(packages, from, name);
    if (path === null || found.has(path) || packages[path].os || packages[path].cpu) return;
    found.add(path);
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = packages[path];
    const optional = packages[path].peerDependenciesMeta ?? {};
    const needed = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
    for (const next of needed) if (optional[next]?.optional !== true) visit(path, next);
  };
  for (const name of names) visit('', name);
  return found;
}

/** The place at which a package finds another: in its own folder, or in one above. */
function resolve(packages, from, name) {
  for (
    let folder = from;
    ;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))
  ) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (folder === '') return null;
  }
}

/** Bytes of a package as it is installed, without the packages inside of it. */
function sizeOf(path) {
  const folder = join(ROOT, path);
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    if (entry.name === 'node_modules') return sum;
    const inside = `${path}/${entry.name}`;
    return sum + (entry.isDirectory() ? sizeOf(inside) : lstatSync(join(ROOT, inside)).size);
  }, 0);
}
