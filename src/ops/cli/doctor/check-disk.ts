import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { describeError, fail, ok, warn, type Check } from './check.js';

const MEGABYTE = 1024 * 1024;
const FREE_MEGABYTES_WARN = 1024;
const FREE_MEGABYTES_FAIL = 100;

/** The disk of the embedded PostgreSQL, which stops when it is full. */
export async function checkDisk(dataDir: string): Promise<Check> {
  const folder = nearest(resolve(dataDir));
  try {
    const { bavail, bsize } = await statfs(folder);
    return judgeFree(dataDir, (bavail * bsize) / MEGABYTE);
  } catch (error) {
    return fail('disk', describeError(error), 'set DATA_DIR to a folder that can be read');
  }
}

export function judgeFree(dataDir: string, freeMegabytes: number): Check {
  const found = `${Math.floor(freeMegabytes)} MB free for ${dataDir}`;
  const advice = 'make room, or set DATA_DIR to another disk';
  if (freeMegabytes < FREE_MEGABYTES_FAIL) return fail('disk', found, advice);
  return freeMegabytes < FREE_MEGABYTES_WARN ? warn('disk', found, advice) : ok('disk', found);
}

/** The folder itself, or the first one above it that is there. */
function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));
}
