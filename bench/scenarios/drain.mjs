import { BULLMQ, POOL_SIZES, tollgate, TUTORIAL_WORKER } from '../contenders.mjs';
import {
  drainsInbox,
  drainsJobs,
  drainsNoOps,
  EVENTS_PER_RING,
  takeDrainingTurn,
} from '../draining.mjs';
import { defineScenario } from '../scenario.mjs';

const ON_REDIS = 'tollgate-worker-redis';
const ON_POSTGRES = 'tollgate-worker-postgres';

/** How fast a backlog goes away: what happens after an outage of the workers. */
export const drain = defineScenario({
  name: 'drain',
  title: 'Draining a backlog',
  contenders: [
    drainsInbox(
      tollgate(ON_REDIS, 'worker alone, queue on Redis', { queue: 'redis', roles: 'worker' }),
    ),
    drainsInbox(
      tollgate(ON_POSTGRES, 'worker alone, queue on PostgreSQL', {
        queue: 'postgres',
        roles: 'worker',
      }),
    ),
    drainsJobs(TUTORIAL_WORKER),
    drainsNoOps(BULLMQ),
  ],
  columns: [
    { figure: 'appliedPerSecond', head: 'events/s', digits: 0 },
    { figure: 'seconds', head: 'took s', digits: 1 },
  ],
  goals: [
    {
      text: 'applied/s vs `tutorial-worker`',
      of: [ON_REDIS, 'appliedPerSecond'],
      to: ['tutorial-worker', 'appliedPerSecond'],
      atLeast: 6,
    },
    {
      text: 'applied/s, queue on PostgreSQL vs on Redis',
      of: [ON_POSTGRES, 'appliedPerSecond'],
      to: [ON_REDIS, 'appliedPerSecond'],
      atLeast: 0.7,
    },
  ],
  takeTurn: (context) => takeDrainingTurn(context),
  describe: ({ events }) => [
    `${events} events of 2.2 kB, put into the database and rung for ahead: ${EVENTS_PER_RING} events in a ring of ours, as`,
    'the door does it at saturation; one job for each event of the others. Then one worker process',
    'starts. Events per second are taken from the first event that was done with to the last; those of',
    '`bullmq`, which keeps nothing, include the start of the process. No consumer is told. "Missing":',
    `events that were not applied in the end. \`tutorial-worker\` works on ${POOL_SIZES['tutorial-worker']} events at once, each on`,
    'its own connection. "CPU": microseconds of Node + PostgreSQL + Redis for each event.',
  ],
});
