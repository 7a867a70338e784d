import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cpuSeconds, endedChildrenCpuSeconds, machineCpuSeconds } from './cpu.mjs';
import { eventText } from './load/signed-requests.mjs';
import { query } from './postgres.mjs';
import { findPostgresProgram } from './postgres-programs.mjs';
import { cpuFigures, withPlace } from './server.mjs';

const TABLE = readFileSync(new URL('./baselines/bare.sql', import.meta.url), 'utf8');
/** The body is a parameter, as a client would send it; the id is made by the server. */
const SCRIPT = `
  insert into webhook_events (provider, account, event_id, event_type, body)
  values ('stripe', 'default', 'evt_' || gen_random_uuid(), 'payment_intent.succeeded', :body)
  on conflict (provider, account, event_id) do nothing;`;
const NUMBER = 10_000_000;
const WARM_UP_SECONDS = 1;
const NO_PGBENCH = 'there is no pgbench on the PATH';

/** A contender that is no server: pgbench, with rows of the size of the events. */
export function pgbench(name, about, levels) {
  return {
    name,
    about,
    needsRedis: false,
    stored: null,
    findObstacle: () => (findPostgresProgram('pgbench') === null ? NO_PGBENCH : null),
    takeTurn: (context) => takeTurn(context, levels),
  };
}

/** One window for each number of connections, on a new database; the best one counts. */
function takeTurn(context, levels) {
  const program = findPostgresProgram('pgbench');
  return withPlace(context, async ({ databaseUrl, tag }) => {
    await query(databaseUrl, TABLE);
    const script = join(context.folder, 'pgbench.sql');
    writeFileSync(script, SCRIPT);
    const run = runnerOf({ program, script, databaseUrl, body: eventText(tag, NUMBER) });
    await run(levels[0], WARM_UP_SECONDS);
    let best = null;
    let missing = 0;
    for (const connections of levels) {
      await context.postgres.checkpoint();
      const [{ count: before }] = await countRows(databaseUrl);
      const window = await measure(context, () => run(connections, context.options.seconds));
      const [{ count: after }] = await countRows(databaseUrl);
      missing += Math.max(0, window.transactions - (after - before));
      if (best === null || window.perSecond > best.perSecond) best = { ...window, connections };
    }
    const { perSecond, connections, cpu } = best;
    return { figures: { perSecond, connections, ...cpu }, refused: 0, missing };
  });
}

function countRows(databaseUrl) {
  return query(databaseUrl, 'select count(*)::int as count from webhook_events');
}

function runnerOf({ program, script, databaseUrl, body }) {
  return async (connections, seconds) => {
    const threads = Math.min(connections, availableParallelism());
    const flags = [
      '--no-vacuum',
      '--protocol=prepared',
      `--file=${script}`,
      `--define=body=${body}`,
    ];
    const size = [`--client=${connections}`, `--jobs=${threads}`, `--time=${seconds}`];
    const { stdout } = await promisify(execFile)(program, [...flags, ...size, databaseUrl]);
    const [, transactions] = /actually processed: (\d+)/.exec(stdout) ?? [];
    const [, perSecond] = /^tps = ([\d.]+)/m.exec(stdout) ?? [];
    if (perSecond === undefined) throw new Error(`pgbench said something else:\n${stdout}`);
    return { transactions: Number(transactions), perSecond: Number(perSecond) };
  };
}

/** What one window cost; pgbench is a child that has ended by then. */
async function measure({ postgres }, run) {
  const read = () => ({
    server: 0,
    redis: 0,
    postgres: cpuSeconds(postgres.pid),
    machine: machineCpuSeconds(),
    clock: performance.now() / 1000,
    client: endedChildrenCpuSeconds(process.pid),
  });
  const before = read();
  const window = await run();
  const after = read();
  const spent = Object.fromEntries(
    Object.keys(after).map((name) => [name, after[name] - before[name]]),
  );
  return {
    ...window,
    cpu: cpuFigures({ answers: window.transactions, client: spent.client, spent }),
  };
}
