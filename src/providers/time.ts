/** The last second of the year 9999, the last that ISO 8601 and Postgres print with four digits. */
const UNIX_SECONDS_MAX = 253_402_300_799;

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Reads whole seconds since 1970 into milliseconds.
 * @returns null for anything else, and outside the years 1970 to 9999: a time that is wrong by
 * a factor (milliseconds for seconds) is no time, and must not make an event the newest for ever
 */
export function readUnixSeconds(value: unknown): number | null {
  if (typeof value !== 'number' || !Number.isInteger(value)) return null;
  if (value < 0 || value > UNIX_SECONDS_MAX) return null;
  // `-0` would survive as -0.
  return value * 1000 + 0;
}

/**
 * Reads an ISO 8601 time with its offset into milliseconds since 1970.
 * @returns null for anything else: a time without an offset depends on where it is read
 */
export function readIsoTime(value: unknown): number | null {
  if (typeof value !== 'string' || !ISO_TIME.test(value)) return null;
  const timeMs = Date.parse(value);
  return timeMs >= 0 && timeMs <= UNIX_SECONDS_MAX * 1000 ? timeMs : null;
}
