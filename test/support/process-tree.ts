import { execFileSync } from 'node:child_process';

/** Sends a signal to a process and to all its children, who may live in other sessions. */
export function signalTree(pid: number, signal: NodeJS.Signals): void {
  // First to the parent: once it is stopped, it has no child that we do not see.
  send(pid, signal);
  const listing = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const children = listing
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child);
  for (const child of children) if (child !== undefined) send(child, signal);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended while we looked.
  }
}
