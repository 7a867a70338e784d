import { judgeGoals } from './goals.mjs';
import { describeBaselines, describeMachine } from './machine.mjs';
import { reasonToLeaveOut } from './obstacles.mjs';
import { counts, summarize } from './summary.mjs';

/** From here on the load of other programs is worth a sentence. */
const NOTABLE_SHARE = 0.03;

/** One line while the bench runs. */
export function describeTurn({ scenario, round, contender, result }) {
  const start = `round ${round}  ${scenario.name}  ${contender.name.padEnd(24)}`;
  if (result.failed !== undefined) return `${start}  FAILED: ${result.failed}`;
  const figures = scenario.columns
    .filter(({ figure }) => Number.isFinite(result.figures[figure]))
    .map(({ figure, head, digits }) => `${head} ${result.figures[figure].toFixed(digits)}`);
  const verdict = counts({ result })
    ? ''
    : `  ${result.missing} ACKNOWLEDGED AND MISSING: does not count`;
  return `${start}  ${figures.join('  ')}  refused ${result.refused}${verdict}`;
}

/** What was run when; without host or path, so that two runs can be compared. */
export function describeRun(command, { rounds, seconds }) {
  const day = new Date().toISOString().slice(0, 10);
  return `Written by \`${command}\` on ${day}, ${rounds} rounds of ${seconds} s.`;
}

/** The results of one scenario as Markdown. */
export function renderReport({ scenario, turns, options, machine }) {
  const summaries = summarize(turns);
  return [
    describeRun(`npm run bench -- ${scenario.name}`, options),
    'Medians of all rounds, least and most in brackets.',
    '',
    ...goalTable(scenario.goals, turns),
    ...figureTable(scenario.columns, summaries),
    '',
    ...summaries.map(({ contender }) => `- \`${contender.name}\`: ${contender.about}`),
    ...leftOut(scenario.contenders, machine.redis),
    '',
    ...scenario.describe(options),
    'A turn counts only when no acknowledged event is missing.',
    '',
    ...describeOthers(summaries),
    ...describeMachine(machine),
    ...describeBaselines(),
    '',
  ].join('\n');
}

/**
 * All goals of all scenarios in one table, as Markdown.
 * @param {string[][]} others rows of scenarios that this run did not measure
 * @param {string[]} order names of all scenarios
 */
export function renderGoals(measured, others, order) {
  const rows = measured.flatMap(({ scenario, turns }) =>
    judgeGoals(scenario.goals ?? [], turns).map((one) => [scenario.name, ...goalRow(one)]),
  );
  const all = [...rows, ...others].sort(
    ([one], [other]) => order.indexOf(one) - order.indexOf(other),
  );
  return [
    'Each ratio is taken within one round; medians, least and most in brackets. When and in how many',
    'rounds is said where the scenario is.',
    '',
    ...tableOf(['scenario', 'what', 'measured', 'goal', 'met'], all),
    '',
  ].join('\n');
}

/** What is not in the table although it should be. */
function leftOut(contenders, redis) {
  return contenders.flatMap((contender) => {
    const reason = reasonToLeaveOut(contender, redis);
    return reason === null ? [] : [`- \`${contender.name}\` was left out: ${reason}`];
  });
}

function goalTable(goals, turns) {
  const rows = judgeGoals(goals, turns).map(goalRow);
  return rows.length === 0 ? [] : [...tableOf(['what', 'measured', 'goal', 'met'], rows), ''];
}

function goalRow({ goal, spread, isMet }) {
  const { text, atLeast, atMost, unit = '×' } = goal;
  const wanted = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
  const measured = isMet === null ? 'not measured' : `${show(spread, 2)} ${unit}`;
  return [text, measured, `${wanted} ${unit}`, isMet === null ? '–' : isMet ? 'yes' : 'no'];
}

function figureTable(columns, summaries) {
  const shown = columns.filter(({ figure }) =>
    summaries.some(({ figures }) => Number.isFinite(figures[figure]?.median)),
  );
  const rows = summaries.map(({ contender, figures, refused, missing, failed }) => [
    `\`${contender.name}\``,
    ...shown.map(({ figure, digits }) => show(figures[figure], digits)),
    cpuSplit(figures),
    Number.isFinite(figures.othersShare?.median) ? percent(figures.othersShare.median) : '–',
    String(refused),
    contender.stored === null ? '–' : String(missing),
    String(failed),
  ]);
  const heads = shown.map(({ head }) => head);
  const more = ['CPU µs', 'other load', 'refused', 'missing', 'failed'];
  return tableOf(['contender', ...heads, ...more], rows);
}

/** Client + Node + PostgreSQL + Redis. */
function cpuSplit({ clientMicros, serverMicros, postgresMicros, redisMicros }) {
  return [clientMicros, serverMicros, postgresMicros, redisMicros]
    .map((spread) => (Number.isFinite(spread?.median) ? spread.median.toFixed(0) : '–'))
    .join(' + ');
}

function tableOf(head, rows) {
  const line = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [head, line, ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

/** A median, with the least and the most in brackets; a dash for nothing. */
export function show(spread, digits) {
  if (!Number.isFinite(spread?.median)) return '–';
  const { median, min, max } = spread;
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

/** Said in words, since a table is read for its ratios. */
function describeOthers(summaries) {
  const shares = summaries.map(({ figures }) => figures.othersShare).filter(Boolean);
  const medianMax = Math.max(0, ...shares.map(({ median }) => median));
  if (!(medianMax > NOTABLE_SHARE)) return [];
  return [
    `The machine was shared: other programs took up to ${percent(medianMax)} of it during the windows of a`,
    'contender (median). The figures are lower and further apart than on a machine of its own.',
    '',
  ];
}

function percent(share) {
  return `${(share * 100).toFixed(0)} %`;
}
