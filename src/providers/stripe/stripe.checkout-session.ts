import type { PaymentFact, PaymentFacts } from '../../payments/payment-fact.js';
import { createFact } from '../fact.js';
import { readAmount } from '../money.js';
import { asReference } from '../order-reference.js';
import { createRequestedFact, type StripeEvent } from './stripe.event.js';
import { readReferenceId } from './stripe.references.js';

/**
 * Says what an event about a Checkout Session means. Only a session that makes one payment says
 * something: null for the modes `setup` and `subscription`, and while there is no PaymentIntent
 * (a session that expired unused, or an order of nothing).
 *
 * The order reference is in the metadata, or in `client_reference_id`, which Stripe made for it.
 * @throws TollgateError `amount_unusable`, `currency_unusable`, `payload_malformed`
 * @see https://docs.stripe.com/api/checkout/sessions/object
 */
export function translateCheckoutSession(event: StripeEvent): PaymentFacts | null {
  const session = event.object;
  if (session['mode'] !== 'payment') return null;
  const paymentId = readReferenceId(session, 'payment_intent');
  if (paymentId === null) return null;

  const requested = createRequestedFact(event, 'amount_total');
  const reference = requested.reference ?? asReference(session['client_reference_id']);
  const changed = readChange(event, paymentId, requested.currency);
  return {
    providerPaymentId: paymentId,
    partIds: [],
    startedAs: null,
    livemode: event.livemode,
    facts: [{ ...requested, reference }, ...(changed === null ? [] : [changed])],
  };
}

function readChange(
  event: StripeEvent,
  paymentId: string,
  currency: string | null,
): PaymentFact | null {
  const said = { currency, occurredAtMs: event.createdAtMs };
  switch (event.type) {
    case 'checkout.session.completed':
      // The customer is done; with a delayed method the money is not there yet.
      if (event.object['payment_status'] === 'paid')
        return readCaptured(event, paymentId, currency);
      return event.object['payment_status'] === 'unpaid'
        ? createFact('pending', paymentId, said)
        : null;

    case 'checkout.session.async_payment_succeeded':
      return readCaptured(event, paymentId, currency);

    case 'checkout.session.async_payment_failed':
      return createFact('failed', paymentId, said);

    case 'checkout.session.expired':
      return createFact('cancelled', paymentId, said);

    default:
      return null;
  }
}

function readCaptured(
  event: StripeEvent,
  paymentId: string,
  currency: string | null,
): PaymentFact | null {
  const amountMinor = readAmount(event.object['amount_total'], 'amount_total');
  const occurredAtMs = event.createdAtMs;
  return amountMinor > 0n
    ? createFact('captured', paymentId, { amountMinor, currency, occurredAtMs })
    : null;
}
