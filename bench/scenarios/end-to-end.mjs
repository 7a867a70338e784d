import { Queue } from 'bullmq';
import {
  CONNECTIONS,
  cpuOf,
  sendWebhooks,
  takeAcknowledgingTurn,
  verdictOn,
  WARM_UP,
} from '../acknowledge.mjs';
import { countUntold, untilNone } from '../backlog.mjs';
import { MIRROR, tollgate } from '../contenders.mjs';
import { isGrowing } from '../growing.mjs';
import { COLUMNS, defineScenario } from '../scenario.mjs';
import { withServer } from '../server.mjs';

const OURS = 'tollgate-end-to-end';
const CONSUMER = 'bench';
const DRAIN_SECONDS_MAX = 600;
/** Shares of what the first window comes to; the first at which the backlog does not grow counts. */
const SHARES = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3];
/** Of each window to hold, in those of the others. */
const WINDOWS = 3;
/** No divisor of the pause of the relay, or each sample would see the same moment of it. */
const SAMPLE_MS = 230;
const EMPTY_MS = 50;

/** How much goes through for ever: received, applied, and told to a consumer. */
export const endToEnd = defineScenario({
  name: 'end-to-end',
  title: 'Sustained end to end',
  contenders: [
    {
      ...tollgate(OURS, 'all roles in one process, queue on Redis, one consumer of all messages', {
        queue: 'redis',
        roles: 'api,worker',
        more: { OUTSIDE_CONSUMERS: `${CONSUMER}=*`, RELAY_RESEND_SECONDS: '86400' },
      }),
      isEndToEnd: true,
    },
    MIRROR,
  ],
  columns: [
    { ...COLUMNS.perSecond, head: 'events/s' },
    { figure: 'firstPerSecond', head: 'saturated, then drained /s', digits: 0 },
    { figure: 'tries', head: 'rates tried', digits: 0 },
    COLUMNS.p99Ms,
    { figure: 'walBytes', head: 'WAL bytes per event', digits: 0 },
  ],
  goals: [
    {
      text: 'received, applied and relayed per second vs acks of `mirror`',
      of: [OURS, 'perSecond'],
      to: ['mirror', 'perSecond'],
      atLeast: 2,
    },
  ],
  takeTurn: (context) =>
    context.contender.isEndToEnd
      ? withServer(context, (server) => takeTurn(context, server))
      : takeAcknowledgingTurn(context),
  describe: ({ seconds }) => [
    `First ${CONNECTIONS} connections are always busy for ${seconds} s, and the events are divided by the time until all`,
    'are applied and all messages about them are in the queue of the consumer. Then webhooks are sent',
    `at that rate for ${WINDOWS * seconds} s, open loop, and at ${SHARES.slice(1)
      .map((share) => share * 100)
      .join(', ')} % of it, until the backlog (events not`,
    'applied + messages not sent, sampled while it runs) does not grow: its mean over the last third is',
    'not larger than over the third before by more than a quarter of a second of the rate. That rate counts.',
    'Whoever reads the queue empties it and costs nothing. `mirror`: its acknowledgements alone, closed',
    'loop.',
  ],
});

async function takeTurn({ contender, postgres, options }, server) {
  const { databaseUrl } = server;
  const isDrained = () => untilNone(() => countUntold(databaseUrl, CONSUMER), DRAIN_SECONDS_MAX);
  const holds = SHARES.map((_, n) => holdName(n));
  const seconds = WINDOWS * options.seconds;
  const phases = [
    WARM_UP,
    { name: 'first', connections: CONNECTIONS, seconds: options.seconds },
    ...holds.map((name) => ({ name, kind: 'open', connections: CONNECTIONS, seconds })),
  ];
  let sampling = null;
  let held = null;
  let firstPerSecond = Number.NaN;
  const judge = async (n) => {
    const samples = await sampling.stop();
    sampling = null;
    const perSecond = firstPerSecond * SHARES[n];
    if (!isGrowing(samples, perSecond)) held = n;
  };
  const beforePhase = async (name, results) => {
    const n = holds.indexOf(name);
    if (sampling !== null) await judge(n - 1);
    await isDrained();
    if (n === 0) {
      const { answered, startedAtMs } = results.first;
      firstPerSecond = (answered * 1000) / (Date.now() - startedAtMs);
    }
    if (n === -1) return undefined;
    if (held !== null) return { isSkipped: true };
    sampling = sample(() => countUntold(databaseUrl, CONSUMER), seconds);
    return { perSecond: firstPerSecond * SHARES[n] };
  };
  const reader = readQueue(server);
  try {
    const measure = async () => ({ ...server.measureCpu(), ...(await postgres.countWrites()) });
    const said = await sendWebhooks({ postgres, server, phases, beforePhase, measure });
    if (sampling !== null) await judge(holds.length - 1);
    await isDrained();
    return await toResult(contender, server, said, { held, firstPerSecond });
  } finally {
    await sampling?.stop();
    await reader.stop();
  }
}

async function toResult(contender, server, said, { held, firstPerSecond }) {
  const { results, spent, acknowledged } = said;
  if (held === null) throw new Error('the backlog grew at every rate that was tried');
  const window = results[holdName(held)];
  return {
    figures: {
      perSecond: window.offeredPerSecond,
      firstPerSecond,
      tries: held + 1,
      p99Ms: window.p99Ms,
      walBytes: spent[holdName(held)].walBytes / window.answered,
      ...cpuOf(window, spent[holdName(held)]),
    },
    ...(await verdictOn(contender, server, results, acknowledged)),
  };
}

function holdName(n) {
  return `hold${n}`;
}

/** Samples a count while a window runs. */
function sample(count, secondsMax) {
  const samples = [];
  const endsAtMs = Date.now() + secondsMax * 1000;
  let failure = null;
  let underWay = Promise.resolve();
  const timer = setInterval(() => {
    if (Date.now() > endsAtMs) return clearInterval(timer);
    underWay = underWay
      .then(async () => samples.push(await count()))
      .catch((error) => (failure = error));
    return undefined;
  }, SAMPLE_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await underWay;
      if (failure !== null) throw failure;
      return samples;
    },
  };
}

/** The consumer: it takes whatever waits for it away, so that the relay never waits for it. */
function readQueue({ redisUrl, prefix }) {
  const queue = new Queue(`consumer-${CONSUMER}`, { connection: { url: redisUrl }, prefix });
  let underWay = Promise.resolve();
  const timer = setInterval(() => {
    underWay = underWay.then(() => queue.drain()).catch(() => undefined);
  }, EMPTY_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await underWay;
      await queue.close();
    },
  };
}
