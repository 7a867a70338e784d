import Table from 'cli-table3';
import type { HostileReport } from '../support/hostile-run.js';
import { isInjected, type Fault } from './fault.js';
import { describeHostile, problemsOf } from './hostile.js';
import type { FaultResult } from './run-fault.js';

const COLUMNS = [
  'fault',
  'injected at',
  'acknowledged',
  'lost',
  'doubled',
  'recovery s',
  'verdict',
] as const;

/** What one run of the proof came to. */
export interface ProofReport {
  readonly seed: number;
  readonly minutes: number;
  readonly queues: 'redis' | 'postgres';
  readonly results: readonly FaultResult[];
  /** Rows that were not run, with the reason. */
  readonly notRun: readonly { readonly fault: Fault; readonly reason: string }[];
  /** Null: no hostile requests were sent. */
  readonly hostile: HostileReport | null;
  /** What holds for the run as a whole and did not. */
  readonly problems: readonly string[];
}

export function verdictOf({ problems }: FaultResult): 'held' | 'BROKEN' {
  return problems.length === 0 ? 'held' : 'BROKEN';
}

/** Whether everything that was run held. */
export function hasHeld({ results, hostile, problems }: ProofReport): boolean {
  const isHostileFine = hostile === null || problemsOf(hostile).length === 0;
  const isFine = isHostileFine && problems.length === 0;
  return isFine && results.every((result) => verdictOf(result) === 'held');
}

/** One line for a terminal, as soon as a fault is through. */
export function lineOf(result: FaultResult): string {
  const { fault, acknowledged, refused, unknown, lost, doubled, seconds } = result;
  const recovery = recoveryOf(result);
  const counts = `${acknowledged} acknowledged, ${refused} refused, ${unknown} unknown`;
  const head = `${fault.id.padEnd(4)} ${verdictOf(result).padEnd(7)} ${fault.title}`;
  const figures = `${counts}; ${lost} lost, ${doubled} doubled; recovery ${recovery} s`;
  const notes = result.notes.map((note) => `\n       · ${note}`).join('');
  const problems = result.problems.map((problem) => `\n       ✗ ${problem}`).join('');
  return `${head} (${seconds.toFixed(0)} s)\n       ${figures}${notes}${problems}`;
}

export function tableOf({ results }: ProofReport): string {
  const table = new Table({ head: [...COLUMNS], style: { head: [], border: [] } });
  for (const result of results) table.push(cellsOf(result));
  return table.toString();
}

/** The page that is kept with the code. */
export function pageOf(report: ProofReport, machine: string): string {
  const { seed, minutes, queues, results, notRun, hostile, problems } = report;
  const row = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  const lines = [
    ...INTRODUCTION,
    '',
    '## The last full run',
    '',
    `Seed ${seed}, ${minutes} minutes, queues in ${QUEUES[queues]}. ${machine}`,
    '',
    row([...COLUMNS, 'what was done, and what it showed']),
    row([...COLUMNS.map(() => '---'), '---']),
    ...results.map((result) => row([...cellsOf(result), tellingOf(result)])),
    '',
    ...problems.map((problem) => `- ${problem}`),
    ...(problems.length > 0 ? [''] : []),
    ...(hostile === null ? [] : hostileLines(hostile)),
    '## Rows that were not run',
    '',
    ...notRun.map(({ fault, reason }) => `- **${fault.id}**, ${fault.title}: ${reason}`),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function hostileLines(hostile: HostileReport): string[] {
  const problems = problemsOf(hostile);
  return [
    '## Hostile input',
    '',
    `${describeHostile(hostile)}.`,
    '',
    'Every answer has to be one of those that are allowed, no row may come of what was not signed, and the',
    `next good request has to be served. ${problems.length === 0 ? 'All of that held.' : 'It did not:'}`,
    '',
    ...problems.map((problem) => `- ${problem}`),
    ...(problems.length === 0 ? [] : ['']),
  ];
}

const QUEUES = { redis: 'Redis', postgres: 'PostgreSQL' } as const;

const INTRODUCTION = [
  '# The proof',
  '',
  '`npm run prove` writes this page. It starts a PostgreSQL, a Redis, two APIs, two workers and a service',
  'that listens, each as a process of its own, drives them with an open loop of deliveries and commands,',
  'injects the faults below one after the other, heals, waits until all is quiet, and compares the database',
  'with what the client was told and with a model that shares no code with the service.',
  '',
  'How to run it, and what the invariants are: [proving.md](proving.md).',
];

function cellsOf(result: FaultResult): string[] {
  const { fault, injectedAtSeconds, acknowledged, lost, doubled } = result;
  return [
    `${fault.id} ${fault.title}`,
    `${injectedAtSeconds.toFixed(1)} s`,
    String(acknowledged),
    String(lost),
    String(doubled),
    recoveryOf(result),
    verdictOf(result),
  ];
}

function tellingOf({ injected, notes, problems, refused, unknown }: FaultResult): string {
  const counts = `${refused} refused, ${unknown} unknown`;
  return [injected, counts, ...notes, ...problems.map((problem) => `**${problem}**`)].join('; ');
}

function recoveryOf({ recoverySeconds }: FaultResult): string {
  return recoverySeconds === null ? 'never' : recoverySeconds.toFixed(1);
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** One line for each row of the matrix. */
export function listOf(faults: readonly Fault[]): string {
  return faults
    .map((fault) => {
      const what = isInjected(fault) ? `expects ${fault.expected}` : `not run: ${fault.notRun}`;
      return `${fault.id.padEnd(4)} ${fault.title}\n       ${what}`;
    })
    .join('\n');
}
