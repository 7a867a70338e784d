import { readFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import { baselineVersion } from './baselines.mjs';
import { BASELINES, summarize } from './summary.mjs';
import { CONNECTIONS } from './turn.mjs';

const BYTES_PER_GIB = 1024 ** 3;
const BASELINE_PACKAGES = ['fastify', 'pg', '@nestjs/core', 'express', 'typeorm', 'bullmq'];

/** One line while the bench runs. */
export function describeTurn(round, { name }, result) {
  const { perSecond, p99Ms, idleP50Ms, serverMicros, postgresMicros, othersShare } = result;
  const { refused, missing } = result;
  const verdict = missing === 0 ? '' : `  ${missing} ACKNOWLEDGED AND MISSING: does not count`;
  return (
    `round ${round}  ${name.padEnd(26)} ${perSecond.toFixed(0).padStart(6)} ack/s` +
    `  p99 ${p99Ms.toFixed(1)} ms  idle p50 ${idleP50Ms.toFixed(2)} ms  cpu ${serverMicros.toFixed(0)} + ` +
    `${postgresMicros.toFixed(0)} µs  others ${(othersShare * 100).toFixed(0)} %  refused ${refused}${verdict}`
  );
}

/** What was run when; without host or path, so that two runs can be compared. */
export function describeRun(command, { rounds, seconds }) {
  const day = new Date().toISOString().slice(0, 10);
  return `Written by \`${command}\` on ${day}, ${rounds} rounds of ${seconds} s.`;
}

/** The results as Markdown. */
export function renderReport({ turns, options, postgres, redis }) {
  const summaries = summarize(turns);
  return [
    describeRun('npm run bench', options),
    'Medians of all rounds, least and most in brackets.',
    '',
    ...table(summaries),
    '',
    ...summaries.map(({ contender }) => `- \`${contender.name}\`: ${contender.about}`),
    '',
    `Load: ${CONNECTIONS} connections, one request on each at a time, for the throughput; one`,
    'connection for the latency when idle. Every event is unique, about 2.2 kB, signed ahead of the',
    `timed window. ${options.rounds} rounds of ${options.seconds} s after a warm-up; the contenders`,
    'take turns in each round, each turn with a new process, a new database and a checkpoint before',
    'each window. Nothing is logged but where the name says `info`. "Finished": share of the',
    'acknowledged events that the worker had finished when the load ended; it still works on the',
    'warm-up while the latency "when idle" is taken. "CPU": microseconds of the load client + the',
    'server + PostgreSQL for each acknowledgement. "Other load": share of the machine that other',
    'programs took meanwhile; where it is not near nothing, the ratios mislead. A turn counts only',
    'when no acknowledged event is missing.',
    '',
    ...describeMachine(postgres, redis),
    ...describeBaselines(),
    '',
  ].join('\n');
}

function table(summaries) {
  const rows = summaries.map((summary) => [
    `\`${summary.contender.name}\``,
    show(summary.perSecond, 0),
    ...summary.ratios.map((ratio) => (Number.isNaN(ratio) ? '–' : `${ratio.toFixed(2)} ×`)),
    show(summary.p50Ms, 1),
    show(summary.p99Ms, 1),
    show(summary.idleP50Ms, 2),
    show(summary.idleP99Ms, 2),
    summary.finishedShare === null ? '–' : `${(summary.finishedShare.median * 100).toFixed(0)} %`,
    `${[summary.clientMicros, summary.serverMicros, summary.postgresMicros].map(({ median }) => median.toFixed(0)).join(' + ')}`,
    `${(summary.othersShare.median * 100).toFixed(0)} %`,
    String(summary.refused),
    String(summary.missing),
  ]);
  const head = [
    'contender',
    'ack/s',
    ...BASELINES.map((name) => `vs \`${name}\``),
    'p50 ms',
    'p99 ms',
    'idle p50 ms',
    'idle p99 ms',
    'finished',
    'CPU µs/ack',
    'other load',
    'not 200',
    'missing',
  ];
  return [head, head.map((_, column) => (column === 0 ? '---' : '--:')), ...rows].map(
    (cells) => `| ${cells.join(' | ')} |`,
  );
}

/** A median, with the least and the most in brackets. */
export function show({ median, min, max }, digits) {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

/** The machine and what the service runs on, as a list. */
export function describeMachine(postgres, redis = null) {
  const [{ model }] = cpus();
  const { dependencies } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  return [
    `- Machine: ${cpus().length} cores (${model.trim()}), ${(totalmem() / BYTES_PER_GIB).toFixed(0)} GiB, ` +
      `${platform()} ${arch()}; client and servers share it`,
    `- Node ${process.versions.node}, PostgreSQL ${postgres.version} (embedded, its own default ` +
      'settings: fsync, full_page_writes and synchronous_commit on)' +
      (redis === null ? '' : `, Redis ${redis.version}`),
    `- Tollgate: @nestjs/core ${dependencies['@nestjs/core']}, fastify ${dependencies.fastify}, ` +
      `pg ${dependencies.pg}, bullmq ${dependencies.bullmq}`,
  ];
}

function describeBaselines() {
  const packages = BASELINE_PACKAGES.map((name) => `${name} ${baselineVersion(name)}`).join(', ');
  return [`- Baselines: ${packages}`];
}
