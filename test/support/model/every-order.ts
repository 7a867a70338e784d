/** Something that may happen, and its effect on a state. */
export interface Happening<State> {
  readonly name: string;
  /** The state after it; the given one stays as it is. */
  readonly apply: (state: State) => State;
  /** False where it would be refused: a command that comes too late. */
  readonly isPossible?: (state: State) => boolean;
  /** True for what nobody tells twice: a command of our own. */
  readonly isCommand?: boolean;
}

/** What is looked at. */
export interface World<State> {
  readonly start: State;
  readonly happenings: readonly Happening<State>[];
  /** Everything that a later step can depend on, and everything that counts in the end. */
  readonly keyOf: (state: State) => string;
  /** Several at once, in one ring. */
  readonly applyTogether?: (state: State, happenings: readonly Happening<State>[]) => State;
  /** Throws when a step was not allowed, or has led to where nobody may be. */
  readonly check?: (before: State, after: State) => void;
}

/** How much was looked at. */
export interface Coverage {
  /** Sets of happenings that can come. */
  readonly sets: number;
  /** Happenings that were applied, repetitions and rings included. */
  readonly steps: number;
  /** The orders in which all those sets can come: so many were shown to end alike. */
  readonly orders: bigint;
}

/** Two orders that end differently, or a step that is not allowed; told as a story. */
export class OrderDependence extends Error {
  override readonly name = 'OrderDependence';
}

interface Reached<State> {
  readonly state: State;
  readonly key: string;
  /** One order in which the set has come. */
  readonly path: readonly Happening<State>[];
  /** The number of orders in which it can come. */
  orders: bigint;
}

/** Sets of one size, as bits. */
type Level<State> = Map<number, Reached<State>>;

/**
 * Checks that every order of every set of happenings ends in one state, however often each of them
 * is told, without going through the orders one by one.
 *
 * Say that all orders of each set of n happenings end in one state. An order of a set S of n + 1
 * ends with one of them, e, and what comes before it is an order of S without e: it ends in *the*
 * state of that set. So there are not (n + 1)! orders to look at but n + 1 last steps; when all of
 * those end in one state, all orders of S do. Over all sets of N that is N·2^(N-1) steps in place
 * of the sum of all N!/(N-n)!. It rests on one thing: the key has everything in it that a later
 * step can depend on, because of each set only one state goes on.
 *
 * A repetition is a step, too: told again, each member of S must leave the state of S as it is. By
 * the same induction that covers any number of repetitions at any place.
 *
 * @throws OrderDependence for the smallest set with two orders that end differently
 */
export function checkEveryOrder<State>(world: World<State>): Coverage {
  const { start, keyOf, happenings } = world;
  const coverage = { sets: 0, steps: 0, orders: 0n };
  const whole = reachWhole(world);
  let level: Level<State> = new Map([
    [0, { state: start, key: keyOf(start), path: [], orders: 1n }],
  ]);
  for (let size = 0; size <= happenings.length; size += 1) {
    const next: Level<State> = new Map();
    for (const [set, reached] of level) {
      coverage.sets += 1;
      coverage.orders += reached.orders;
      coverage.steps += goOn(world, set, reached, next);
      coverage.steps += tellAgain(world, reached);
      coverage.steps += tellTheRest(world, set, reached, whole);
    }
    level = next;
  }
  return coverage;
}

/** Lets each happening that is not in the set come next. */
function goOn<State>(
  world: World<State>,
  set: number,
  from: Reached<State>,
  next: Level<State>,
): number {
  let steps = 0;
  world.happenings.forEach((happening, index) => {
    if ((set & (2 ** index)) !== 0 || happening.isPossible?.(from.state) === false) return;
    steps += 1;
    const path = [...from.path, happening];
    const state = step(world, from.state, path);
    const key = world.keyOf(state);
    const known = next.get(set | (2 ** index));
    if (!known) next.set(set | (2 ** index), { state, key, path, orders: from.orders });
    else if (known.key === key) known.orders += from.orders;
    else throw dependence(known, { key, path });
  });
  return steps;
}

/** Tells each member of the set once more: nothing may change. */
function tellAgain<State>(world: World<State>, from: Reached<State>): number {
  const events = from.path.filter(({ isCommand }) => isCommand !== true);
  for (const event of events) {
    const path = [...from.path, event];
    const key = world.keyOf(step(world, from.state, path));
    if (key !== from.key) throw dependence(from, { key, path });
  }
  return events.length;
}

/** Tells all events that are not in the set yet in one ring. */
function tellTheRest<State>(
  world: World<State>,
  set: number,
  from: Reached<State>,
  whole: Reached<State>,
): number {
  if (!world.applyTogether) return 0;
  const rest = world.happenings.filter((_one, index) => (set & (2 ** index)) === 0);
  if (rest.length < 2 || rest.some(({ isCommand }) => isCommand === true)) return 0;
  const key = world.keyOf(world.applyTogether(from.state, rest));
  const name = `all at once: ${rest.map((one) => one.name).join(', ')}`;
  const together = { name, apply: (state: State) => state };
  if (key !== whole.key) throw dependence(whole, { key, path: [...from.path, together] });
  return rest.length;
}

/** All happenings in some order that is possible. */
function reachWhole<State>(world: World<State>): Reached<State> {
  let { start: state } = world;
  let left = world.happenings;
  const path: Happening<State>[] = [];
  while (left.length > 0) {
    const happening = left.find(({ isPossible }) => isPossible?.(state) !== false);
    if (!happening) throw new Error('these happenings cannot all come');
    path.push(happening);
    state = happening.apply(state);
    left = left.filter((one) => one !== happening);
  }
  return { state, key: world.keyOf(state), path, orders: 1n };
}

/** The state after the last one of the path. */
function step<State>(
  { check }: World<State>,
  before: State,
  path: readonly Happening<State>[],
): State {
  try {
    const after = path.at(-1)!.apply(before);
    check?.(before, after);
    return after;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new OrderDependence(`${told(path)}\nThen: ${message}`, { cause: error });
  }
}

interface Ended {
  readonly key: string;
  readonly path: readonly { readonly name: string }[];
}

function dependence(one: Ended, other: Ended): OrderDependence {
  const [mine, theirs] = [one.key.split('\n'), other.key.split('\n')];
  const ends = [
    ...mine.filter((line) => !theirs.includes(line)).map((line) => `  first:  ${line}`),
    ...theirs.filter((line) => !mine.includes(line)).map((line) => `  second: ${line}`),
  ];
  return new OrderDependence(
    [
      'The first order:',
      told(one.path),
      'The second order:',
      told(other.path),
      'Then:',
      ...ends,
    ].join('\n'),
  );
}

function told(path: readonly { readonly name: string }[]): string {
  return path.map(({ name }, index) => `  ${index + 1}. ${name}`).join('\n');
}
