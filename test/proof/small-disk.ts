import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk of its own that is full whenever one wants it to be. */
export interface SmallDisk {
  readonly folder: string;
  /** Leaves no byte. */
  fill(): Promise<void>;
  free(): void;
  remove(): void;
}

const CHUNK = Buffer.alloc(1 << 20);
/** What a file system gives out at once: the last bytes are taken one of these at a time. */
const PAGE = CHUNK.subarray(0, 4096);

/** Why there can be none; null when there can. */
export function obstacleToSmallDisk(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return 'it takes Linux and root to mount a small disk';
  }
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-disk-'));
  try {
    const said = mount(folder, 1);
    if (said !== null) return `no disk can be mounted here: ${said}`;
    unmount(folder);
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Mounts one in memory, in a folder of its own under `parent`. */
export function smallDisk(parent: string, megabytes: number): SmallDisk {
  const folder = mkdtempSync(join(parent, 'disk-'));
  const said = mount(folder, megabytes);
  if (said !== null) throw new Error(`no disk can be mounted: ${said}`);
  chmodSync(folder, 0o755); // for the user that PostgreSQL runs as
  const ballast = join(folder, 'ballast');
  return {
    folder,
    fill: () => fillWith(ballast),
    free: () => {
      rmSync(ballast, { force: true });
    },
    remove: () => {
      unmount(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @returns what went wrong */
function mount(folder: string, megabytes: number): string | null {
  const options = `size=${megabytes}m,mode=755`;
  const args = ['-t', 'tmpfs', '-o', options, 'tollgate-proof', folder];
  const { status, stderr, error } = spawnSync('mount', args, { encoding: 'utf8' });
  return status === 0 ? null : (error?.message ?? stderr.trim());
}

function unmount(folder: string): void {
  spawnSync('umount', ['--lazy', folder], { stdio: 'ignore' });
}

async function fillWith(path: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    for (const part of [CHUNK, PAGE]) while (await hasRoom(file, part));
  } finally {
    await file.close();
  }
}

async function hasRoom(file: FileHandle, bytes: Buffer): Promise<boolean> {
  try {
    await file.appendFile(bytes);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
