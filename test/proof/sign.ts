import { createHmac } from 'node:crypto';

/** What the services of the proof are configured with. Written out: they must not be in any log. */
export const PROOF_SECRETS = {
  stripe: 'whsec_proof_of_stripe_000001',
  paystack: 'sk_test_proof_of_paystack_000001',
} as const;

/**
 * Headers of a delivery as the provider makes them, by our own hand: what signs must not share code
 * with what verifies.
 * @see https://docs.stripe.com/webhooks#verify-manually
 * @see https://paystack.com/docs/payments/webhooks/#signature-validation
 */
export function sign(
  provider: 'stripe' | 'paystack',
  body: Buffer,
  secret: string = PROOF_SECRETS[provider],
  atMs: number = Date.now(),
): Record<string, string> {
  const headers = { 'content-type': 'application/json' };
  if (provider === 'paystack') {
    const digest = createHmac('sha512', secret).update(body).digest('hex');
    return { ...headers, 'x-paystack-signature': digest };
  }
  const seconds = Math.floor(atMs / 1000);
  const digest = createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex');
  return { ...headers, 'stripe-signature': `t=${seconds},v1=${digest}` };
}
