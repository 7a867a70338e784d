/**
 * Places at which a test can end the process as `kill -9` does, to show what a restart finds. They
 * do nothing unless `FAILPOINTS` names them, and production refuses to start with it.
 *
 * Whoever cleans up (old messages, what consumers remember, expired keys) does it in one statement,
 * so there is no place in between at which it could die.
 */
export const FAIL_POINTS = [
  'ingest.received', // deliveries are proven, and not stored
  'ingest.committed', // they are stored, and neither answered nor rung for
  'ingest.answered', // they are answered, and nobody rang
  'ingest.rung', // the queue has the ring, and nobody noted it
  'ingest.redelivered', // known events came again and are answered, and that is not counted
  'apply.begun', // attempts at overdue events are noted, nothing is done with them
  'apply.claimed', // events are ours, nothing is done with them
  'apply.before_commit', // all that follows from them is written, and not committed
  'apply.committed', // it is committed, and the ring is not finished
  'apply.failed', // it is rolled back, and the failure is not recorded
  'fetch.before_call', // a provider is about to be asked for what an event points at
  'fetch.after_call', // it has answered, and nothing of that is stored
  'fetch.applied', // its answer is applied, and the event that pointed there is not done with
  'observe.stored', // what a provider answered is in the inbox, and not applied
  'sweep.claimed', // a sweeper has put off the next ring, and has not rung
  'sweep.rung', // one of its rings is heard, and the others are not
  'replay.before_commit', // a part of a replay is done, and not committed
  'replay.committed', // it is committed, and nobody rang
  'resolve.claimed', // a resolver has taken payments, and has asked nobody
  'resolve.answered', // the answer is applied, and nobody noted that it was asked
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

/** What happens at a fail point. */
export type FailAction =
  | 'kill' // as by `kill -9`
  | 'exit' // as by a crash that Node notices: the process ends with 1, at once
  | 'throw' // as by a defect: an error is thrown
  | 'hang' // what passes here never goes on; everything else does
  | { readonly blockMs: number }; // nothing in this process goes on for so long

/** An entry of `FAILPOINTS`. */
export interface ArmedPoint {
  readonly name: FailPoint;
  /** Which of several passes is meant, as the call says (an event type, a consumer); null: any. */
  readonly detail: string | null;
  /** Only at the nth pass of this process, counted from 1; null: at each. */
  readonly pass: number | null;
  readonly action: FailAction;
}

const ENTRY =
  /^(?<name>[a-z]+\.[a-z_]+)(:(?<detail>[^=#]+))?(#(?<pass>[1-9]\d{0,5}))?(=(?<action>[a-z]+)(:(?<ms>[1-9]\d{0,5}))?)?$/;

/**
 * Reads `name[:detail][#pass][=action]`, with `kill` (which is the default), `exit`, `throw`, `hang`
 * or `block:<milliseconds>`: `apply.claimed:charge.succeeded#3=throw`.
 *
 * @returns what is wrong with it, when it cannot be used
 */
export function readFailPoint(entry: string): ArmedPoint | string {
  const found = ENTRY.exec(entry)?.groups;
  if (!found) return `expected name[:detail][#pass][=action], found ${entry}`;
  const name = FAIL_POINTS.find((one) => one === found['name']);
  if (name === undefined) return `there is no fail point ${found['name'] ?? ''}`;
  const action = readAction(found['action'] ?? 'kill', found['ms']);
  if (action === null) {
    return `expected kill, exit, throw, hang or block:<milliseconds>, found ${entry}`;
  }
  const pass = found['pass'] === undefined ? null : Number(found['pass']);
  return { name, detail: found['detail'] ?? null, pass, action };
}

function readAction(action: string, ms: string | undefined): FailAction | null {
  if (action === 'block') return ms === undefined ? null : { blockMs: Number(ms) };
  if (ms !== undefined) return null;
  return PLAIN_ACTIONS.find((one) => one === action) ?? null;
}

const PLAIN_ACTIONS = ['kill', 'exit', 'throw', 'hang'] as const;

let armed: readonly (ArmedPoint & { passes: number })[] = [];

/** From now on the process does what these say. */
export function armFailPoints(points: readonly ArmedPoint[]): void {
  armed = points.map((point) => ({ ...point, passes: 0 }));
}

/** Does here what the process was asked to do here. @param detail which of several passes it is */
export function failPoint(name: FailPoint, detail = ''): Promise<void> | undefined {
  if (armed.length === 0) return undefined;
  return pass(name, [detail]);
}

/** The same where several things pass at once, each of them a pass. */
export function failPointOfEach<T>(
  name: FailPoint,
  things: readonly T[],
  detailsOf: (thing: T) => readonly string[],
): Promise<void> | undefined {
  if (armed.length === 0) return undefined;
  return passAll(name, things.map(detailsOf));
}

async function passAll(name: FailPoint, things: readonly (readonly string[])[]): Promise<void> {
  for (const details of things) await pass(name, details);
}

function pass(name: FailPoint, details: readonly string[]): Promise<void> | undefined {
  for (const point of armed) {
    if (point.name !== name) continue;
    if (point.detail !== null && !details.includes(point.detail)) continue;
    point.passes += 1;
    if (point.pass === null || point.pass === point.passes) return act(point);
  }
  return undefined;
}

function act({ name, action }: ArmedPoint): Promise<void> | undefined {
  if (action === 'kill') process.kill(process.pid, 'SIGKILL');
  if (action === 'exit') process.exit(1);
  if (action === 'throw') throw new Error(`fail point ${name}`);
  if (action === 'hang') return new Promise<never>(() => undefined);
  if (typeof action === 'object') Atomics.wait(NEVER_NOTIFIED, 0, 0, action.blockMs);
  return undefined;
}

/** Waiting for it lets nothing else of this process go on. */
const NEVER_NOTIFIED = new Int32Array(new SharedArrayBuffer(4));
