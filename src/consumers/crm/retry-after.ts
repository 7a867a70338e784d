/** Nobody is left alone for longer, whatever they ask for. */
const RETRY_AFTER_MS_MAX = 24 * 60 * 60 * 1000;

const SECONDS = /^\d+$/;
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * How long the header `Retry-After` asks to wait: at most a day. Null when it asks for nothing: it
 * is missing, cannot be read, or names no time to come.
 *
 * @param value seconds, or a date in the form that is used today
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function readRetryAfter(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  const waitMs = readWait(value, nowMs);
  return waitMs > 0 ? Math.min(waitMs, RETRY_AFTER_MS_MAX) : null;
}

function readWait(value: string, nowMs: number): number {
  if (SECONDS.test(value)) return Number(value) * 1000;
  if (HTTP_DATE.test(value)) return Date.parse(value) - nowMs; // NaN where there is no such day
  return 0;
}
