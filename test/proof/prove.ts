/**
 * The proof: `npm run prove -- [--seed N] [--minutes N] [--only F8,F9] [--list] [--queues postgres]`.
 * Ends with code 1 when anything was lost, doubled or otherwise wrong.
 */
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { FAULTS } from './faults/index.js';
import { describeHostile, problemsOf } from './hostile.js';
import { plant, PLANTS } from './plants.js';
import { hasHeld, lineOf, listOf, pageOf, tableOf, type ProofReport } from './report.js';
import { runProof, type ProofOptions } from './run-proof.js';

const PLANTED = PLANTS.map(({ name }) => name).join(', ');
const USAGE = `npm run prove -- [options]
  --seed N       the same faults at the same points; printed when it is not given
  --minutes N    how long about; more minutes are more rounds of each fault (default 8)
  --only F1,F8   only these rows
  --rate N       events per second (default 50)
  --hostile N    mutated requests in the end (default 10000, and none with --only)
  --queues WHERE redis (default) or postgres
  --list         the rows, and what is expected of each
  --plant NAME   puts a bug into a copy of the build, which the proof must find: ${PLANTED}
  --write        writes docs/proof.md, also when only some rows were run`;

const PAGE = new URL('../../docs/proof.md', import.meta.url);

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string', default: '8' },
    only: { type: 'string' },
    rate: { type: 'string', default: '50' },
    hostile: { type: 'string' },
    queues: { type: 'string', default: 'redis' },
    list: { type: 'boolean', default: false },
    plant: { type: 'string' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) print(USAGE);
else if (values.list) print(listOf(FAULTS));
else if (values.plant !== undefined) process.exitCode = await catchPlant(values.plant);
else process.exitCode = await prove(values.only?.split(','), null);

/** Succeeds when the proof finds what was planted. */
async function catchPlant(name: string): Promise<number> {
  const bug = PLANTS.find((one) => one.name === name);
  if (!bug) throw new Error(`There is no plant ${name}, but ${PLANTED}.`);
  const { build, remove } = plant(bug);
  try {
    print(`planted: ${bug.says}\n`);
    const code = await prove([bug.caughtBy], build);
    print(code === 0 ? 'it was NOT found' : 'it was found');
    return code === 0 ? 1 : 0;
  } finally {
    remove();
  }
}

async function prove(wanted: readonly string[] | undefined, build: string | null): Promise<number> {
  const seed = numberOf('seed', values.seed ?? String(randomInt(2 ** 31)));
  const minutes = numberOf('minutes', values.minutes);
  const ratePerSecond = numberOf('rate', values.rate);
  const hostileCases = numberOf('hostile', values.hostile ?? (wanted ? '0' : '10000'));
  const queues: string = values.queues;
  if (queues !== 'redis' && queues !== 'postgres') throw new Error(USAGE);
  const only = wanted?.map((id) => id.trim().toUpperCase());
  const unknown = only?.filter((id) => !FAULTS.some((fault) => fault.id === id)) ?? [];
  if (unknown.length > 0) throw new Error(`There is no row ${unknown.join(', ')}: see --list.`);
  const faults = FAULTS.filter(({ id }) => only?.includes(id) ?? true);

  print(`seed ${seed}, about ${minutes} min, ${ratePerSecond} events/s, queues in ${queues}\n`);
  const options: ProofOptions = {
    faults,
    seed,
    minutes,
    ratePerSecond,
    queues,
    hostileCases,
    ...(build && { build }),
  };
  const report = await runProof(options, (result) => {
    print(lineOf(result));
  });
  printReport(report);
  if (only === undefined || values.write) {
    const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${arch()}, Node ${process.versions.node}.`;
    writeFileSync(PAGE, pageOf(report, machine));
  }
  print(`\nseed ${seed}: ${hasHeld(report) ? 'everything held' : 'NOT everything held'}`);
  return hasHeld(report) ? 0 : 1;
}

function printReport(report: ProofReport): void {
  print(`\n${tableOf(report)}\n`);
  for (const { fault, reason } of report.notRun) print(`${fault.id} not run: ${reason}`);
  if (report.hostile) {
    print(describeHostile(report.hostile));
    for (const problem of problemsOf(report.hostile)) print(`✗ ${problem}`);
  }
  for (const problem of report.problems) print(`✗ ${problem}`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number < 0) throw new Error(`--${name} is no number: ${text}`);
  return number;
}
