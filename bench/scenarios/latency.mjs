import {
  CONNECTIONS,
  cpuOf,
  sendWebhooks,
  verdictOn,
  WARM_UP,
  WARM_UP_SECONDS,
} from '../acknowledge.mjs';
import { countUnapplied, findAppliedMs, untilNone } from '../backlog.mjs';
import { BARE, TOLLGATE, TOLLGATE_WITH_WORKER } from '../contenders.mjs';
import { eventIdPrefix, eventNumber } from '../load/signed-requests.mjs';
import { percentile } from '../load/percentile.mjs';
import { COLUMNS, defineScenario } from '../scenario.mjs';
import { withServer } from '../server.mjs';

/** Of what a contender can do for ever. */
const SHARE_OF_CAPACITY = 0.5;
/** A longer window than the others have: a p99.9 needs thousands of requests. */
const WINDOWS = 4;
const DRAIN_SECONDS_MAX = 300;

const OURS = TOLLGATE_WITH_WORKER.name;

/**
 * What a webhook waits at half of what the service can do: open loop, so that one slow answer makes
 * the following ones wait as it would for a provider.
 */
export const latency = defineScenario({
  name: 'latency',
  title: 'Waiting at half the capacity',
  contenders: [TOLLGATE_WITH_WORKER, TOLLGATE, BARE],
  columns: [
    { figure: 'capacityPerSecond', head: 'capacity /s', digits: 0 },
    { ...COLUMNS.perSecond, head: 'offered /s' },
    { ...COLUMNS.p50Ms, head: 'ack p50 ms' },
    { ...COLUMNS.p99Ms, head: 'ack p99 ms' },
    { ...COLUMNS.p999Ms, head: 'ack p99.9 ms' },
    { figure: 'mostMs', head: 'ack most ms', digits: 1 },
    { figure: 'appliedP50Ms', head: 'applied p50 ms', digits: 1 },
    { figure: 'appliedP99Ms', head: 'applied p99 ms', digits: 1 },
  ],
  goals: [
    { text: 'ack p99, worker on', of: [OURS, 'p99Ms'], atMost: 15, unit: 'ms' },
    { text: 'ack p99.9, worker on', of: [OURS, 'p999Ms'], atMost: 50, unit: 'ms' },
    { text: 'applied p99', of: [OURS, 'appliedP99Ms'], atMost: 250, unit: 'ms' },
  ],
  takeTurn: (context) => withServer(context, (server) => takeTurn(context, server)),
  describe: ({ seconds }) => [
    `Capacity: ${CONNECTIONS} connections that are always busy for ${seconds} s; with a worker the events of that`,
    'window are divided by the time until all of them were applied. Then requests are sent for',
    `${WINDOWS * seconds} s at ${SHARE_OF_CAPACITY * 100} % of it, each at its time, whatever became of the earlier ones. Every latency`,
    'counts from the time at which the request was to be sent (HdrHistogram, three digits), "applied"',
    'to the commit that ended the event. A timer of the client is up to 1 ms late, which counts as',
    `waiting too. Signed on the way. ${WARM_UP_SECONDS} s of warm-up come first.`,
  ],
});

async function takeTurn({ contender, postgres, options }, server) {
  const phases = [
    WARM_UP,
    { name: 'capacity', connections: CONNECTIONS, seconds: options.seconds },
    { name: 'open', kind: 'open', connections: CONNECTIONS, seconds: WINDOWS * options.seconds },
  ];
  let capacityPerSecond = Number.NaN;
  const beforePhase = async (name, { capacity }) => {
    const applied = contender.hasWorker ? () => countUnapplied(server.databaseUrl) : async () => 0;
    await untilNone(applied, DRAIN_SECONDS_MAX);
    if (name !== 'open') return undefined;
    capacityPerSecond = contender.hasWorker
      ? (capacity.answered * 1000) / (Date.now() - capacity.startedAtMs)
      : capacity.perSecond;
    return { perSecond: capacityPerSecond * SHARE_OF_CAPACITY };
  };
  const said = await sendWebhooks({ postgres, server, phases, beforePhase });
  const { results, spent, acknowledged } = said;
  const { perSecond, p50Ms, p99Ms, p999Ms, mostMs } = results.open;
  const applied = contender.hasWorker ? await appliedFigures(server, results.open) : {};
  return {
    figures: {
      capacityPerSecond,
      perSecond,
      p50Ms,
      p99Ms,
      p999Ms,
      mostMs,
      ...applied,
      ...cpuOf(results.open, spent.open),
    },
    ...(await verdictOn(contender, server, results, acknowledged)),
  };
}

/** From the time at which an event was to be sent to the commit that applied it. */
async function appliedFigures({ databaseUrl, tag }, { acknowledged, intendedMs }) {
  await untilNone(() => countUnapplied(databaseUrl), DRAIN_SECONDS_MAX);
  const ids = Array.from(acknowledged, (index) => eventIdPrefix(tag) + eventNumber(index));
  const appliedMs = await findAppliedMs(databaseUrl, ids);
  if (appliedMs.includes(null)) throw new Error('an acknowledged event was not applied');
  const sorted = Float64Array.from(appliedMs, (ms, n) => ms - intendedMs[n]).sort();
  return { appliedP50Ms: percentile(sorted, 0.5), appliedP99Ms: percentile(sorted, 0.99) };
}
