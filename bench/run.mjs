/**
 * Measures the service against the same service written in other ways, one scenario at a time.
 * Everything runs on this machine, on loopback, the contenders taking turns. See RESULTS.md.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from './options.mjs';
import { startPostgres } from './postgres.mjs';
import { startRedis } from './redis.mjs';
import { writeResults } from './results.mjs';
import { SCENARIOS } from './scenarios.mjs';

const NO_REDIS =
  'bench: no Redis, so the contenders that need one are skipped. Set REDIS_URL, or install one: ' +
  'apt-get install redis-server, brew install redis.';

const options = readOptions();
const scenario = SCENARIOS[options.scenario];
scenario.prepare();

const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
chmodSync(folder, 0o755); // PostgreSQL runs as another user when we are root
let postgres = null;
let redis = null;
process.once('SIGINT', () => void stopAll().finally(() => process.exit(130)));
try {
  postgres = await startPostgres(join(folder, 'postgres'));
  if (scenario.hasRedis) redis = await startRedis(join(folder, 'redis'));
  const turns = await takeTurns(chooseContenders());
  const report = scenario.renderReport({ turns, options, postgres, redis });
  console.log(`\n${report}`);
  if (options.writesResults) writeResults(scenario.title, report);
} finally {
  await stopAll();
}

/** The load client and the contenders end with this process; what is left is stopped here. */
async function stopAll() {
  await redis?.stop();
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
}

function chooseContenders() {
  if (scenario.hasRedis && redis === null) console.error(NO_REDIS);
  const { only } = options;
  return scenario.contenders.filter(
    ({ name, needsRedis }) =>
      (redis !== null || !needsRedis) && (only.length === 0 || only.includes(name)),
  );
}

/** Interleaved: every round has each contender once, so a slow spell of the machine hits all. */
async function takeTurns(contenders) {
  const turns = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const contender of contenders) {
      const result = await scenario.takeTurn({ contender, postgres, redis, folder, options });
      turns.push({ round, contender, result });
      console.log(scenario.describeTurn(round, contender, result));
    }
  }
  return turns;
}
