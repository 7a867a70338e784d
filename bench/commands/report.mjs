import { describeMachine } from '../machine.mjs';
import { describeRun, show } from '../report.mjs';
import { COMMAND_CONTENDERS, COMPARED_WITH } from './contenders.mjs';
import { WARM_UP_SECONDS } from './turn.mjs';
import { summarizeCommands } from './summary.mjs';

/** From here on the load of other programs is worth a sentence. */
const NOTABLE_SHARE = 0.03;

/** One line per timed window while the bench runs. */
export function describeCommandTurn({ round, contender: { name }, result }) {
  if (result.failed !== undefined) return `round ${round}  ${name}  FAILED: ${result.failed}`;
  const { levels, refused, wrong, stray, sample } = result;
  const lines = levels.map(
    (level) =>
      `round ${round}  ${name.padEnd(8)} ${String(level.connections).padStart(3)} connections` +
      `  ${level.perSecond.toFixed(0).padStart(6)} /s  p50 ${level.p50Ms.toFixed(2)} ms` +
      `  p99 ${level.p99Ms.toFixed(1)} ms  cpu ${level.serverMicros.toFixed(0)} + ` +
      `${level.postgresMicros.toFixed(0)} µs  commits ${level.writingTransactions.toFixed(2)}` +
      `  others ${percent(level.othersShare)}`,
  );
  if (refused + wrong + stray > 0) {
    lines.push(`  ${refused} refused, ${wrong} wrong, ${stray} stray: does not count\n${sample}`);
  }
  return lines.join('\n');
}

/** The results as Markdown, without host or path. */
export function renderCommandReport({ turns, options, machine }) {
  const ended = turns.filter(({ result }) => result.failed === undefined);
  const summaries = summarizeCommands(ended);
  const names = new Set(summaries.map(({ contender }) => contender.name));
  return [
    describeRun('npm run bench -- commands', options),
    'Medians of all rounds, least and most in brackets; ratios are taken within each round.',
    '',
    ...table(summaries),
    '',
    ...COMMAND_CONTENDERS.filter(({ name }) => names.has(name)).map(
      ({ name, about }) => `- \`${name}\`: ${about}`,
    ),
    '',
    'Load: `POST /v1/orders` over kept connections, one request on each at a time; requests are made',
    `ahead of the timed window. Each turn has a new process and a new database, ${WARM_UP_SECONDS} s of warm-up, and`,
    `a checkpoint before each window of ${options.seconds} s; in each round every contender has its turn. All`,
    'have the settings of production (8 connections for commands), nothing is logged. "Written',
    'commits": transactions that wrote something, for each answer. "CPU": microseconds of the load',
    'client + the server + PostgreSQL for each answer. "Not 2xx" and "wrong" are counted over all',
    'rounds, the warm-up included: the first answer must be a 201 with the order that was asked for;',
    'a replay must be marked `Idempotency-Replayed: true` and be the first answer byte for byte; of a',
    'storm exactly one answer is not marked. "Stray": orders and stored answers in the database that',
    'are more or fewer than the requests that were answered. A turn counts only when all three are 0.',
    '',
    ...describeOthers(summaries),
    ...describeMachine(machine),
    '',
  ].join('\n');
}

function table(summaries) {
  const rows = summaries.map((summary) => [
    `\`${summary.contender.name}\``,
    String(summary.connections),
    show(summary.perSecond, 0),
    ...summary.ratios.map((ratio, index) =>
      COMPARED_WITH[index] === summary.contender.name ? '1' : showRatio(ratio),
    ),
    show(summary.p50Ms, 2),
    show(summary.p99Ms, 1),
    [summary.clientMicros, summary.serverMicros, summary.postgresMicros]
      .map(({ median }) => median.toFixed(0))
      .join(' + '),
    summary.writingTransactions.median.toFixed(2),
    summary.walBytes.median.toFixed(0),
    percent(summary.othersShare.median),
    String(summary.refused),
    String(summary.wrong),
    String(summary.stray),
  ]);
  const head = [
    'contender',
    'connections',
    'answers/s',
    ...COMPARED_WITH.map((name) => `vs \`${name}\``),
    'p50 ms',
    'p99 ms',
    'CPU µs/answer',
    'written commits',
    'WAL bytes',
    'other load',
    'not 2xx',
    'wrong',
    'stray',
  ];
  return [head, head.map((_, column) => (column === 0 ? '---' : '--:')), ...rows].map(
    (cells) => `| ${cells.join(' | ')} |`,
  );
}

function showRatio(ratio) {
  return Number.isNaN(ratio.median) ? '–' : `${show(ratio, 2)} ×`;
}

/** Said in words, since a table is read for its ratios. */
function describeOthers(summaries) {
  const shares = summaries.map(({ othersShare }) => othersShare);
  const medianMax = Math.max(...shares.map(({ median }) => median));
  if (!(medianMax > NOTABLE_SHARE)) return [];
  const most = Math.max(...shares.map(({ max }) => max));
  return [
    `The machine was shared: other programs took up to ${percent(most)} of it during a window. The figures`,
    'are lower and further apart than on a machine of its own, CPU per answer is higher, and small',
    'differences between two rows say nothing. Counts of commits and bytes do not depend on it.',
    '',
  ];
}

function percent(share) {
  return `${(share * 100).toFixed(0)} %`;
}
