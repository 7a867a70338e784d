import { describe, expect, it } from '@jest/globals';
import type { Planted } from '../../support/model/simulation/planted.js';
import * as bugs from '../../support/model/simulation/planted-bugs.js';
import { simulate } from '../../support/model/simulation/simulate.js';

/** Far more than any of them takes. */
const RUNS_MAX = 5000;
const TIMEOUT_MS = 120_000;

/** A defect, and what its shortest story has to say. */
interface Case {
  readonly name: string;
  readonly planted: Planted;
  readonly says: readonly RegExp[];
}

const CASES: readonly Case[] = [
  {
    name: 'a claim that takes what is done with',
    planted: bugs.CLAIM_WITHOUT_GUARD,
    says: [
      /\d\. Worker \d takes the ring for evt_\w+\. .*It applies evt_\w+\./,
      /Then: evt_\w+ came to an outcome twice: applied, then noop \(repeated\) \(I3\)/,
    ],
  },
  {
    name: 'a receiver that rings before its COMMIT',
    planted: bugs.RING_BEFORE_COMMIT,
    says: [
      /1\. Stripe delivers evt_\w+ \(.*\)\. The receiver rings for a row that is not there\./,
      /Then: somebody rings for an event that is not committed: nobody will find it \(I1\)/,
    ],
  },
  {
    name: 'a receiver that answers before its COMMIT',
    planted: bugs.ANSWER_BEFORE_COMMIT,
    says: [
      /The receiver (dies|is cut off|stalls) right before insert-events?\./,
      /The delivery is acknowledged as recorded\./,
      /Then: evt_\w+ was acknowledged, and is not in the inbox \(I1\)/,
    ],
  },
  {
    name: 'facts that go under the id of their event',
    planted: bugs.FACTS_BY_EVENT,
    says: [
      /evt_charged \(captured 5\d00\)/,
      /evt_succeeded \(captured 5000\)/,
      /Then: payment pi_3TgSampleOrder1001 has capturedMinor 10[05]00, and it should be 5[05]00 \(I4, I6\)/,
    ],
  },
  {
    name: 'a sweeper that never rings',
    planted: bugs.SWEEPER_THAT_NEVER_RINGS,
    says: [
      /Sweeper \d looks\.\n/,
      /\d+ seconds pass\./,
      /Then: evt_\w+ still waits after 20 minutes \(I5\)/,
    ],
  },
  {
    name: 'a sweeper that does not look at when a ring is due',
    planted: bugs.SWEEPER_WITHOUT_PATIENCE,
    says: [
      /Sweeper \d looks\. It rings for evt_\w+\./,
      /Then: a sweeper rings for evt_\w+ within its grace \(I5\)/,
    ],
  },
  {
    name: 'a relay that marks a message before it sends it',
    planted: bugs.RELAY_THAT_MARKS_FIRST,
    says: [
      /It applies evt_\w+\./,
      /Relay \d makes a pass\. It .*(dies right|is cut off right|stalls right|fails)/,
      /Then: (payment|order)\.\w+ counts as sent to \w+, and its queue never had it \(I8\)/,
    ],
  },
  {
    name: 'a relay that is done with a message before it sends it',
    planted: bugs.RELAY_THAT_FORGETS_FIRST,
    says: [/Then: \w+\.\w+ counts as consumed, and (books|access) has not done it \(I8\)/],
  },
  {
    name: 'a consumer that does not remember what it has consumed',
    planted: bugs.CONSUMER_WITHOUT_MEMORY,
    says: [
      /Consumer worker \d takes \w+\.\w+ for (books|access)\./,
      /Then: (books|access) did what \w+\.\w+ asks for 2 times \(I8\)/,
    ],
  },
];

describe('the simulation finds, and tells as a story,', () => {
  it.each(CASES)(
    '$name',
    async ({ planted, says }) => {
      const { story } = await simulate({ count: RUNS_MAX, seed: 1 }, planted);
      for (const sentence of says) expect(story).toMatch(sentence);
      expect(story).toMatch(/^ {2}1\. /);
      expect(story).toMatch(/See it again: MODEL_SEED=1 MODEL_RUN=\d+$/);
    },
    TIMEOUT_MS,
  );

  it('nothing where nothing is planted', async () => {
    const { story } = await simulate({ count: 100, seed: 1 });
    expect(story).toBeNull();
  });
});
