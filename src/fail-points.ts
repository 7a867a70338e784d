/**
 * Places at which a test can end the process as `kill -9` does, to show what a restart finds. They
 * do nothing unless `FAILPOINTS` names them, and production refuses to start with it.
 */
export const FAIL_POINTS = [
  'command.claimed', // the key is ours, no phase has begun
  'command.before_call', // a provider is about to be asked
  'command.after_call', // it has answered, and nothing of that is stored
  'command.before_commit', // everything of the phase is written, and not committed
  'command.committed', // the phase is committed with its recovery point
] as const;
export type FailPoint = (typeof FAIL_POINTS)[number];

let armed: ReadonlySet<string> = new Set();

/** @param names `<fail point>` or `<fail point>:<detail>`, as in `FAILPOINTS` */
export function armFailPoints(names: readonly string[]): void {
  armed = new Set(names);
}

/** Ends the process here if it was asked to. @param detail which of several passes is meant */
export function failPoint(name: FailPoint, detail: string): void {
  if (armed.size === 0) return;
  if (armed.has(name) || armed.has(`${name}:${detail}`)) process.kill(process.pid, 'SIGKILL');
}
