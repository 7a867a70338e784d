import { readFileSync } from 'node:fs';
import { CONNECTIONS, cpuOf, sendWebhooks, verdictOn } from '../acknowledge.mjs';
import { TOLLGATE, TOLLGATE_WITH_WORKER } from '../contenders.mjs';
import { COLUMNS, defineScenario } from '../scenario.mjs';
import { withServer } from '../server.mjs';

const WARM_UP_SECONDS = 20;
const SECONDS_PER_MINUTE = 60;
const KIB_PER_MIB = 1024;

/** Whether memory stays where it is when the service is busy for long. */
export const memory = defineScenario({
  name: 'memory',
  title: 'Memory after minutes at saturation',
  contenders: [TOLLGATE_WITH_WORKER, TOLLGATE],
  roundsMax: 1,
  columns: [
    COLUMNS.perSecond,
    COLUMNS.p99Ms,
    { figure: 'warmMib', head: 'MiB after warm-up', digits: 0 },
    { figure: 'endMib', head: 'MiB at the end', digits: 0 },
    { figure: 'mostMib', head: 'MiB at most', digits: 0 },
  ],
  goals: [TOLLGATE, TOLLGATE_WITH_WORKER].map(({ name }) => ({
    text: `resident memory at the end vs after warm-up, \`${name}\``,
    of: [name, 'endMib'],
    to: [name, 'warmMib'],
    atMost: 1.2,
  })),
  takeTurn: (context) => withServer(context, (server) => takeTurn(context, server)),
  describe: ({ minutes }) => [
    `${CONNECTIONS} connections that are always busy for ${minutes} minutes after ${WARM_UP_SECONDS} s of warm-up, once, whatever the`,
    'number of rounds. Resident memory of the process (VmRSS) right after each of the two, and the most',
    'it ever had (VmHWM). With a worker in the process its backlog grows meanwhile.',
  ],
});

async function takeTurn({ contender, postgres, options }, server) {
  const phases = [
    { name: 'warmUp', connections: CONNECTIONS, seconds: WARM_UP_SECONDS },
    { name: 'load', connections: CONNECTIONS, seconds: options.minutes * SECONDS_PER_MINUTE },
  ];
  let warmMib = Number.NaN;
  const beforePhase = async (name) => {
    if (name === 'load') warmMib = residentMib(server.pid, 'VmRSS');
  };
  const said = await sendWebhooks({ postgres, server, phases, beforePhase });
  const endMib = residentMib(server.pid, 'VmRSS');
  const mostMib = residentMib(server.pid, 'VmHWM');
  const { results, spent, acknowledged } = said;
  const { perSecond, p99Ms } = results.load;
  return {
    figures: { perSecond, p99Ms, warmMib, endMib, mostMib, ...cpuOf(results.load, spent.load) },
    ...(await verdictOn(contender, server, results, acknowledged)),
  };
}

/** NaN where there is no /proc. */
function residentMib(pid, field) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const [, kib = 'NaN'] = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status) ?? [];
    return Number(kib) / KIB_PER_MIB;
  } catch {
    return Number.NaN;
  }
}
