import { createSecretKey } from 'node:crypto';
import type { SigningInput } from '../provider-entry.js';
import { digestStripePayload, STRIPE_SIGNATURE_HEADER } from './stripe.signature.js';

/**
 * Signs a body as Stripe does, for the `send` script, the tests and the bench.
 * @returns the headers to send along
 * @see https://docs.stripe.com/webhooks/signature
 */
export function signStripeBody({ body, secret, signedAtMs }: SigningInput): Record<string, string> {
  const timestampSeconds = Math.floor(signedAtMs / 1000);
  const digest = digestStripePayload(createSecretKey(secret, 'utf8'), timestampSeconds, body);
  return { [STRIPE_SIGNATURE_HEADER]: `t=${timestampSeconds},v1=${digest.toString('hex')}` };
}
