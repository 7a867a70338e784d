import { acknowledge, CONNECTIONS } from '../acknowledge.mjs';
import { TOLLGATE } from '../contenders.mjs';
import { fillWithOldEvents } from '../fill.mjs';
import { query } from '../postgres.mjs';
import { COLUMNS, defineScenario } from '../scenario.mjs';
import { makePlace, renewPlace, startContender, withContender } from '../server.mjs';

const SMALL_ROWS = 50_000;

const small = {
  ...TOLLGATE,
  name: 'small-inbox',
  about: `\`tollgate-redis\`, worker off, with ${SMALL_ROWS} events in the inbox`,
  rowsOf: () => SMALL_ROWS,
};
const large = {
  ...TOLLGATE,
  name: 'large-inbox',
  about: 'the same, with as many as `--rows` says',
  rowsOf: ({ rows }) => rows,
};

const DELETE_LAST_TURN = `
  with gone as (delete from inbox where body_bytes > 100 returning id)
  delete from inbox_bodies b using gone where b.inbox_id = gone.id`;

/** Filled once, since that takes minutes, and kept until the bench ends. */
const places = new Map();

/** Whether an acknowledgement costs more when the inbox is large. */
export const inboxSize = defineScenario({
  name: 'inbox-size',
  title: 'A large inbox',
  contenders: [small, large],
  columns: [
    COLUMNS.perSecond,
    COLUMNS.p99Ms,
    { figure: 'costMicros', head: 'CPU µs/ack, Node + PostgreSQL', digits: 0 },
    { figure: 'rows', head: 'rows before', digits: 0 },
  ],
  goals: [
    {
      text: 'cost per ack (CPU of Node + PostgreSQL), large inbox vs small',
      of: ['large-inbox', 'costMicros'],
      to: ['small-inbox', 'costMicros'],
      atMost: 1.15,
    },
    {
      text: 'time per ack at saturation, large inbox vs small',
      of: ['small-inbox', 'perSecond'],
      to: ['large-inbox', 'perSecond'],
      atMost: 1.15,
    },
  ],
  takeTurn: async (context) => {
    const place = await filledPlace(context);
    await query(place.databaseUrl, DELETE_LAST_TURN);
    await query(place.databaseUrl, 'vacuum analyze inbox, inbox_bodies');
    const [{ rows }] = await query(place.databaseUrl, 'select count(*)::int as rows from inbox');
    return withContender(context, place, async (server) => {
      const result = await acknowledge(context, server);
      const { serverMicros, postgresMicros } = result.figures;
      const costMicros = serverMicros + postgresMicros;
      await context.redis?.forget(place.prefix); // nobody hears these rings
      return { ...result, figures: { ...result.figures, costMicros, rows } };
    });
  },
  describe: ({ rows, seconds }) => [
    `${SMALL_ROWS} and ${rows} events that were done with long ago are in the inbox, put there by SQL with short`,
    `bodies: what grows with the inbox are its indexes. ${CONNECTIONS} connections that are always busy for ${seconds} s.`,
    'What a turn added is deleted and vacuumed before the next one. `--rows` says how large.',
  ],
});

async function filledPlace(context) {
  const { contender, options } = context;
  const known = places.get(contender.name);
  if (known !== undefined) return renewPlace(known);
  const place = await makePlace(context);
  const server = await startContender(context, place); // which migrates
  await server.stop();
  const rows = contender.rowsOf(options);
  const startedAt = performance.now();
  await fillWithOldEvents(place.databaseUrl, rows);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  console.error(`bench: ${rows} rows were put into the inbox of ${contender.name} in ${seconds} s`);
  places.set(contender.name, place);
  return renewPlace(place);
}
