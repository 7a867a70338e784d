import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { ERRORS } from '../../src/errors.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { findCliProblem, listCliCommands } from '../support/cli-commands.js';
import { findPromqlProblems, readPromql } from '../support/promql.js';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

/** What Prometheus itself adds to everything that it scrapes. */
const TARGET_LABELS: readonly string[] = ['job', 'instance'];

interface Measured {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly labelNames: readonly string[];
}

const { registry } = createMetrics();
// The classes of prom-client have these fields; its types leave them out.
const measured = registry.getMetricsAsArray() as unknown as readonly Measured[];
const ours = measured.map(({ name }) => name).filter((name) => name.startsWith('tollgate_'));
const labelsByMetric = new Map([['up', TARGET_LABELS], ...measured.flatMap(seriesOf)]);
const findLabels = (metric: string) => labelsByMetric.get(metric) ?? null;
const problemsOf = (expression: string) => findPromqlProblems(expression, findLabels);

const gridPos = z.object({ x: z.int(), y: z.int(), w: z.int().min(1), h: z.int().min(1) });
const datasource = z.object({ type: z.literal('prometheus'), uid: z.literal('${datasource}') });
const panelSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('row'), id: z.int(), title: z.string(), gridPos }),
  z.object({
    type: z.enum(['stat', 'timeseries']),
    id: z.int(),
    title: z.string().min(3),
    description: z.string().min(10),
    gridPos,
    datasource,
    targets: z
      .array(
        z.object({ datasource, refId: z.string(), expr: z.string(), legendFormat: z.string() }),
      )
      .min(1),
    fieldConfig: z.object({
      defaults: z.object({
        unit: z.string().min(1),
        thresholds: z.object({
          steps: z.array(z.object({ color: z.string(), value: z.number().nullable() })).min(1),
        }),
      }),
    }),
  }),
]);
const dashboardSchema = z.object({
  title: z.literal('Tollgate'),
  schemaVersion: z.int().min(39),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string() })) }),
  panels: z.array(panelSchema),
});

const alertSchema = z.strictObject({
  alert: z.string().regex(/^Tollgate[A-Z]\w+$/),
  expr: z.string(),
  for: z
    .string()
    .regex(/^\d+[mh]$/)
    .optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
  annotations: z.strictObject({
    summary: z.string().min(10).max(100),
    description: z.string().min(20),
    runbook_url: z.string().regex(/^docs\/operations\.md#[a-z0-9-]+$/),
  }),
});
const alertsSchema = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(alertSchema).min(1) })),
});

const dashboardText = read('docs/grafana/tollgate.json');
const dashboard = dashboardSchema.parse(JSON.parse(dashboardText));
const alerts = alertsSchema
  .parse(parse(read('docs/prometheus/alerts.yml')))
  .groups.flatMap(({ rules }) => rules);
const page = read('docs/operations.md');

const panels = dashboard.panels.filter((panel) => panel.type !== 'row');
const targets = panels.flatMap((panel) =>
  panel.targets.map((target) => ({ title: panel.title, ...target })),
);
const expressions = [...targets.map(({ expr }) => expr), ...alerts.map(({ expr }) => expr)];

