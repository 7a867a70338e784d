import { TollgateError } from '../errors.js';

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/**
 * Reads an amount that the payload must state, in minor units.
 * @param value an integer of 0 to 2^53−1; beyond that JSON rounds, and the amount is not the
 * provider's any more
 * @param field names the place in the error
 * @throws TollgateError `amount_unusable` for anything else, absent and −0 included
 */
export function readAmount(value: unknown, field: string): bigint {
  if (
    typeof value !== 'number' ||
    !Number.isSafeInteger(value) ||
    value < 0 ||
    isMinusZero(value)
  ) {
    throw new TollgateError(
      'amount_unusable',
      `expected "${field}" to be an integer of 0 to 2^53-1, found ${describe(value)}`,
    );
  }
  return BigInt(value);
}

/**
 * As {@link readAmount}, where the amount only informs and may be absent.
 * @returns null when absent
 * @throws TollgateError `amount_unusable` when there is a value that is not an amount
 */
export function readOptionalAmount(value: unknown, field: string): bigint | null {
  return value === undefined || value === null ? null : readAmount(value, field);
}

/**
 * Reads a currency.
 * @param value an ISO 4217 code in either case, absent or null
 * @returns the code in upper case; null when the provider does not say
 * @throws TollgateError `currency_unusable` for a code that is no currency
 */
export function readCurrency(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  // Letters first: upper-casing turns some others ("ı") into ASCII.
  const code = typeof value === 'string' && /^[A-Za-z]{3}$/.test(value) ? value.toUpperCase() : '';
  if (!CURRENCIES.has(code)) {
    throw new TollgateError('currency_unusable', 'expected an ISO 4217 currency code');
  }
  return code;
}

function isMinusZero(value: number): boolean {
  return Object.is(value, -0);
}

/** What was found, without quoting text that might not belong into a log. */
function describe(value: unknown): string {
  if (typeof value === 'number') return isMinusZero(value) ? '-0' : String(value);
  return value === null ? 'null' : typeof value;
}
