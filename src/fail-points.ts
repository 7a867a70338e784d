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
  'relay.fanned_out', // messages are given to their consumers, none is sent
  'relay.claimed', // a relay has its lease, and has sent nothing
  'relay.sent', // the queue has them, and nobody noted it
  'relay.marked', // that is noted
  'consumer.received', // a consumer has the message, and has done nothing
  'consumer.before_commit', // its effect is written, and not committed
  'consumer.committed', // its effect is committed, and nobody noted it
  'consumer.settled', // that is noted, and the job is not finished
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
