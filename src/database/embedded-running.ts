import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isSystemError } from './embedded-binaries.js';
import { EMBEDDED_ROLE, embeddedPaths } from './embedded-cluster.js';
import { EMBEDDED_DATABASE } from './embedded-postgres.js';
import { findPostmaster } from './embedded-postmaster.js';

/**
 * The address of the embedded PostgreSQL that runs on this folder, for whoever only wants to look:
 * nothing is started, made or claimed.
 * @returns null when none runs
 */
export function findRunningEmbedded(dataDir: string): string | null {
  const { clusterDir, passwordFile } = embeddedPaths(resolve(dataDir));
  const postmaster = findPostmaster(clusterDir);
  if (postmaster === null) return null;
  try {
    const password = readFileSync(passwordFile, 'utf8').trim();
    return `postgres://${EMBEDDED_ROLE}:${password}@127.0.0.1:${postmaster.port}/${EMBEDDED_DATABASE}`;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
}
