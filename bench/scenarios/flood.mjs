import {
  CONNECTIONS,
  cpuOf,
  LOAD_CLIENT,
  sendWebhooks,
  verdictOn,
  WARM_UP,
} from '../acknowledge.mjs';
import { runClient } from '../client.mjs';
import { TOLLGATE } from '../contenders.mjs';
import { query } from '../postgres.mjs';
import { COLUMNS, defineScenario } from '../scenario.mjs';
import { withServer } from '../server.mjs';

/** What a busy account sends; far below what the service can take. */
const SIGNED_PER_SECOND = 300;
const SIGNED_CONNECTIONS = 16;
const WINDOWS = 2;
/** Long enough for everybody; whoever signs with it does not know ours. */
const WRONG_SECRET = 'bench-secret-of-somebody-else-0123456789';

/** Whether somebody who floods us with what he has not signed makes those wait who have. */
export const flood = defineScenario({
  name: 'flood',
  title: 'Unsigned flood',
  contenders: [TOLLGATE],
  columns: [
    { figure: 'floodPerSecond', head: 'refused/s', digits: 0 },
    { figure: 'calmP50Ms', head: 'p50 ms without', digits: 2 },
    { figure: 'p50Ms', head: 'p50 ms with', digits: 2 },
    { figure: 'calmP99Ms', head: 'p99 ms without', digits: 1 },
    { ...COLUMNS.p99Ms, head: 'p99 ms with' },
  ],
  goals: [
    {
      text: 'p99 of signed webhooks with the flood vs without',
      of: [TOLLGATE.name, 'p99Ms'],
      to: [TOLLGATE.name, 'calmP99Ms'],
      atMost: 2,
    },
  ],
  takeTurn: (context) => withServer(context, (server) => takeTurn(context, server)),
  describe: ({ seconds }) => [
    `${SIGNED_PER_SECOND} signed webhooks per second, open loop on ${SIGNED_CONNECTIONS} connections, for ${WINDOWS * seconds} s without and`,
    `${WINDOWS * seconds} s with a flood: ${CONNECTIONS} connections that are always busy with webhooks of 2.2 kB, signed with`,
    'another secret, so that each of them has to be hashed before it is a 401. The clients of both',
    'share the cores with the service, so the flood is as large as the machine allows. "Refused" counts',
    'what was not answered as expected, of the flood too. None of it is in the inbox.',
  ],
});

async function takeTurn({ contender, postgres, options }, server) {
  const seconds = WINDOWS * options.seconds;
  const signed = {
    kind: 'open',
    connections: SIGNED_CONNECTIONS,
    perSecond: SIGNED_PER_SECOND,
    seconds,
  };
  const phases = [WARM_UP, { ...signed, name: 'calm' }, { ...signed, name: 'flooded' }];
  let flooding = null;
  const beforePhase = async (name) => {
    if (name === 'flooded') flooding = await startFlood(server, seconds);
  };
  const { results, spent, acknowledged } = await sendWebhooks({
    postgres,
    server,
    phases,
    beforePhase,
  });
  const flooded = await flooding.ended;
  await refuseStored(server);
  const verdict = await verdictOn(contender, server, results, acknowledged);
  return {
    figures: {
      floodPerSecond: flooded.perSecond,
      calmP50Ms: results.calm.p50Ms,
      calmP99Ms: results.calm.p99Ms,
      p50Ms: results.flooded.p50Ms,
      p99Ms: results.flooded.p99Ms,
      ...cpuOf(results.flooded, spent.flooded),
    },
    refused: verdict.refused + flooded.refused,
    missing: verdict.missing,
  };
}

/** Resolves when the flood begins; it lasts for the window, and a little longer. */
function startFlood({ port, tag }, seconds) {
  return new Promise((resolve, reject) => {
    const phases = [{ name: 'flood', connections: CONNECTIONS, seconds: seconds + 1 }];
    const ended = runClient({
      client: LOAD_CLIENT,
      message: { port, tag: floodTag(tag), phases, secret: WRONG_SECRET, expected: 401 },
      beforePhase: async () => resolve({ ended }),
    }).then(({ results }) => results.flood);
    ended.catch(reject);
  });
}

/** No tag of a turn begins like this: those are hexadecimal. */
function floodTag(tag) {
  return `x${tag.slice(1)}`;
}

async function refuseStored({ databaseUrl, tag }) {
  const [{ count }] = await query(databaseUrl, {
    text: 'select count(*)::int as count from inbox where event_id like $1',
    values: [`evt_${floodTag(tag)}%`],
  });
  if (count > 0) throw new Error(`${count} events that nobody had signed are in the inbox`);
}
