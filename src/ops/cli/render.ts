import Table from 'cli-table3';
import { printable } from './printable.js';

export type Style = 'title' | 'good' | 'warning' | 'bad' | 'faint';

/** A text, and how it should stand out where colours are seen. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type Cell = string | Span;

/** Rows under a head, in aligned columns. */
export interface TableBlock {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A line, a line of several parts, or a table. */
export type Block = Cell | readonly Cell[] | TableBlock;

const COLUMN_GAP = 2;

/** Without any border: what is printed can be read by `awk` and by eyes. */
const NO_BORDERS = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid', 'middle']
    .flatMap((side) => (side === 'middle' ? [side] : sidesOf(side)))
    .map((name) => [name, '']),
);

function sidesOf(side: string): string[] {
  return [side, `${side}-mid`, `${side}-left`, `${side}-right`];
}

/** SGR codes of the styles. */
const CODES: Readonly<Record<Style, number>> = {
  title: 1,
  good: 32,
  warning: 33,
  bad: 31,
  faint: 2,
};

/**
 * Blocks as text that ends in a line break. Every text in them is made printable here, and only
 * here are colours added, so nothing from outside can bring its own.
 */
export function render(blocks: readonly Block[], isColourful: boolean): string {
  const paint = (cell: Cell): string => {
    if (typeof cell === 'string') return printable(cell);
    const text = printable(cell.text);
    return isColourful && text !== '' ? `\u001b[${CODES[cell.style]}m${text}\u001b[0m` : text;
  };
  return blocks
    .map((block) => {
      if (isTable(block)) return renderTable(block, paint);
      return `${(isLine(block) ? block : [block]).map(paint).join('')}\n`;
    })
    .join('');
}

function isTable(block: Block): block is TableBlock {
  return typeof block === 'object' && 'rows' in block;
}

function isLine(block: Cell | readonly Cell[]): block is readonly Cell[] {
  return Array.isArray(block);
}

function renderTable({ head, rows }: TableBlock, paint: (cell: Cell) => string): string {
  if (rows.length === 0) return '';
  const table = new Table({
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': COLUMN_GAP, head: [], border: [] },
    head: head.map((text) => paint({ text, style: 'faint' })),
  });
  table.push(...rows.map((row) => row.map(paint)));
  const lines = table.toString().split('\n');
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}
