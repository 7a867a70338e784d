import { randomBytes } from 'node:crypto';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuSeconds, machineCpuSeconds } from './cpu.mjs';
import { findFreePort, startServer } from './processes.mjs';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/**
 * Starts a contender as a new process on a new database, and takes both away afterwards.
 * @param use gets the `tag` that is unique to this turn, `port`, `databaseUrl` and `measureCpu`
 */
export async function withServer({ contender, postgres, redis, folder, options }, use) {
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
  const measureCpu = () => ({
    server: cpuSeconds(server.pid),
    postgres: cpuSeconds(postgres.pid),
    redis: typeof redis?.pid === 'number' ? cpuSeconds(redis.pid) : 0,
    machine: machineCpuSeconds(),
  });
  try {
    return await use({ tag, port, databaseUrl, measureCpu });
  } finally {
    await server.stop();
    await postgres.dropDatabase(database);
    await redis?.forget(prefix);
  }
}

/**
 * What one answer cost, and the share of the machine that other programs took: a busy machine
 * measures itself.
 * @param {{ answers: number, seconds: number, client: number, spent: object }} phase `client`: CPU
 * seconds of the load client
 */
export function cpuFigures({ answers, seconds, client, spent }) {
  const perAnswer = (cpuSpent) => (cpuSpent * 1e6) / answers;
  const ours = client + spent.server + spent.postgres + spent.redis;
  return {
    clientMicros: perAnswer(client),
    serverMicros: perAnswer(spent.server),
    postgresMicros: perAnswer(spent.postgres),
    othersShare: Math.max(0, spent.machine - ours) / (seconds * cpus().length),
  };
}

function profileFlags({ profileFolder }, { name }) {
  if (profileFolder === undefined) return [];
  return ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`, `--cpu-prof-name=${name}.cpuprofile`];
}
