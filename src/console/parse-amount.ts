import { TollgateError } from '../errors.js';
import { digitsOf } from './format-money.js';

/**
 * `12.50` of `EUR` → 1250: what a person types into a form, in minor units. Anything that could be
 * read in two ways is refused: this is money.
 *
 * @param currency null: nobody has said it yet, so minor units are typed
 * @throws TollgateError `bad_request`
 */
export function parseAmount(text: string, currency: string | null): number {
  const digits = currency === null ? 0 : digitsOf(currency);
  const [, whole, fraction = ''] = /^(\d{1,13})(?:\.(\d{1,4}))?$/.exec(text) ?? [];
  if (whole === undefined || fraction.length > digits) {
    const example = digits === 0 ? '1250' : `1250.${'5'.padEnd(digits, '0')}`;
    throw new TollgateError(
      'bad_request',
      `amount: expected a number such as ${example}, with a point and without separators`,
    );
  }
  const amountMinor = BigInt(whole + fraction.padEnd(digits, '0'));
  if (amountMinor > 0n && amountMinor <= BigInt(Number.MAX_SAFE_INTEGER)) {
    return Number(amountMinor);
  }
  throw new TollgateError('bad_request', 'amount: expected more than nothing, and less than this');
}
