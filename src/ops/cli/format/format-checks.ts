import type { Check } from '../doctor/check.js';
import type { Block, Style } from '../render.js';

const STYLES: Readonly<Record<Check['result'], Style>> = {
  ok: 'good',
  warn: 'warning',
  fail: 'bad',
  skipped: 'faint',
};

/** What the doctor found, with what to do, and what it comes to. */
export function checkBlocks(checks: readonly Check[]): Block[] {
  const count = (wanted: Check['result']) =>
    checks.filter(({ result }) => result === wanted).length;
  return [
    {
      head: ['', 'what', 'found', 'what to do'],
      rows: checks.map(({ name, result, found, advice }) => [
        { text: result, style: STYLES[result] },
        name,
        found,
        advice ?? '',
      ]),
    },
    `${count('ok')} ok, ${count('warn')} to mind, ${count('fail')} to mend, ${count('skipped')} skipped`,
  ];
}
