import { randomInt } from 'node:crypto';
import { FAULTS } from '../proof/faults/index.js';
import { isInjected } from '../proof/fault.js';
import { plant, PLANTS } from '../proof/plants.js';
import { runProof, type ProofOptions } from '../proof/run-proof.js';

const RUN_MS_MAX = 480_000;

/** Everything that did not hold, with what it takes to see it again. */
async function whatBroke(faults: readonly string[], options: Partial<ProofOptions> = {}) {
  const seed = randomInt(2 ** 31);
  const report = await runProof({
    faults: FAULTS.filter(({ id }) => faults.includes(id)),
    seed,
    minutes: 0.5,
    ratePerSecond: 60,
    queues: 'redis',
    ...options,
  });
  expect(report.results.map(({ fault }) => fault.id)).toEqual(faults);
  return report.results.flatMap(({ fault, problems }) =>
    problems.map((problem) => `${fault.id} with seed ${seed}: ${problem}`),
  );
}

describe('the proof', () => {
  const short = FAULTS.filter((fault) => isInjected(fault) && fault.isShort).map(({ id }) => id);

  it(
    `holds under ${short.join(', ')}`,
    async () => {
      expect(await whatBroke(short)).toEqual([]);
    },
    RUN_MS_MAX,
  );

  it.each(PLANTS.filter(({ isShort }) => isShort))(
    'finds out when $says',
    async (bug) => {
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
