import type { PaymentFact, PaymentFacts } from '../../payments/payment-fact.js';
import { createFact } from '../fact.js';
import { isUsableIdentifier } from '../identifier.js';
import { readAmount } from '../money.js';
import { readStartedAs } from '../own-reference.js';
import { asObject } from '../payload.js';
import type { JsonObject } from '../provider.js';
import { createRequestedFact, type StripeEvent } from './stripe.event.js';
import { readReferenceId } from './stripe.references.js';

/**
 * Says what an event about a PaymentIntent means. The intent is the payment.
 * @throws TollgateError `amount_unusable`, `currency_unusable`, `payload_malformed`
 * @see https://docs.stripe.com/api/payment_intents/object
 */
export function translatePaymentIntent(event: StripeEvent): PaymentFacts {
  const intent = event.object;
  const requested = createRequestedFact(event, 'amount');
  const changed = readChange(event, requested.key, requested.currency);
  return {
    providerPaymentId: requested.key,
    partIds: readChargeIds(intent),
    startedAs: readStartedAs(intent['metadata']),
    livemode: event.livemode,
    facts: changed === null ? [requested] : [requested, changed],
  };
}

function readChange(
  event: StripeEvent,
  intentId: string,
  currency: string | null,
): PaymentFact | null {
  const intent = event.object;
  const said = { currency, occurredAtMs: event.createdAtMs };
  switch (event.type) {
    case 'payment_intent.processing':
    case 'payment_intent.requires_action':
    case 'payment_intent.partially_funded':
      return createFact('pending', intentId, said);

    case 'payment_intent.amount_capturable_updated': {
      const amountMinor = readAmount(intent['amount_capturable'], 'amount_capturable');
      return amountMinor > 0n ? createFact('authorized', intentId, { amountMinor, ...said }) : null;
    }

    case 'payment_intent.succeeded': {
      // What was received, not what was asked for: a capture may be partial.
      const amountMinor = readAmount(intent['amount_received'], 'amount_received');
      return amountMinor > 0n ? createFact('captured', intentId, { amountMinor, ...said }) : null;
    }

    case 'payment_intent.payment_failed':
      return createFact('failed', readLatestChargeId(intent) ?? intentId, said);

    case 'payment_intent.canceled':
      return createFact('cancelled', intentId, said);

    default:
      return null;
  }
}

/**
 * The charge of the newest attempt; of one that failed, the key under which `charge.failed` reports
 * the same. Null when the attempt failed before there was a charge.
 */
export function readLatestChargeId(intent: JsonObject): string | null {
  const paymentError = asObject(intent['last_payment_error']);
  return (
    readReferenceId(intent, 'latest_charge') ??
    (paymentError === null ? null : readReferenceId(paymentError, 'charge')) ??
    readNestedChargeIds(intent)[0] ??
    null
  );
}

/** Every charge that the intent names, each once, in whichever API version. */
export function readChargeIds(intent: JsonObject): string[] {
  const latestChargeId = readLatestChargeId(intent);
  const nestedChargeIds = readNestedChargeIds(intent);
  return latestChargeId === null
    ? nestedChargeIds
    : [...new Set([latestChargeId, ...nestedChargeIds])];
}

/**
 * Until API version 2022-11-15 the intent held a list of its charges, the newest first as in all
 * of Stripe's lists.
 * @see https://docs.stripe.com/upgrades#2022-11-15
 */
function readNestedChargeIds(intent: JsonObject): string[] {
  const charges = asObject(intent['charges'])?.['data'];
  if (!Array.isArray(charges)) return [];
  return charges.map((charge: unknown) => asObject(charge)?.['id']).filter(isUsableIdentifier);
}
