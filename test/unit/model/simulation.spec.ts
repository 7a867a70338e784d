import { describe, expect, it, jest } from '@jest/globals';

// What it makes passes with the time of the model, which takes the place of the global one alone.
jest.unstable_mockModule('node:timers/promises', () => ({
  setTimeout: (delayMs: number) => new Promise((resolve) => setTimeout(resolve, delayMs)),
}));
const { simulate } = await import('../../support/model/simulation/simulate.js');

/** Runs of the suite; more of them with `MODEL_RUNS`. */
const RUNS = 5000;
/** Some fifteen seconds; more where others work on the same machine. */
const TIMEOUT_MS_PER_RUN = 60;
const TIMEOUT_MS_MIN = 20_000;

/** What has to happen now and then, or the stories say nothing about it. */
const HAPPENINGS: Readonly<Record<string, RegExp>> = {
  'a process dies': / dies right/,
  'a process stops and goes on': / goes on\./,
  'a connection is cut off': / is cut off right/,
  'a delivery without an answer': / is not answered/,
  'a delivery that is refused': / is refused with 503/,
  'a duplicate': / acknowledged as duplicate/,
  'an event is applied': / applies /,
  'an event says nothing new': / finds nothing new in /,
  'an attempt fails': / fails at /,
  'a dead letter': / makes a dead letter of /,
  'a worker waits for another one': / waits for a lock/,
  'an attempt that is noted does not end': /(dies|stalls|is cut off) right after begin-attempts/,
  'the end of an attempt is noted late': /(stalls|is cut off) right (before|after) end-attempts/,
  'a COMMIT of a worker that never comes':
    /takes the ring .* (dies|is cut off) right before COMMIT/,
  'a COMMIT of which a worker does not know':
    /takes the ring .* (dies|is cut off) right after COMMIT/,
  'a sweeper rings': /Sweeper \d looks\. It rings/,
  'a relay sends': /makes a pass\. It sends/,
  'a relay does not know whether it has sent':
    /makes a pass\. .* (dies|is cut off) right after send/,
  'a COMMIT of which a consumer does not know':
    /takes (payment|order|dispute)\..* (dies|is cut off) right after COMMIT/,
  'an operator replays': /An operator sends .* It rings for/,
  'an operator comes too late': / finds that somebody was faster/,
  'the queues lose everything': /The queues lose everything/,
  'the queues are away': /The queues are away/,
};

describe('Tollgate in memory, with everything that can go wrong', () => {
  const { MODEL_RUNS, MODEL_SEED, MODEL_RUN } = process.env;
  const count = Number(MODEL_RUNS ?? RUNS);

  it(
    `keeps its promises in ${count.toLocaleString('en')} random stories`,
    async () => {
      const seed = MODEL_SEED === undefined ? undefined : Number(MODEL_SEED);
      const from = MODEL_RUN === undefined ? undefined : Number(MODEL_RUN);
      const found = await simulate({ count, seed, from, watchedFor: HAPPENINGS });
      if (found.story !== null) throw new Error(`\n${found.story}`);
      expect(found.runs).toBe(count);
      if (count < RUNS) return;
      for (const name of Object.keys(HAPPENINGS)) {
        expect({ name, hasHappened: (found.seen[name] ?? 0) > 0 }).toEqual({
          name,
          hasHappened: true,
        });
      }
    },
    Math.max(count * TIMEOUT_MS_PER_RUN, TIMEOUT_MS_MIN),
  );

  it('tells the same stories for the same seed', async () => {
    const runs = { count: 40, seed: 7, watchedFor: HAPPENINGS };
    const [first, second] = [await simulate(runs), await simulate(runs)];
    expect(first.seen).toEqual(second.seen);
    expect(first.sentences).toEqual(second.sentences);
    expect(first.sentences.length).toBeGreaterThan(200);
  });
});