describe('what holds expressions against the metrics', () => {
  it('knows the metrics that the service has, and their labels', () => {
    expect(ours.length).toBeGreaterThan(20);
    expect(findLabels('tollgate_messages_pending')).toEqual(['consumer', 'job', 'instance']);
    expect(findLabels('tollgate_flush_seconds_bucket')).toContain('le');
    expect(findLabels('tollgate_flush_seconds')).toBeNull(); // a histogram is never read as such
    expect(findLabels('process_open_fds')).toEqual(['job', 'instance']);
  });

  it.each([
    ['tollgate_inbox_backlogs', 'there is no metric tollgate_inbox_backlogs'],
    ['sum(rate(tollgate_events_total[5m]))', 'there is no metric tollgate_events_total'],
    ['tollgate_inbox_backlog{consumer="crm"}', 'tollgate_inbox_backlog has no label consumer'],
    ['max by (queue) (tollgate_messages_pending)', 'nothing here has the label queue'],
    ['up / on (shard) up', 'nothing here has the label shard'],
    ['rates(tollgate_inbox_backlog[5m])', 'there is no function rates here'],
    ['sum by (reason) (sum by (provider) (tollgate_events_outcome_total))', 'label reason'],
    ['histogram_quantile(0.9, tollgate_flush_rows_count)', 'needs the label le'],
    ['up{job=~tollgate}', 'expected a text in quotes'],
    ['sum(up', 'expected ")"'],
    ['up up', 'nothing is expected at "up"'],
    ['rate(up[5])', 'expected a duration at "5"'],
    ['up @ 5', 'cannot read "@ 5"'],
    ['', 'the expression ends too early'],
  ])('reports what is wrong with %s', (expression, problem) => {
    expect(problemsOf(expression)).toEqual([expect.stringContaining(problem)]);
  });

  it.each([
    ['up', ['job', 'instance']],
    ['sum(up) by (job)', ['job']],
    ['sum without (instance) (up)', ['job']],
    ['-up offset 5m * 2', ['job', 'instance']],
    ['sum(up) or vector(0)', []],
    ['max by (job) (up) / on (job) sum by (job, instance) (up)', ['job']],
    ['max_over_time(up{job="a", instance!~"b|c"}[10m:1m]) > bool 0', ['job', 'instance']],
    ['histogram_quantile(0.5, sum by (le) (rate(tollgate_ring_seconds_bucket[5m])))', []],
  ])('reads %s', (expression, labels) => {
    expect([...readPromql(expression, findLabels).labels]).toEqual(labels);
  });
});

