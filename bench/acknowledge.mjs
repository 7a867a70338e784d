import { runClient } from './client.mjs';
import { SECRET } from './contenders.mjs';
import { countMissing } from './postgres.mjs';
import { cpuFigures, withServer } from './server.mjs';

/** The client that sends webhooks. */
export const LOAD_CLIENT = new URL('./load/load-client.mjs', import.meta.url);

/** At saturation: one request on each at a time. */
export const CONNECTIONS = 64;
export const WARM_UP_SECONDS = 3;
const IDLE_SECONDS = 2;

/** The phase that every turn begins with: code becomes fast by being called often. */
export const WARM_UP = { name: 'warmUp', connections: CONNECTIONS, seconds: WARM_UP_SECONDS };

/**
 * One turn that acknowledges: a new process on a new database, a warm-up, the latency when idle,
 * the throughput, and the check that nothing that was acknowledged is missing.
 */
export function takeAcknowledgingTurn(context) {
  return withServer(context, (server) => acknowledge(context, server));
}

/**
 * The same with a server that runs already.
 * @param {{ repeats?: number }} load how often each event is sent again at saturation
 */
export async function acknowledge({ contender, postgres, options }, server, { repeats = 0 } = {}) {
  const phases = [
    { ...WARM_UP, repeats },
    { name: 'idle', connections: 1, seconds: IDLE_SECONDS },
    { name: 'load', connections: CONNECTIONS, seconds: options.seconds, repeats },
  ];
  const said = await sendWebhooks({ postgres, server, phases });
  const { results, spent, acknowledged } = said;
  return {
    figures: {
      perSecond: results.load.perSecond,
      p50Ms: results.load.p50Ms,
      p99Ms: results.load.p99Ms,
      idleP50Ms: results.idle.p50Ms,
      idleP99Ms: results.idle.p99Ms,
      ...cpuOf(results.load, spent.load),
    },
    ...(await verdictOn(contender, server, results, acknowledged)),
  };
}

/** Sends the phases; each timed window starts with the same distance to the next checkpoint. */
export function sendWebhooks({ postgres, server, phases, beforePhase, measure, secret = SECRET }) {
  const { port, tag, measureCpu } = server;
  return runClient({
    client: LOAD_CLIENT,
    message: { port, tag, phases, secret },
    beforePhase: async (name, results) => {
      await postgres.checkpoint();
      return beforePhase?.(name, results);
    },
    measure: measure ?? measureCpu,
  });
}

/** What one answer of a phase cost. */
export function cpuOf({ answered, cpuSeconds }, spent) {
  return cpuFigures({ answers: answered, client: cpuSeconds, spent });
}

/** Counts what was not answered as expected, and what was acknowledged and is not there. */
export async function verdictOn({ stored }, { databaseUrl, tag }, results, acknowledged) {
  const refused = Object.values(results).reduce((sum, phase) => sum + phase.refused, 0);
  return { refused, missing: await countMissing(databaseUrl, stored, tag, acknowledged) };
}
