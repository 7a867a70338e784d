import { createSecretKey } from 'node:crypto';
import type { SigningInput } from '../provider-entry.js';
import { digestPaystackBody, PAYSTACK_SIGNATURE_HEADER } from './paystack.signature.js';

/**
 * Signs a body as Paystack does, for the `send` script, the tests and the bench.
 * @returns the headers to send along
 * @see https://paystack.com/docs/payments/webhooks/#verify-event-origin
 */
export function signPaystackBody({ body, secret }: SigningInput): Record<string, string> {
  const digest = digestPaystackBody(createSecretKey(secret, 'utf8'), body);
  return { [PAYSTACK_SIGNATURE_HEADER]: digest.toString('hex') };
}
