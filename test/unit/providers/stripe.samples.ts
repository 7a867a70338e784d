import type { ProviderSample } from '../../contracts/provider-harness.js';
import { row } from './stripe.expected.js';
import { CHARGE_SAMPLES } from './stripe.samples.charge.js';
import { SESSION_SAMPLES } from './stripe.samples.checkout-session.js';
import { DISPUTE_SAMPLES } from './stripe.samples.dispute.js';
import { INTENT_SAMPLES } from './stripe.samples.payment-intent.js';
import { REFUND_SAMPLES } from './stripe.samples.refund.js';

/** What every Stripe sample means. */
export const STRIPE_SAMPLES: readonly ProviderSample[] = [
  ...INTENT_SAMPLES,
  ...CHARGE_SAMPLES,
  ...REFUND_SAMPLES,
  ...DISPUTE_SAMPLES,
  ...SESSION_SAMPLES,
  row('v1.payment_intent.succeeded.thin', 'needs_provider_api', 'v1.payment_intent.succeeded'),
  row('v2.core.event_destination.ping', null),
  row('customer.created', null),
];
