/**
 * Writes the tables and diagrams of docs/state-machine.md from the literal tables in
 * src/payments/*.states.ts. The prose between them is written by hand and left alone: what is
 * generated stands between a pair of markers. A test renders the same and compares.
 *
 * `npm run docs:state-machine`
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const PAGE = new URL('../docs/state-machine.md', import.meta.url);
const BUILT_TABLES = new URL('../dist/src/payments/', import.meta.url);

/** What moves a state; the diagram leaves the rest out. */
const DRAWN = new Set(['move', 'review']);

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const written = fillIn(readFileSync(PAGE, 'utf8'), await importBuiltTables());
  writeFileSync(PAGE, written);
  console.log('wrote docs/state-machine.md');
}

/**
 * Replaces what stands between the markers of each state machine.
 * @throws Error when the page lacks a pair of markers
 */
export function fillIn(page, tables) {
  return Object.entries(tables).reduce((text, [name, table]) => {
    const [begin, end] = [`<!-- begin generated: ${name} -->`, `<!-- end generated: ${name} -->`];
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from < 0 || to < from) throw new Error(`expected "${begin}" and "${end}" in the page`);
    const generated = `${renderTable(table)}\n\n${renderDiagram(table)}`;
    return `${text.slice(0, from + begin.length)}\n\n${generated}\n\n${text.slice(to)}`;
  }, page);
}

/** A Markdown table: a row per state to leave, a column per state to enter. */
function renderTable(table) {
  const states = Object.keys(table);
  const rows = [
    ['from ↓ to →', ...states.map((state) => `\`${state}\``)],
    ...states.map((from) => [`\`${from}\``, ...states.map((to) => table[from][to])]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) => toLine(row.map((cell, at) => cell.padEnd(widths[at]))));
  return [lines[0], toLine(widths.map((width) => '-'.repeat(width))), ...lines.slice(1)].join('\n');
}

function toLine(cells) {
  return `| ${cells.join(' | ')} |`;
}

/** A Mermaid diagram of every pair that moves; a pair that also asks a person says so. */
function renderDiagram(table) {
  const arrows = Object.entries(table).flatMap(([from, verdicts]) =>
    Object.entries(verdicts)
      .filter(([, verdict]) => DRAWN.has(verdict))
      .map(([to, verdict]) => `    ${from} --> ${to}${verdict === 'review' ? ': review' : ''}`),
  );
  return ['```mermaid', 'stateDiagram-v2', '    direction LR', ...arrows, '```'].join('\n');
}

async function importBuiltTables() {
  const load = (file) => import(new URL(file, BUILT_TABLES).href);
  return {
    payment: (await load('payment.states.js')).PAYMENT_TRANSITIONS,
    order: (await load('order.states.js')).ORDER_TRANSITIONS,
    dispute: (await load('dispute.states.js')).DISPUTE_TRANSITIONS,
  };
}
