import {
  CONNECTIONS,
  cpuOf,
  sendWebhooks,
  verdictOn,
  WARM_UP,
  WARM_UP_SECONDS,
} from '../acknowledge.mjs';
import { countUnapplied, untilNone } from '../backlog.mjs';
import { TOLLGATE, TOLLGATE_WITH_WORKER } from '../contenders.mjs';
import { defineScenario } from '../scenario.mjs';
import { withContender, withPlace } from '../server.mjs';

const DRAIN_SECONDS_MAX = 600;
/** What the door asks, for many events and for one; all else belongs to the worker and its loops. */
const STATEMENTS_OF_THE_DOOR = [
  'with given as materialized%insert into inbox (id, provider,%',
  'with recorded as%insert into inbox (id, provider,%do nothing%',
];

const DOOR = TOLLGATE.name;
const ALL = TOLLGATE_WITH_WORKER.name;

/** What one event asks of PostgreSQL and Redis when there is much to do. */
export const costs = defineScenario({
  name: 'costs',
  title: 'Statements and commands of one event',
  contenders: [TOLLGATE, TOLLGATE_WITH_WORKER],
  columns: [
    { figure: 'perSecond', head: 'ack/s', digits: 0 },
    { figure: 'perAck', head: 'statements per ack', digits: 3 },
    { figure: 'perApplied', head: 'statements per applied event', digits: 3 },
    { figure: 'redisPerEvent', head: 'Redis commands per event', digits: 3 },
    { figure: 'scriptsPerEvent', head: 'of them scripts', digits: 3 },
    { figure: 'walBytes', head: 'WAL bytes per event', digits: 0 },
  ],
  goals: [
    { text: 'PostgreSQL statements per ack', of: [DOOR, 'perAck'], atMost: 0.05, unit: '' },
    {
      text: 'PostgreSQL statements per applied event',
      of: [ALL, 'perApplied'],
      atMost: 0.15,
      unit: '',
    },
    { text: 'Redis commands per event', of: [ALL, 'redisPerEvent'], atMost: 0.1, unit: '' },
  ],
  takeTurn: (context) =>
    withPlace(context, async (place) => {
      await context.postgres.countStatementsOf(place.database);
      return withContender(context, place, (server) => takeTurn(context, server));
    }),
  describe: ({ seconds }) => [
    `${CONNECTIONS} connections that are always busy for ${seconds} s after ${WARM_UP_SECONDS} s of warm-up; with a worker it is counted`,
    'until everything is applied. Statements: calls in `pg_stat_statements`, which is on in these',
    'databases only, `begin`, `commit` and what the loops ask for included; the inserts of the door are',
    'counted for the acknowledgement, everything else for applying. Redis: `INFO commandstats`, which',
    'counts a script and each command that it runs. WAL: of the whole window, which begins with a checkpoint,',
    'so that pages are written in full for the first time. No consumer is told.',
  ],
});

async function takeTurn({ contender, postgres, redis, options }, server) {
  const { database, databaseUrl } = server;
  const isDrained = () =>
    contender.hasWorker
      ? untilNone(() => countUnapplied(databaseUrl), DRAIN_SECONDS_MAX)
      : undefined;
  const measure = async () => {
    await isDrained();
    const { commands = 0, scripts = 0 } = redis === null ? {} : await redis.countCommands();
    const [statements, door] = [
      await postgres.countStatements(database),
      await postgres.countStatements(database, STATEMENTS_OF_THE_DOOR),
    ];
    const { walBytes } = await postgres.countWrites();
    return { ...server.measureCpu(), statements, door, commands, scripts, walBytes };
  };
  const phases = [WARM_UP, { name: 'load', connections: CONNECTIONS, seconds: options.seconds }];
  const said = await sendWebhooks({ postgres, server, phases, measure });
  const { results, spent, acknowledged } = said;
  const { answered, perSecond } = results.load;
  const { statements, door, commands, scripts, walBytes } = spent.load;
  if (door === 0) throw new Error('no statement of the door was found among those counted');
  return {
    figures: {
      perSecond,
      perAck: door / answered,
      ...(contender.hasWorker ? { perApplied: (statements - door) / answered } : {}),
      redisPerEvent: commands / answered,
      scriptsPerEvent: scripts / answered,
      walBytes: walBytes / answered,
      ...cpuOf(results.load, spent.load),
    },
    ...(await verdictOn(contender, server, results, acknowledged)),
  };
}
