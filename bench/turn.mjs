import { runClient } from './client.mjs';
import { SECRET } from './contenders.mjs';
import { eventIdPrefix } from './load/signed-requests.mjs';
import { countFinished, countMissing } from './postgres.mjs';
import { cpuFigures, withServer } from './server.mjs';

const CLIENT = new URL('./load/load-client.mjs', import.meta.url);

export const CONNECTIONS = 64;
const WARM_UP_SECONDS = 3;
const IDLE_SECONDS = 2;

/**
 * One turn of one contender: a new process on a new database, a warm-up, the latency when idle,
 * the throughput, and the check that nothing that was acknowledged is missing.
 */
export function takeTurn({ contender, postgres, redis, folder, options }) {
  const use = async ({ tag, port, databaseUrl, measureCpu }) => {
    const phases = [
      { name: 'warmUp', connections: CONNECTIONS, seconds: WARM_UP_SECONDS },
      { name: 'idle', connections: 1, seconds: IDLE_SECONDS },
      { name: 'load', connections: CONNECTIONS, seconds: options.seconds },
    ];
    const { results, acknowledged, spent } = await runClient({
      client: CLIENT,
      message: { port, tag, phases, secret: SECRET },
      // Every timed window starts with the same distance to the next checkpoint.
      beforePhase: postgres.checkpoint,
      measure: measureCpu,
    });
    const finished = contender.hasWorker ? await countFinished(databaseUrl) : null;
    const prefixOfIds = eventIdPrefix(tag);
    const missing = await countMissing(databaseUrl, contender.table, prefixOfIds, acknowledged);
    return {
      ...toResult(results, spent.load, options.seconds),
      finishedShare: finished === null ? null : finished / acknowledged.length,
      missing,
    };
  };
  return withServer({ contender, postgres, redis, folder, options }, use);
}

function toResult({ warmUp, idle, load }, spent, seconds) {
  return {
    perSecond: load.perSecond,
    p50Ms: load.p50Ms,
    p99Ms: load.p99Ms,
    idleP50Ms: idle.p50Ms,
    idleP99Ms: idle.p99Ms,
    ...cpuFigures({ answers: load.acknowledged, seconds, client: load.cpuSeconds, spent }),
    refused: warmUp.refused + idle.refused + load.refused,
  };
}
