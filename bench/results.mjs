import { readFileSync, writeFileSync } from 'node:fs';

const RESULTS = new URL('./RESULTS.md', import.meta.url);

/** Puts what a scenario came to under its heading, and leaves everything else as it is. */
export function writeResults(title, text) {
  const sections = readSections();
  const place = placeOf(sections, title);
  sections[place === -1 ? sections.length : place] = `${headingOf(title)}\n\n${text.trim()}\n`;
  writeFileSync(RESULTS, `${sections.map((one) => one.trim()).join('\n\n')}\n`);
}

/**
 * The rows of a table that are there already, without those that begin with one of these names.
 * @param {string[]} names
 */
export function otherRows(title, names) {
  const sections = readSections();
  const lines = sections[placeOf(sections, title)]?.split('\n') ?? [];
  const rows = lines.filter((line) => line.startsWith('| ')).slice(2);
  return rows.map(cellsOf).filter(([name]) => !names.includes(name));
}

function readSections() {
  return readFileSync(RESULTS, 'utf8').split(/\n(?=## )/);
}

function placeOf(sections, title) {
  return sections.findIndex((one) => one.split('\n', 1)[0] === headingOf(title));
}

function headingOf(title) {
  return `## ${title}`;
}

function cellsOf(row) {
  return row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}
