import type { ComponentChildren } from 'preact';
import type { Counts, Durations, Overview, OverviewPoint } from '../../ops/overview/overview.js';
import { ASSETS } from '../assets.js';
import { EmptyState } from '../components/empty-state.js';
import { Dash } from '../components/money.js';
import { Table, type Column } from '../components/table.js';
import { Time } from '../components/time.js';
import { describeSeconds } from '../describe-age.js';

const REFRESH_SECONDS = 15;
const MS_PER_SECOND = 1000;

const RANGES = [
  { minutes: 60, title: '1 hour' },
  { minutes: 360, title: '6 hours' },
  { minutes: 1440, title: '1 day' },
  { minutes: 10_080, title: '7 days' },
] as const;

/** How far one looks back. */
export function Ranges({ minutes }: { readonly minutes: number }) {
  return (
    <nav class="ranges" aria-label="Time range">
      {RANGES.map((range) => (
        <a
          key={range.minutes}
          href={`/console?minutes=${range.minutes}`}
          aria-current={range.minutes === minutes ? 'true' : undefined}
        >
          {range.title}
        </a>
      ))}
    </nav>
  );
}

/** The figures of now, the plots of a while, and the same as a table for those who cannot see them. */
export function OverviewView({
  figures,
  minutes,
}: {
  readonly figures: Overview;
  readonly minutes: number;
}) {
  return (
    <>
      <link rel="stylesheet" href={ASSETS['uplot.css'].url} />
      <script src={ASSETS['uplot.js'].url} defer />
      <script src={ASSETS['plots.js'].url} defer />
      <Tiles figures={figures} minutes={minutes} />
      <div
        class="plots"
        data-plots={`/console/overview.json?minutes=${minutes}`}
        data-refresh-seconds={REFRESH_SECONDS}
      >
        <Plot name="events" title="Events per minute" />
        <Plot name="acknowledge" title="Time to acknowledge, ms" />
        <Plot name="lag" title="Time to apply, ms" />
        <Plot name="backlog" title="Backlog and dead letters" />
      </div>
      <details class="figures">
        <summary>Figures as a table</summary>
        <div class="scroll" tabIndex={0} role="group" aria-label="Figures">
          <FiguresTable points={figures.points} />
        </div>
      </details>
    </>
  );
}

function Plot({ name, title }: { readonly name: string; readonly title: string }) {
  return (
    <figure class="plot">
      <figcaption>{title}</figcaption>
      <div class="plot-canvas" data-plot={name} aria-hidden="true" />
    </figure>
  );
}

function Tiles({
  figures: { now, totals },
  minutes,
}: {
  readonly figures: Overview;
  readonly minutes: number;
}) {
  return (
    <dl
      id="tiles"
      class="tiles"
      hx-get={`/console?minutes=${minutes}`}
      hx-trigger={`every ${REFRESH_SECONDS}s`}
      hx-select="#tiles"
      hx-select-oob="#sections"
      hx-swap="outerHTML"
    >
      <Tile title="Received" value={format(totals.received)}>
        {format(totals.duplicates)} duplicates, {format(totals.refused)} refused
      </Tile>
      <Tile title="Applied" value={format(totals.applied)}>
        {format(totals.noop)} no-op, {format(totals.ignored)} ignored
      </Tile>
      <Tile title="Backlog" value={format(now.backlog)}>
        {now.backlog === 0
          ? 'nothing waits'
          : `oldest ${describeSeconds(now.backlogOldestSeconds)}`}
      </Tile>
      <Tile
        title="Dead letters"
        value={format(now.deadEvents + now.deadMessages)}
        tone={now.deadEvents + now.deadMessages > 0 ? 'bad' : undefined}
        href="/console/dead-letters"
      >
        {format(now.deadEvents)} events, {format(now.deadMessages)} messages
      </Tile>
      <Tile
        title="Open reviews"
        value={format(now.openReviews)}
        tone={now.openReviews > 0 ? 'warning' : undefined}
        href="/console/reviews"
      >
        {now.openReviews === 0 ? 'nobody is asked' : 'wait for a person'}
      </Tile>
      <Tile title="Stored, p95" value={p95(totals.acknowledge)}>
        applied: {p95(totals.applyLag)}
      </Tile>
    </dl>
  );
}

function Tile({
  title,
  value,
  tone,
  href,
  children,
}: {
  readonly title: string;
  readonly value: string;
  readonly tone?: 'bad' | 'warning' | undefined;
  readonly href?: string;
  readonly children: ComponentChildren;
}) {
  return (
    <div class="tile">
      <dt>{href === undefined ? title : <a href={href}>{title}</a>}</dt>
      <dd class={tone}>
        {value}
        <span class="muted">{children}</span>
      </dd>
    </div>
  );
}

const NUMBER = new Intl.NumberFormat('en');

function format(count: number): string {
  return NUMBER.format(count);
}

function p95({ p95Ms }: Durations): string {
  return p95Ms === null ? '–' : describeSeconds(p95Ms / MS_PER_SECOND);
}

function FiguresTable({ points }: { readonly points: readonly OverviewPoint[] }) {
  const sampled = points.filter(({ counts }) => counts !== null).reverse();
  const empty = (
    <EmptyState title="No figures yet">
      Each process writes down once a minute what it counted. Wait a minute, then load this page
      again.
    </EmptyState>
  );
  return (
    <Table caption="Figures by time, newest first" columns={COLUMNS} rows={sampled} empty={empty} />
  );
}

const COLUMNS: readonly Column<OverviewPoint>[] = [
  { title: 'From', cell: ({ at }) => <Time at={at} /> },
  count('Received', ({ received }) => received),
  count('Duplicates', ({ duplicates }) => duplicates),
  count('Applied', ({ applied }) => applied),
  count('No-op', ({ noop }) => noop),
  count('Ignored', ({ ignored }) => ignored),
  count('Retried', ({ retried }) => retried),
  count('Dead', ({ dead }) => dead),
  count('Acknowledged, p95 ms', ({ acknowledge }) => acknowledge.p95Ms),
  count('Applied, p95 ms', ({ applyLag }) => applyLag.p95Ms),
  { title: 'Backlog', isNumber: true, cell: ({ backlog }) => backlog ?? <Dash /> },
];

function count(title: string, pick: (counts: Counts) => number | null): Column<OverviewPoint> {
  return {
    title,
    isNumber: true,
    cell: ({ counts }) => {
      const value = counts && pick(counts);
      return value === null ? <Dash /> : format(value);
    },
  };
}
