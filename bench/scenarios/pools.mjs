import { CONNECTIONS, takeAcknowledgingTurn } from '../acknowledge.mjs';
import {
  BARE,
  MIRROR,
  POOL_SIZES,
  TUTORIAL,
  TUTORIAL_ON_FASTIFY,
  TUTORIAL_WORKER,
  withPoolSize,
} from '../contenders.mjs';
import { drainsJobs, takeDrainingTurn } from '../draining.mjs';
import { COLUMNS, defineScenario } from '../scenario.mjs';

const BASELINES = [BARE, TUTORIAL, TUTORIAL_ON_FASTIFY, MIRROR, drainsJobs(TUTORIAL_WORKER)];
const SIZES = [4, 8, 16, 20, 32, 64];

/** Which number of connections is best for each baseline: what `POOL_SIZES` is taken from. */
export const pools = defineScenario({
  name: 'pools',
  title: 'Connections of the baselines',
  isAskedFor: true,
  contenders: BASELINES.flatMap((contender) => SIZES.map((size) => withPoolSize(contender, size))),
  columns: [
    COLUMNS.perSecond,
    COLUMNS.p99Ms,
    { figure: 'appliedPerSecond', head: 'applied/s', digits: 0 },
  ],
  takeTurn: (context) =>
    context.contender.drains ? takeDrainingTurn(context) : takeAcknowledgingTurn(context),
  describe: () => [
    `The load of the deliveries, ${CONNECTIONS} connections of the client, with each of these pools; the`,
    'worker drains a backlog. Chosen for the other scenarios:',
    `${Object.entries(POOL_SIZES)
      .map(([name, size]) => `\`${name}\` ${size}`)
      .join(', ')}.`,
  ],
});
