import { acknowledge, CONNECTIONS } from '../acknowledge.mjs';
import { TOLLGATE } from '../contenders.mjs';
import { query } from '../postgres.mjs';
import { COLUMNS, defineScenario } from '../scenario.mjs';
import { withServer } from '../server.mjs';

const REPEATS = 9;

const fresh = { ...TOLLGATE, name: 'fresh', about: 'every delivery is a new event', repeats: 0 };
const repeated = {
  ...TOLLGATE,
  name: 'repeated',
  about: `each event is delivered ${REPEATS} more times after its answer: 90 % are duplicates`,
  repeats: REPEATS,
};

/** What duplicates cost: a provider that does not hear our answers must not slow us down. */
export const duplicates = defineScenario({
  name: 'duplicates',
  title: 'Duplicates',
  contenders: [fresh, repeated],
  columns: [
    { ...COLUMNS.perSecond, head: 'answers/s' },
    COLUMNS.p50Ms,
    COLUMNS.p99Ms,
    { figure: 'deliveriesPerEvent', head: 'deliveries per event', digits: 1 },
  ],
  goals: [
    {
      text: '90 % duplicates vs none, answers/s',
      of: ['repeated', 'perSecond'],
      to: ['fresh', 'perSecond'],
      atLeast: 1,
    },
  ],
  takeTurn: (context) =>
    withServer(context, async (server) => {
      const { repeats } = context.contender;
      const result = await acknowledge(context, server, { repeats });
      const deliveriesPerEvent = await meanDeliveries(server.databaseUrl);
      return { ...result, figures: { ...result.figures, deliveriesPerEvent } };
    }),
  describe: ({ seconds }) => [
    `\`tollgate-redis\`, worker off, ${CONNECTIONS} connections that are always busy for ${seconds} s. "Deliveries per`,
    'event": as the inbox counts them (it counts behind the answers), over warm-up, idle and load.',
  ],
});

async function meanDeliveries(databaseUrl) {
  const [{ mean }] = await query(databaseUrl, 'select avg(deliveries)::float8 as mean from inbox');
  return mean;
}
