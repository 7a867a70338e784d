/** Path of the first of these programs that is on the PATH; null when there is none. */
export function findProgram(names: readonly string[]): string | null;
/** Installs a package of Debian where that is possible: as root, with apt-get. */
export function installDebianPackage(name: string): void;
