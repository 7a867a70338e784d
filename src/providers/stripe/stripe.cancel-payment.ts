import type { ProviderPayment } from '../provider-api.js';
import { ProviderRefusal } from '../provider-errors.js';
import type { StripeClient } from './stripe.client.js';
import { isChargeId } from './stripe.refund-payment.js';

/** Stripe's word for a payment that has gone too far, or is cancelled already. */
const UNEXPECTED_STATE = 'payment_intent_unexpected_state';

/**
 * Cancels a PaymentIntent. One that is cancelled already, or cannot be any more (it succeeded, or
 * a bank is at it), is no failure: whoever asks looks at the payment afterwards. A charge without
 * an intent has been made and cannot be cancelled.
 * @throws as {@link ProviderApi} says
 * @see https://docs.stripe.com/api/payment_intents/cancel
 */
export async function cancelStripePayment(
  client: StripeClient,
  { account, providerPaymentId }: ProviderPayment,
): Promise<void> {
  if (isChargeId(providerPaymentId)) return;
  try {
    await client.write(account, (stripe) => stripe.paymentIntents.cancel(providerPaymentId));
  } catch (error) {
    if (error instanceof ProviderRefusal && error.reason === UNEXPECTED_STATE) return;
    throw error;
  }
}
