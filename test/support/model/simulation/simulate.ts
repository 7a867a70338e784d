import fc from 'fast-check';
import { heal } from './heal.js';
import { moves } from './moves.js';
import type { Planted } from './planted.js';
import { Violation, World } from './world.js';

/** Which runs. */
export interface Runs {
  readonly count: number;
  /** Of the chance by which they are made; undefined: another one each time. */
  readonly seed?: number | undefined;
  /** The run to begin with, counted from 0. */
  readonly from?: number | undefined;
  /** What is looked for in the stories, to know that it happens. */
  readonly watchedFor?: Readonly<Record<string, RegExp>>;
}

/** What came of them. */
export interface Found {
  readonly seed: number;
  readonly runs: number;
  /** The shortest story in which an invariant is broken; null: none is. */
  readonly story: string | null;
  /** In how many stories something happened that was watched for. */
  readonly seen: Readonly<Record<string, number>>;
  /** Of all stories, one after the other; where something is watched for. */
  readonly sentences: readonly string[];
}

type AnyMove = fc.AsyncCommand<World, World>;

/**
 * Lets things happen in many random orders, and looks for one that breaks an invariant. What is
 * found is made as short as it goes, and told with what to do to see it again.
 */
export async function simulate(
  { count, seed, from, watchedFor = {} }: Runs,
  planted?: Planted,
): Promise<Found> {
  const seen: Record<string, number> = {};
  const sentences: string[] = [];
  const isWatched = Object.keys(watchedFor).length > 0;
  const property = fc.asyncProperty(moves, async (some) => {
    const story = await play(some, planted);
    if (isWatched) note(story, watchedFor, seen, sentences);
  });
  const details = await fc.check(property, {
    numRuns: count,
    ...(seed === undefined ? {} : { seed }),
    ...(from === undefined ? {} : { path: String(from) }),
  });
  const { failed, numRuns: runs, counterexample, counterexamplePath, errorInstance } = details;
  const found = { seed: details.seed, runs, seen, sentences };
  if (!failed || !counterexample) return { ...found, story: null };
  if (!(errorInstance instanceof Violation)) throw errorInstance;
  const { message } = await shorten([...counterexample[0]], errorInstance, planted);
  const run = Number.parseInt(counterexamplePath, 10);
  const again = `See it again: MODEL_SEED=${details.seed} MODEL_RUN=${run}`;
  return { ...found, story: `${message}\n  ${again}` };
}

/**
 * Lets some things happen, and then nothing go wrong any more.
 * @returns the story
 * @throws Violation
 */
async function play(some: Iterable<AnyMove>, planted?: Planted): Promise<readonly string[]> {
  const world = await World.open(planted);
  try {
    await fc.asyncModelRun(() => ({ model: world, real: world }), some);
    await heal(world);
  } finally {
    world.close();
  }
  return world.story.sentences;
}

/** Leaves out whatever the story does not need; fast-check never tries to do without the last. */
async function shorten(
  given: readonly AnyMove[],
  violation: Violation,
  planted?: Planted,
): Promise<Violation> {
  let [some, shortest] = [given, violation];
  for (let at = given.length - 1; at >= 0; at -= 1) {
    const others = some.filter((_one, index) => index !== at);
    const failure: unknown = await play(others, planted).catch((error: unknown) => error);
    if (failure instanceof Violation) [some, shortest] = [others, failure];
  }
  return shortest;
}

const SENTENCES_MAX = 2000;

function note(
  story: readonly string[],
  watchedFor: Readonly<Record<string, RegExp>>,
  seen: Record<string, number>,
  sentences: string[],
): void {
  for (const [name, pattern] of Object.entries(watchedFor)) {
    if (story.some((sentence) => pattern.test(sentence))) seen[name] = (seen[name] ?? 0) + 1;
  }
  if (sentences.length < SENTENCES_MAX) sentences.push(...story);
}
