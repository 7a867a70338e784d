import { CATALOG } from './catalog.js';
import { checkEnd, pendingOf } from './invariants.js';
import { CONSUMERS } from './staff.js';
import type { World } from './world.js';

/** So long may it take until nothing is left to be done: twenty looks, a minute apart. */
const ROUNDS_MAX = 20;
const ROUND_SECONDS = 60;
/** What is told of the time in which nothing goes wrong: it soon repeats itself. */
const SENTENCES_MAX = 12;

/**
 * From here on nothing goes wrong: everybody goes on, providers send what nobody has answered, and
 * before long nothing is left to be done. What it has come to then is compared with what the events
 * say.
 *
 * @throws Violation
 */
export async function heal(world: World): Promise<void> {
  if (world.isCalm) await expectCalm(world);
  for (const queue of Object.values(world.queues)) queue.isAway = false;
  world.isConsumerUp = true;
  world.story.sentences.push('From here on nothing goes wrong, and everybody does his work.');
  const { length } = world.story.sentences;
  for (const { process } of world.places) process.plan(null);
  for (let place = stopped(world); place; place = stopped(world)) await world.resume(place, null);
  // Whoever waits for a lock has it then, or has given up.
  if (world.places.some(({ isFree }) => !isFree)) await world.tick(ROUND_SECONDS);
  const unanswered = CATALOG.filter(({ name }) => world.unanswered.has(name));
  for (const event of unanswered) await world.deliver([{ event, content: 0 }], null);
  for (let round = 0; round < ROUNDS_MAX && (round === 0 || isPending(world)); round += 1) {
    await workThrough(world);
    if (isPending(world)) await world.tick(ROUND_SECONDS);
  }
  const pending = pendingOf(world);
  const rounds = world.story.sentences.splice(length);
  if (pending.length > 0) world.story.sentences.push(...rounds.slice(0, SENTENCES_MAX));
  for (const one of pending) {
    world.violations.push(`${one} still waits after ${ROUNDS_MAX} minutes (I5)`);
  }
  if (pending.length === 0) world.violations.push(...checkEnd(world));
  world.assertSound();
}

/** When nothing has gone wrong, nobody needs a sweeper. */
async function expectCalm(world: World): Promise<void> {
  await workOnJobs(world);
  const events = world.isCalm ? world.events : []; // an event may have ended a worker
  for (const { status, attempts, replays, ...row } of events) {
    if (status !== 'received' || attempts > 0 || replays > 0) continue;
    const { name } = world.entryOf(row);
    world.violations.push(`nothing went wrong, and ${name} waits to be rung for again (I5)`);
  }
  world.assertSound();
}

async function workThrough(world: World): Promise<void> {
  for (const queue of Object.values(world.queues)) queue.returnStalled();
  await world.sweep(0, null);
  await workOnJobs(world);
  await world.relay(0, null);
  for (const { name } of CONSUMERS) {
    while (world.queues[name].jobs.length > 0) await world.consume(0, name, 0, null);
  }
}

async function workOnJobs(world: World): Promise<void> {
  while (world.queues.inbox.jobs.length > 0) await world.work(0, 0, null);
}

function stopped(world: World) {
  return world.places.find(({ process }) => process.isStopped);
}

function isPending(world: World): boolean {
  return pendingOf(world).length > 0;
}
