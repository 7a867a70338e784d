'use strict';
// Draws the plots of the overview, and keeps them up to date.

(() => {
  const container = document.querySelector('[data-plots]');
  if (container === null) return;

  const HEIGHT = 200;
  const MS_PER_SECOND = 1000;

  /** What each plot draws: name of the line, colour, value of a point (null: not known). */
  const PLOTS = {
    events: [
      ['Received', '--accent', (point, minutes) => rate(point.counts?.received, minutes)],
      ['Applied', '--good', (point, minutes) => rate(point.counts?.applied, minutes)],
      ['Duplicates', '--muted', (point, minutes) => rate(point.counts?.duplicates, minutes)],
      ['Dead', '--bad', (point, minutes) => rate(point.counts?.dead, minutes)],
    ],
    acknowledge: durations((counts) => counts.acknowledge),
    lag: durations((counts) => counts.applyLag),
    backlog: [
      ['Backlog', '--accent', (point) => point.backlog],
      ['Dead letters', '--bad', (point) => point.deadLetters],
    ],
  };

  function durations(pick) {
    const of = (name) => (point) => (point.counts === null ? null : pick(point.counts)[name]);
    return [
      ['p50', '--good', of('p50Ms')],
      ['p95', '--accent', of('p95Ms')],
      ['p99', '--warning', of('p99Ms')],
    ];
  }

  function rate(count, minutes) {
    return count === undefined || count === null ? null : count / minutes;
  }

  let series = null;
  const drawn = new Map();

  function draw() {
    if (series === null) return;
    for (const element of container.querySelectorAll('[data-plot]')) {
      const lines = PLOTS[element.dataset.plot];
      const minutes = series.stepSeconds / 60;
      const times = series.points.map(({ at }) => Date.parse(at) / MS_PER_SECOND);
      const values = lines.map(([, , pick]) => series.points.map((point) => pick(point, minutes)));
      const known = drawn.get(element);
      if (known) known.setData([times, ...values]);
      else drawn.set(element, new uPlot(options(element, lines), [times, ...values], element));
    }
  }

  function options(element, lines) {
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
    const axis = {
      stroke: colour('--muted'),
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { stroke: colour('--line'), width: 1 },
      font: '11px system-ui, sans-serif',
    };
    return {
      width: element.clientWidth,
      height: HEIGHT,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * MS_PER_SECOND), 'Etc/UTC'),
      cursor: { drag: { x: false, y: false } },
      scales: { y: { range: (_plot, _min, max) => [0, Math.max(4, (max ?? 0) * 1.1)] } },
      axes: [
        { ...axis, values: (_plot, ticks) => ticks.map(toTick) },
        { ...axis, size: 54, values: (_plot, ticks) => ticks.map(toShort) },
      ],
      series: [
        { label: 'UTC', value: (_plot, seconds) => (seconds === null ? '–' : toMinute(seconds)) },
        ...lines.map(([label, name]) => ({
          label,
          stroke: colour(name),
          width: 1.5,
          points: { show: true, size: 5, filter: isolated },
          value: (_plot, value) => (value === null ? '–' : toShort(value)),
        })),
      ],
    };
  }

  /** Points without a neighbour, through which no line goes. */
  function isolated(plot, index) {
    const values = plot.data[index];
    const isGap = (at) => values[at] === null || values[at] === undefined;
    return values.flatMap((_, at) => (!isGap(at) && isGap(at - 1) && isGap(at + 1) ? [at] : []));
  }

  function toMinute(seconds) {
    return new Date(seconds * MS_PER_SECOND).toISOString().slice(5, 16).replace('T', ' ');
  }

  /** The day at midnight, the time else. */
  function toTick(seconds) {
    const [day, time] = toMinute(seconds).split(' ');
    return time === '00:00' ? day : time;
  }

  const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 });

  function toShort(value) {
    return SHORT.format(value);
  }

  function drawAnew() {
    for (const plot of drawn.values()) plot.destroy();
    drawn.clear();
    draw();
  }

  async function load() {
    // Asked as htmx asks: who is not logged in any more is told where to go, and not redirected.
    const answer = await fetch(container.dataset.plots, { headers: { 'hx-request': 'true' } });
    const login = answer.headers.get('hx-redirect');
    if (login !== null) window.location.assign(login);
    else if (!answer.ok) throw new Error(`the figures answer ${answer.status}`);
    else series = await answer.json();
    draw();
  }

  function refresh() {
    if (document.hidden) return;
    const tell = (name) => document.dispatchEvent(new CustomEvent(name));
    load().then(
      () => tell('tollgate:fresh'),
      () => tell('tollgate:stale'),
    );
  }

  new ResizeObserver(() => {
    for (const [element, plot] of drawn) {
      plot.setSize({ width: element.clientWidth, height: HEIGHT });
    }
  }).observe(container);
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAnew);
  document.addEventListener('visibilitychange', refresh);
  window.setInterval(refresh, Number(container.dataset.refreshSeconds) * MS_PER_SECOND);
  refresh();
})();
