import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { runFolderPrefix } from './abandoned-runs.mjs';
import { findLeaks } from './find-leaks.mjs';

/** In the folder of the logs: a line of JSON for every secret that a test has used. */
export const SECRETS_FILE = 'secrets.jsonl';

/** Makes the folder in which the tests of this run keep what processes print. */
export function openRunLogs() {
  const folder = mkdtempSync(join(tmpdir(), `${runFolderPrefix(process.pid)}logs-`));
  process.env.TEST_LOG_FOLDER = folder;
  return folder;
}

/**
 * Searches everything that was logged in this run, and in the other folders, for every secret that
 * was used in it.
 */
export function searchRunLogs(folder, ...others) {
  const secrets = readSecrets(join(folder, SECRETS_FILE));
  const files = [folder, ...others].flatMap(logsIn);
  let lines = 0;
  const leaks = files.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    lines += text.split('\n').length - 1;
    return findLeaks(text, secrets).map((leak) => ({ file: relative(tmpdir(), file), ...leak }));
  });
  return { files: files.length, lines, secrets: secrets.size, leaks };
}

export function removeRunLogs(folder) {
  rmSync(folder, { recursive: true, force: true });
}

function readSecrets(file) {
  try {
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    return new Map(lines.map((line) => JSON.parse(line)).map(({ value, what }) => [value, what]));
  } catch (error) {
    if (error.code === 'ENOENT') return new Map(); // no test has used any
    throw error;
  }
}

function logsIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith('.log'))
    .map((path) => join(folder, path));
}
