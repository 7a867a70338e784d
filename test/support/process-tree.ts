import { execFileSync } from 'node:child_process';

/** Sends a signal to a process and to all its children, who may live in other sessions. */
export function signalTree(pid: number, signal: NodeJS.Signals): void {
  const listing = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const children = listing
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child);
  for (const target of [pid, ...children]) {
    try {
      if (target !== undefined) process.kill(target, signal);
    } catch {
      // It ended while we looked.
    }
  }
}
