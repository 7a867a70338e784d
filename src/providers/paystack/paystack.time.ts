import type { JsonObject } from '../provider.js';
import { readIsoTime } from '../time.js';

/**
 * The first of some fields that holds a time, milliseconds since 1970; null when none does.
 * Paystack writes one field in two ways (`paid_at`, `paidAt`), sometimes in one payload.
 */
export function readFirstTime(data: JsonObject, fields: readonly string[]): number | null {
  for (const field of fields) {
    const timeMs = readIsoTime(data[field]);
    if (timeMs !== null) return timeMs;
  }
  return null;
}
