/**
 * Measures the service against the same service written in other ways. Everything runs on this
 * machine, on loopback; in each round every contender of every scenario has its turn, one after the
 * other. See RESULTS.md.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeDisk } from './machine.mjs';
import { reasonToLeaveOut } from './obstacles.mjs';
import { readOptions } from './options.mjs';
import { startPostgres } from './postgres.mjs';
import { startRedis } from './redis.mjs';
import { renderGoals } from './report.mjs';
import { otherRows, writeResults } from './results.mjs';
import { SCENARIOS } from './scenarios.mjs';

const NO_REDIS =
  'bench: no Redis, so the contenders that need one are skipped. Set REDIS_URL, or install one: ' +
  'apt-get install redis-server, brew install redis.';
const GOALS_TITLE = 'What was aimed at';

const options = readOptions(SCENARIOS);
const scenarios = chooseScenarios();
for (const prepare of new Set(scenarios.map((scenario) => scenario.prepare))) prepare();

const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
chmodSync(folder, 0o755); // PostgreSQL runs as another user when we are root
let postgres = null;
let redis = null;
let isEnded = false;
process.once('SIGINT', () => {
  isEnded = true; // turns that fail of it are no results
  void stopAll().finally(() => process.exit(130));
});
try {
  const disk = options.writesResults ? describeDisk(folder) : 'not measured in this run';
  postgres = await startPostgres(join(folder, 'postgres'));
  redis = await startRedis(join(folder, 'redis'));
  if (redis === null) console.error(NO_REDIS);
  const machine = { postgres, redis, disk };
  const turns = await takeTurns((some, rounds) => writeReport(some, rounds, machine));
  for (const { title, text } of reportOf(turns, options.rounds, machine)) {
    console.log(`\n## ${title}\n\n${text}`);
  }
  if (turns.some(({ result }) => result.failed !== undefined)) process.exitCode = 1;
} finally {
  await stopAll();
}

/** The load client and the contenders end with this process; what is left is stopped here. */
async function stopAll() {
  await redis?.stop();
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
}

function chooseScenarios() {
  if (!options.isComplete) return options.scenarios.map((name) => SCENARIOS[name]);
  return Object.values(SCENARIOS).filter(({ isAskedFor }) => !isAskedFor);
}

function contendersOf({ contenders }) {
  const { only } = options;
  const chosen = contenders.filter(({ name }) => only.length === 0 || only.includes(name));
  return chosen.filter((contender) => reasonToLeaveOut(contender, redis) === null);
}

/**
 * Interleaved: every round has each contender once, so a slow spell of the machine hits all.
 * @param afterRound is told of all turns so far, and of how many rounds they are
 */
async function takeTurns(afterRound) {
  const turns = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const scenario of scenarios) {
      if (round > (scenario.roundsMax ?? Infinity)) continue;
      for (const contender of contendersOf(scenario)) {
        const result = await takeTurn(scenario, contender);
        const turn = { scenario, round, contender, result };
        turns.push(turn);
        console.log(scenario.describeTurn(turn));
      }
    }
    afterRound(turns, round);
  }
  return turns;
}

/** A turn that fails is told of, and takes no other one with it: a run takes hours. */
async function takeTurn(scenario, contender) {
  try {
    return await scenario.takeTurn({ contender, postgres, redis, folder, options });
  } catch (error) {
    console.error(error);
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

/** After each round: a run takes hours, and what it has measured is not lost when it is ended. */
function writeReport(turns, rounds, machine) {
  if (!options.writesResults || isEnded) return;
  for (const { title, text } of reportOf(turns, rounds, machine)) {
    // Some of the contenders alone say little of a goal.
    if (options.only.length === 0 || title !== GOALS_TITLE) writeResults(title, text);
  }
}

function reportOf(turns, rounds, machine) {
  const measured = scenarios.map((scenario) => ({
    scenario,
    turns: turns.filter((turn) => turn.scenario === scenario),
  }));
  const said = { ...options, rounds };
  const sections = measured.map(({ scenario, turns: own }) => ({
    title: scenario.title,
    text: scenario.renderReport({ scenario, turns: own, options: said, machine }),
  }));
  const names = scenarios.map(({ name }) => name);
  const others = otherRows(GOALS_TITLE, names);
  const goals = renderGoals(measured, others, Object.keys(SCENARIOS));
  return [...sections, { title: GOALS_TITLE, text: goals }];
}