describe('docs/grafana/tollgate.json', () => {
  it.each(targets)('reads what is there: $title ($refId)', ({ expr }) => {
    expect(problemsOf(expr)).toEqual([]);
  });

  it.each(targets)('tells its lines apart by labels that they have: $title ($refId)', (target) => {
    const { labels } = readPromql(target.expr, findLabels);
    const named = [...target.legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name!);
    expect(new Set(named)).toEqual(new Set(labelsOfLegend(labels, named)));
  });

  it('asks for the rate over the interval that fits what is shown', () => {
    const rates = targets.filter(({ expr }) => /\brate\(/.test(expr));
    expect(rates.length).toBeGreaterThan(20);
    for (const { expr } of rates) expect(expr).not.toMatch(/\brate\([^)]*\[(?!\$__rate_interval)/);
  });

  it('has rows for the stages of the line, in their order', () => {
    const rows = dashboard.panels.filter((panel) => panel.type === 'row');
    expect(rows.map(({ title }) => title)).toEqual([
      'Receiving',
      'Applying',
      'Dead letters',
      'Telling others',
      'Commands & providers',
      'Process',
    ]);
  });

  it('gives each panel an id and a title of its own', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const titles = dashboard.panels.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it('gives each panel a place of its own', () => {
    const taken = new Map<string, string>();
    for (const { title, gridPos: place } of dashboard.panels) {
      expect(place.x + place.w).toBeLessThanOrEqual(24);
      for (const cell of cellsOf(place)) {
        expect({ cell, title, other: taken.get(cell) }).toEqual({ cell, title, other: undefined });
        taken.set(cell, title);
      }
    }
  });

  it('names the variables that it has, and no data source of anybody', () => {
    const variables = dashboard.templating.list.map(({ name }) => name);
    expect(variables).toEqual(['datasource', 'job']);
    const used = [...dashboardText.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name!);
    const known = [...variables, '__rate_interval', '__all'];
    expect(used.filter((name) => !known.includes(name))).toEqual([]);
    for (const { expr } of targets) expect(expr).toContain('job=~"$job"');
  });
});

describe('docs/prometheus/alerts.yml', () => {
  it('names each alert once', () => {
    const names = alerts.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(alerts)('$alert reads what is there', ({ expr }) => {
    expect(problemsOf(expr)).toEqual([]);
  });

  it.each(alerts)('$alert tells only of labels that its result has', ({ expr, annotations }) => {
    const { labels } = readPromql(expr, findLabels);
    const texts = Object.values(annotations).join(' ');
    const named = [...texts.matchAll(/\$labels\.(\w+)/g)].map(([, name]) => name!);
    expect(named.filter((name) => !labels.has(name))).toEqual([]);
  });

  it.each(alerts)('$alert leads to a section of the runbook', ({ annotations }) => {
    expect(headingsOf(page)).toContain(annotations.runbook_url.split('#')[1]);
  });
});

describe('the metrics', () => {
  it.each(ours)('%s is on the dashboard or in an alert', (name) => {
    const names = expressions.flatMap((one) => readPromql(one, findLabels).uses);
    const plain = names.map(({ metric }) => metric.replace(/_(bucket|sum|count)$/, ''));
    expect([...plain, ...names.map(({ metric }) => metric)]).toContain(name);
  });
});

describe('docs/operations.md', () => {
  it('has every section once', () => {
    const headings = headingsOf(page);
    expect(new Set(headings).size).toBe(headings.length);
  });

  it('links to sections and files that are there', () => {
    const links = [...page.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
    const broken = links.filter((link) => !/^https?:/.test(link) && !isThere(link));
    expect(broken).toEqual([]);
  });

  it('names no alert that is not raised, and every one that is', () => {
    const named = [...page.matchAll(/`(Tollgate[A-Z]\w+)`/g)].map(([, name]) => name!);
    expect([...new Set(named)].sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  });

  const commands = listCliCommands();
  const typed = [...page.matchAll(/^ *(npx tollgate .+?)(?: +#.*)?$|`(npx tollgate [^`]+)`/gm)];
  const lines = typed.map(([, line, inline]) => line ?? inline!.replaceAll(/\s+/g, ' '));

  it('has commands to look at', () => {
    expect(lines.length).toBeGreaterThan(20);
    expect(commands.map(({ name }) => name)).toEqual(expect.arrayContaining(['dead list', 'show']));
  });

  it.each([...new Set(lines)])('can be typed: %s', (line) => {
    expect(findCliProblem(line, commands)).toBeNull();
  });

  it.each([
    ['npx tollgate bury --code x', 'there is no command bury'],
    ["npx tollgate replay --codes 'a b'", 'replay has no option --codes'],
    ['npx tollgate replays pause --yes 1', 'replays pause has no option --yes'],
  ])('would be told of a command that is not there: %s', (line, problem) => {
    expect(findCliProblem(line, commands)).toBe(problem);
  });

  it('names no metric that is not there', () => {
    const named = [...page.matchAll(/`(tollgate_\w+)/g)].map(([, name]) => name!);
    const tables = ['tollgate_queues', 'tollgate_session', 'tollgate_migrations'];
    const unknown = named.filter((name) => !ours.includes(name) && !tables.includes(name));
    expect(unknown).toEqual([]);
  });

  it('says what to do about every code that ends or puts off an attempt, and no other', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` +\| (dead|retry) +\|/gm)];
    const told = rows.map(([, code, next]) => `${code!} ${next!}`);
    const codes = Object.entries(ERRORS).filter(([, { next }]) => next !== 'refuse');
    expect(told.sort()).toEqual(codes.map(([code, { next }]) => `${code} ${next}`).sort());
  });
});

/** The series that a metric is read as, each with its labels. */
function seriesOf({ name, type, labelNames }: Measured): [string, readonly string[]][] {
  const labels = [...labelNames, ...TARGET_LABELS];
  if (type !== 'histogram') return [[name, labels]];
  return [
    [`${name}_bucket`, [...labels, 'le']],
    [`${name}_sum`, labels],
    [`${name}_count`, labels],
  ];
}

/** A legend need not name what is the same for all of its lines. */
function labelsOfLegend(labels: ReadonlySet<string>, named: readonly string[]): string[] {
  const isWhole = TARGET_LABELS.every((one) => labels.has(one));
  if (!isWhole) return [...labels];
  return ['instance', ...named.filter((name) => labels.has(name))];
}

function* cellsOf({ x, y, w, h }: z.infer<typeof gridPos>): Generator<string> {
  for (let column = x; column < x + w; column += 1) {
    for (let line = y; line < y + h; line += 1) yield `${column}/${line}`;
  }
}

/** The anchors that a page has, made of its headings as GitHub does. */
function headingsOf(markdown: string): string[] {
  const prose = markdown.replaceAll(/^```.*?^```/gms, '');
  return [...prose.matchAll(/^#{1,4} (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

function isThere(link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? 'docs/operations.md' : new URL(path, new URL('docs/', root)).pathname;
  if (path !== '' && !existsSync(file)) return false;
  if (anchor === undefined || !file.endsWith('.md')) return true;
  return headingsOf(path === '' ? page : readFileSync(file, 'utf8')).includes(anchor);
}
