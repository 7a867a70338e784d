import { createHash } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const RETRY_MS = 200;

/** Runs `work` while no other process of this user does so for the same checkout. */
export function withLock(checkout, work) {
  const id = createHash('sha256').update(`${checkout}\0${process.getuid?.()}`).digest('hex');
  // Outside the checkout: `npm ci` empties node_modules, and dist may not exist yet.
  const file = join(tmpdir(), `tollgate-setup-${id.slice(0, 16)}.lock`);
  acquire(file);
  process.once('exit', () => rmSync(file, { force: true }));
  work();
}

function acquire(file) {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, String(process.pid));
  process.once('exit', () => rmSync(draft, { force: true }));
  for (let told = false; ; told = true) {
    try {
      linkSync(draft, file); // unlike a write, it appears with its content or not at all
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = readOwner(file);
    if (!isAlive(owner)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!told) console.error(`tollgate setup: waiting for process ${owner}, which sets up too …`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
  }
}

function readOwner(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return 0; // released in this very moment
  }
}

function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
