import type { SourceModule } from './source-modules.js';

/** What the files of one place may import besides their own folder. */
export interface Permission {
  /** A folder or file under src; the longest that fits a path is the one that counts. */
  readonly place: string;
  /** Folders (with a final slash) and files under src; `*` is anything. */
  readonly mayImport: readonly string[];
  /** The same, but for types alone: nothing of it is left at run time. */
  readonly mayImportTypes?: readonly string[];
  /** Beginnings of package names that these files must do without. */
  readonly withoutPackages?: readonly string[];
}

const SOURCE = 'src/';

/** Says which imports no row of the table permits, one sentence each. */
export function findForbiddenImports(
  modules: readonly SourceModule[],
  table: readonly Permission[],
): string[] {
  return modules.flatMap((module) => {
    const row = permissionOf(module.path, table);
    if (row === null) return [`${module.path} lies in a place that the table does not know`];
    return module.imports
      .filter((one) => !isAllowed(one.target, one.typesOnly, row))
      .map(({ target }) => `${module.path} must not import ${target}`);
  });
}

function permissionOf(path: string, table: readonly Permission[]): Permission | null {
  const fitting = table.filter(({ place }) => path.startsWith(SOURCE + place));
  const longest = fitting.sort((a, b) => b.place.length - a.place.length)[0];
  return longest ?? null;
}

function isAllowed(target: string, typesOnly: boolean, row: Permission): boolean {
  if (isPackage(target)) {
    return !(row.withoutPackages ?? []).some((name) => target.startsWith(name));
  }
  const permitted = [...row.mayImport, ...(typesOnly ? (row.mayImportTypes ?? []) : [])];
  return permitted.some((one) => matches(target, one)) || matches(target, row.place);
}

function matches(target: string, place: string): boolean {
  if (place === '*') return target.startsWith(SOURCE);
  if (place.startsWith('/')) return target.startsWith(place.slice(1));
  return place.endsWith('/') ? target.startsWith(SOURCE + place) : target === SOURCE + place;
}

function isPackage(target: string): boolean {
  return !/^(src|test|migrations|bench|scripts|dist|\.\.)\//.test(target);
}

/** Finds files that import each other in a circle; types count, as they bind readers too. */
export function findCycles(modules: readonly SourceModule[]): string[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      return;
    }
    if (done.has(path)) return;
    for (const { target } of byPath.get(path)?.imports ?? []) walk(target, [...trail, path]);
    done.add(path);
  };
  for (const { path } of modules) walk(path, []);
  return cycles;
}
