/**
 * Measures how fast deliveries are acknowledged, against the same service written in other ways.
 * Everything runs on this machine, on loopback, the contenders taking turns. See RESULTS.md.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installBaselines } from './baselines.mjs';
import { CONTENDERS } from './contenders.mjs';
import { readOptions } from './options.mjs';
import { startPostgres } from './postgres.mjs';
import { startRedis } from './redis.mjs';
import { describeTurn, renderReport } from './report.mjs';
import { summarize } from './summary.mjs';
import { takeTurn } from './turn.mjs';

const RESULTS = new URL('./RESULTS.md', import.meta.url);
const NO_REDIS =
  'bench: no Redis, so the contenders that need one are skipped. Set REDIS_URL, or install one: ' +
  'apt-get install redis-server, brew install redis.';

const options = readOptions();
installBaselines();

const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
chmodSync(folder, 0o755); // PostgreSQL runs as another user when we are root
let postgres = null;
let redis = null;
process.once('SIGINT', () => void stopAll().finally(() => process.exit(130)));
try {
  postgres = await startPostgres(join(folder, 'postgres'));
  redis = await startRedis(join(folder, 'redis'));
  const turns = await takeTurns(chooseContenders());
  const report = renderReport({ summaries: summarize(turns), options, postgres, redis });
  console.log(`\n${report}`);
  if (options.writesResults) writeFileSync(RESULTS, report);
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
  if (redis === null) console.error(NO_REDIS);
  const { only } = options;
  return CONTENDERS.filter(
    ({ name, needsRedis }) =>
      (redis !== null || !needsRedis) && (only.length === 0 || only.includes(name)),
  );
}

/** Interleaved: every round has each contender once, so a slow spell of the machine hits all. */
async function takeTurns(contenders) {
  const turns = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const contender of contenders) {
      const result = await takeTurn({ contender, postgres, redis, folder, options });
      turns.push({ contender, result });
      console.log(describeTurn(round, contender, result));
    }
  }
  return turns;
}
