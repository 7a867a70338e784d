import { runClient } from '../client.mjs';
import { SECRET } from '../contenders.mjs';
import { countOrders } from '../postgres.mjs';
import { cpuFigures, withServer } from '../server.mjs';

const CLIENT = new URL('../load/command-client.mjs', import.meta.url);
/** A first call takes its time, and code becomes fast by being called often. */
export const WARM_UP_SECONDS = 5;
const WARM_UP_CONNECTIONS = 64;
/** Requests that are answered before any of them is repeated. */
const PREPARED_REQUESTS = 4000;
const PREPARING_CONNECTIONS = 16;

/**
 * One turn of one contender: a new process on a new database, a warm-up, one timed window for each
 * number of connections, and the check that there is exactly one order, and one stored answer, for
 * each request that was answered.
 */
export function takeCommandTurn({ contender, postgres, folder, options }) {
  const use = async ({ tag, port, databaseUrl, measureCpu }) => {
    const { pattern, hasKeys } = contender;
    const said = await runClient({
      client: CLIENT,
      message: { port, tag, pattern, token: SECRET, phases: phasesOf(contender, options) },
      // Every timed window starts with the same distance to the next checkpoint.
      beforePhase: postgres.checkpoint,
      measure: async () => ({ ...measureCpu(), ...(await postgres.countWrites()) }),
    });
    const { refused, wrong, sample, firstCount } = said;
    const { orders, keys } = await countOrders(databaseUrl);
    const strayOrders = Math.abs(orders - firstCount);
    const strayKeys = hasKeys ? Math.abs(keys - firstCount) : keys;
    const levels = contender.connections.map((connections) => toLevel(connections, said));
    return { levels, refused, wrong, stray: strayOrders + strayKeys, sample };
  };
  return withServer({ contender, postgres, redis: null, folder, options }, use);
}

function phasesOf({ pattern, connections }, { seconds }) {
  const prepare = {
    name: 'prepare',
    pattern: 'prepare',
    requests: PREPARED_REQUESTS,
    connections: PREPARING_CONNECTIONS,
  };
  return [
    ...(pattern === 'again' ? [prepare] : []),
    { name: 'warmUp', connections: WARM_UP_CONNECTIONS, seconds: WARM_UP_SECONDS },
    ...connections.map((count) => ({ name: nameOf(count), connections: count, seconds })),
  ];
}

/** What one timed window came to; what was written is told for each answer. */
function toLevel(connections, { results, spent }) {
  const { perSecond, p50Ms, p99Ms, answers, cpuSeconds } = results[nameOf(connections)];
  const { writingTransactions, walBytes, ...cpu } = spent[nameOf(connections)];
  return {
    connections,
    perSecond,
    p50Ms,
    p99Ms,
    ...cpuFigures({ answers, client: cpuSeconds, spent: cpu }),
    writingTransactions: writingTransactions / answers,
    walBytes: walBytes / answers,
  };
}

function nameOf(connections) {
  return `connections${connections}`;
}
