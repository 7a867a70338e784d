import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SECRET } from './contenders.mjs';
import { cpuSeconds, machineCpuSeconds } from './cpu.mjs';
import { eventIdPrefix } from './load/signed-requests.mjs';
import { countFinished, countMissing } from './postgres.mjs';
import { findFreePort, startServer } from './processes.mjs';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const CLIENT = new URL('./load/load-client.mjs', import.meta.url);

export const CONNECTIONS = 64;
const WARM_UP_SECONDS = 3;
const IDLE_SECONDS = 2;

/**
 * One turn of one contender: a new process on a new database, a warm-up, the latency when idle,
 * the throughput, and the check that nothing that was acknowledged is missing.
 */
export async function takeTurn({ contender, postgres, redis, folder, options }) {
  const tag = randomBytes(4).toString('hex');
  const database = `bench_${tag}`;
  const prefix = `bench_${tag}`;
  const databaseUrl = await postgres.createDatabase(database);
  const port = await findFreePort();
  const server = await startServer({
    program: process.execPath,
    args: [...profileFlags(options, contender), ...contender.command],
    cwd: ROOT,
    port,
    logFile: join(folder, `${contender.name}.log`),
    environment: {
      NODE_ENV: 'production',
      PORT: String(port),
      ...contender.environment({ databaseUrl, redisUrl: redis?.url ?? null, prefix }),
    },
  });
  try {
    const phases = [
      { name: 'warmUp', connections: CONNECTIONS, seconds: WARM_UP_SECONDS },
      { name: 'idle', connections: 1, seconds: IDLE_SECONDS },
      { name: 'load', connections: CONNECTIONS, seconds: options.seconds },
    ];
    const measureCpu = () => ({
      server: cpuSeconds(server.pid),
      postgres: cpuSeconds(postgres.pid),
      redis: typeof redis?.pid === 'number' ? cpuSeconds(redis.pid) : 0,
      machine: machineCpuSeconds(),
    });
    const { results, acknowledged, cpu } = await runClient({
      message: { port, tag, phases, secret: SECRET },
      postgres,
      measureCpu,
    });
    const finished = contender.hasWorker ? await countFinished(databaseUrl) : null;
    const prefixOfIds = eventIdPrefix(tag);
    const missing = await countMissing(databaseUrl, contender.table, prefixOfIds, acknowledged);
    return {
      ...toResult(results, cpu, options.seconds),
      finishedShare: finished === null ? null : finished / acknowledged.length,
      missing,
    };
  } finally {
    await server.stop();
    await postgres.dropDatabase(database);
    await redis?.forget(prefix);
  }
}

/**
 * Starts the load client and lets it into each phase right after a checkpoint.
 * @returns its answer, and the CPU seconds that `measureCpu` saw pass in the last phase
 */
async function runClient({ message, postgres, measureCpu }) {
  const client = fork(CLIENT, { serialization: 'advanced', execArgv: [] });
  const failed = once(client, 'exit').then(([code]) => {
    throw new Error(`the load client ended with ${code}`);
  });
  failed.catch(() => undefined); // it ends when it is let go, too
  client.send(message);
  let before = {};
  for (;;) {
    const [said] = await Promise.race([once(client, 'message'), failed]);
    if (said.results !== undefined) {
      client.disconnect();
      const spent = Object.entries(measureCpu()).map(([who, now]) => [who, now - before[who]]);
      return { ...said, cpu: Object.fromEntries(spent) };
    }
    await postgres.checkpoint();
    before = measureCpu();
    client.send({ go: said.starting });
  }
}

function toResult({ warmUp, idle, load }, cpu, seconds) {
  const perAcknowledgement = (cpuSpent) => (cpuSpent * 1e6) / load.acknowledged;
  const ours = load.cpuSeconds + cpu.server + cpu.postgres + cpu.redis;
  return {
    perSecond: load.perSecond,
    p50Ms: load.p50Ms,
    p99Ms: load.p99Ms,
    idleP50Ms: idle.p50Ms,
    idleP99Ms: idle.p99Ms,
    clientMicros: perAcknowledgement(load.cpuSeconds),
    serverMicros: perAcknowledgement(cpu.server),
    postgresMicros: perAcknowledgement(cpu.postgres),
    /** Share of the machine that other programs took: a busy machine measures itself. */
    othersShare: Math.max(0, cpu.machine - ours) / (seconds * cpus().length),
    refused: warmUp.refused + idle.refused + load.refused,
  };
}

function profileFlags({ profileFolder }, { name }) {
  if (profileFolder === undefined) return [];
  return ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`, `--cpu-prof-name=${name}.cpuprofile`];
}
