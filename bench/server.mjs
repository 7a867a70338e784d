import { randomBytes } from 'node:crypto';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuSeconds, machineCpuSeconds } from './cpu.mjs';
import { findFreePort, startServer } from './processes.mjs';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/**
 * Where a contender has its data: a database and a prefix of Redis keys that are its own.
 * @typedef {object} Place
 * @property {string} tag unique to this turn
 * @property {string} database its name @property {string} databaseUrl
 * @property {string} prefix @property {string | null} redisUrl
 */

/** Makes a place of its own for one turn, and takes it away afterwards. */
export async function withPlace(context, use) {
  const place = await makePlace(context);
  try {
    return await use(place);
  } finally {
    await context.postgres.dropDatabase(place.database);
    await context.redis?.forget(place.prefix);
  }
}

/**
 * Makes a place that stays as long as the bench runs: its database goes away with the server. Each
 * turn needs another tag, or its events would be duplicates.
 */
export async function makePlace({ postgres, redis }) {
  const tag = newTag();
  const database = `bench_${tag}`;
  const databaseUrl = await postgres.createDatabase(database);
  return { tag, database, databaseUrl, prefix: database, redisUrl: redis?.url ?? null };
}

/** The same place for another turn. */
export function renewPlace(place) {
  return { ...place, tag: newTag() };
}

function newTag() {
  return randomBytes(4).toString('hex');
}

/**
 * Starts a contender as a new process and waits for its port.
 * @returns `port`, `pid`, `stop` and `measureCpu`: CPU seconds so far of all that take part, and of
 * the clock
 */
export async function startContender({ contender, postgres, redis, folder, options }, place) {
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
      ...contender.environment(place),
    },
  });
  const measureCpu = () => ({
    server: cpuSeconds(server.pid),
    postgres: cpuSeconds(postgres.pid),
    redis: typeof redis?.pid === 'number' ? cpuSeconds(redis.pid) : 0,
    machine: machineCpuSeconds(),
    clock: performance.now() / 1000,
  });
  return { port, pid: server.pid, stop: server.stop, measureCpu };
}

/** Runs a contender in a place as long as `use` takes. */
export async function withContender(context, place, use) {
  const server = await startContender(context, place);
  try {
    return await use({ ...place, ...server });
  } finally {
    await server.stop();
  }
}

/** Starts a contender as a new process on a new database, and takes both away afterwards. */
export function withServer(context, use) {
  return withPlace(context, (place) => withContender(context, place, use));
}

/**
 * What one answer cost, and the share of the machine that other programs took: a busy machine
 * measures itself.
 * @param {{ answers: number, client: number, spent: object }} phase `client`: CPU seconds of the load
 * client; `spent`: what `measureCpu` grew by
 */
export function cpuFigures({ answers, client, spent }) {
  const perAnswer = (cpuSpent) => (cpuSpent * 1e6) / answers;
  const ours = client + spent.server + spent.postgres + spent.redis;
  return {
    clientMicros: perAnswer(client),
    serverMicros: perAnswer(spent.server),
    postgresMicros: perAnswer(spent.postgres),
    redisMicros: perAnswer(spent.redis),
    othersShare: Math.max(0, spent.machine - ours) / (spent.clock * cpus().length),
  };
}

function profileFlags({ profileFolder }, { name }) {
  if (profileFolder === undefined) return [];
  return ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`, `--cpu-prof-name=${name}.cpuprofile`];
}
