import { describe, expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { FAULTS } from '../proof/faults/index.js';
import { plant, PLANTS } from '../proof/plants.js';
import { runProof, type ProofOptions } from '../proof/run-proof.js';

/** What is over soon; `npm run prove` injects every fault. */
const SHORT = ['F6', 'F9', 'F15', 'F20', 'F23', 'F25'] as const;
const PLANTED = 'fact-per-event';
const RUN_MS_MAX = 480_000;

/** Everything that did not hold, with what it takes to see it again. */
async function whatBroke(faults: readonly string[], options: Partial<ProofOptions> = {}) {
  const seed = randomInt(2 ** 31);
  const report = await runProof({
    faults: FAULTS.filter(({ id }) => faults.includes(id)),
    seed,
    minutes: 2,
    ratePerSecond: 40,
    queues: 'redis',
    ...options,
  });
  expect(report.results.map(({ fault }) => fault.id)).toEqual(faults);
  expect(report.problems).toEqual([]);
  return report.results.flatMap(({ fault, problems }) =>
    problems.map((problem) => `${fault.id} with seed ${seed}: ${problem}`),
  );
}

describe('the proof', () => {
  it(
    `holds under ${SHORT.join(', ')}`,
    async () => {
      expect(await whatBroke(SHORT)).toEqual([]);
    },
    RUN_MS_MAX,
  );

  it(
    'finds out when one capture is made to count twice',
    async () => {
      const bug = PLANTS.find(({ name }) => name === PLANTED)!;
      const { build, remove } = plant(bug);
      try {
        const problems = await whatBroke([bug.caughtBy], { build });
        expect(problems.filter((problem) => bug.symptom.test(problem))).not.toEqual([]);
      } finally {
        remove();
      }
    },
    RUN_MS_MAX,
  );
});
