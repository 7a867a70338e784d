import { asObject } from '../payload.js';
import {
  notConfigured,
  ProviderBusyError,
  ProviderRefusal,
  quote,
  unanswered,
  type Access,
} from '../provider-errors.js';

/** Paystack's code for a reference that a transaction has already. */
export const DUPLICATE_REFERENCE = 'duplicate_reference';

/** Paystack's code for a transaction that it does not know. */
export const TRANSACTION_NOT_FOUND = 'transaction_not_found';

/** The reasons that matter here, by message: for years Paystack's answers had no codes. */
const REASONS_BY_MESSAGE: ReadonlyArray<readonly [RegExp, string]> = [
  [/duplicate transaction reference/i, DUPLICATE_REFERENCE],
  [/transaction (?:reference )?not found/i, TRANSACTION_NOT_FOUND],
];

/**
 * What an answer that is not a 2xx with `"status": true` comes to.
 * @param body the JSON of the answer; null when it is no JSON
 * @see https://paystack.com/docs/api/errors/
 */
export function classifyPaystackAnswer(status: number, body: unknown, access: Access): Error {
  if (status === 429) {
    return new ProviderBusyError('provider_unavailable', 'paystack is busy (429)');
  }
  if (status === 401) return notConfigured('paystack does not accept the API key');
  if (status === 403) return notConfigured('the API key may not do this at paystack');
  const refusal = asObject(body);
  // Only Paystack itself says so: a 404 of a proxy in between tells nothing.
  if (status < 400 || status >= 500 || refusal?.['status'] !== false) {
    return unanswered(access, `paystack failed (${status})`);
  }
  const reason = readReason(refusal['code'], refusal['message']);
  if (status === 404 || reason === TRANSACTION_NOT_FOUND) {
    return new ProviderRefusal('paystack does not know this payment', TRANSACTION_NOT_FOUND);
  }
  const said = `${reason ?? status}: ${quote(refusal['message'])}`;
  return new ProviderRefusal(`paystack refused: ${said}`, reason);
}

function readReason(code: unknown, message: unknown): string | null {
  if (typeof message === 'string') {
    const known = REASONS_BY_MESSAGE.find(([pattern]) => pattern.test(message));
    if (known !== undefined) return known[1];
  }
  return typeof code === 'string' ? quote(code) : null;
}
