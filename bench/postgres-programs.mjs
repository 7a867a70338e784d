import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where Debian keeps the programs of each version that it puts on nobody's PATH. */
const DEBIAN_FOLDER = '/usr/lib/postgresql';

/**
 * A program that comes with PostgreSQL: on the PATH, or where Debian puts it. The embedded
 * PostgreSQL brings the server and no such programs.
 * @returns {string | null}
 */
export function findPostgresProgram(name) {
  // Debian's own folder first: what it has on the PATH is a script that looks for the same.
  const folders = [...debianFolders(), ...(process.env.PATH ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? null;
}

function debianFolders() {
  if (!existsSync(DEBIAN_FOLDER)) return [];
  const versions = readdirSync(DEBIAN_FOLDER).filter((name) => /^\d+$/.test(name));
  return versions
    .sort((one, other) => Number(other) - Number(one))
    .map((version) => join(DEBIAN_FOLDER, version, 'bin'));
}
