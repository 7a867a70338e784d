import { usageError } from './cli-error.js';

const SECONDS_PER_UNIT: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const MILLISECONDS_PER_SECOND = 1000;

/** @throws CliError unless it reads like `90s`, `15m`, `2h` or `7d` */
export function parseDurationSeconds(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds = SECONDS_PER_UNIT[unit];
  if (seconds === undefined)
    throw usageError(`expected a time such as 90s, 15m, 2h or 7d: ${text}`);
  return Number(number) * seconds;
}

/**
 * A point in time as the API takes it: ISO 8601 (without a zone in UTC), or `2h` for two hours ago.
 * @throws CliError for anything else
 */
export function parseTime(text: string, now: Date): string {
  if (/^\d{1,6}[smhd]$/.test(text)) {
    const agoMs = parseDurationSeconds(text) * MILLISECONDS_PER_SECOND;
    return new Date(now.getTime() - agoMs).toISOString();
  }
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text);
  const hasZone = !text.includes('T') || /(Z|[+-]\d\d:\d\d)$/.test(text);
  const at = new Date(hasZone ? text : `${text}Z`);
  if (!isTime || Number.isNaN(at.getTime())) {
    throw usageError(
      `expected a time such as 2026-11-22T05:00:00Z, or 2h for two hours ago: ${text}`,
    );
  }
  return at.toISOString();
}

/** `2026-11-22T05:40:29.775Z` → `2026-11-22 05:40:29Z`; a dash for none. */
export function showTime(at: string | null): string {
  return at === null ? '-' : at.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}

/** How long ago, in the largest unit that fits: `3d`, `5h`, `12m`, `40s`. */
export function showAge(at: string, now: Date): string {
  const seconds = Math.max(0, (now.getTime() - Date.parse(at)) / MILLISECONDS_PER_SECOND);
  const units = Object.entries(SECONDS_PER_UNIT).reverse();
  const [unit, length] = units.find(([, one]) => seconds >= one) ?? ['s', 1];
  return `${Math.floor(seconds / length)}${unit}`;
}
