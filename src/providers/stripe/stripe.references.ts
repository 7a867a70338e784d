import { asObject, malformed, readIdentifier } from '../payload.js';
import type { JsonObject } from '../provider.js';
import type { PaymentFacts } from '../../payments/payment-fact.js';

/**
 * The id of the object that a field refers to. Stripe gives an id, or the whole object where the
 * API version or the caller expands it.
 * @returns null when the field is absent or null
 * @throws TollgateError `payload_malformed` when it is something else
 * @see https://docs.stripe.com/expand
 */
export function readReferenceId(object: JsonObject, field: string): string | null {
  const value = object[field];
  if (value === undefined || value === null) return null;
  const expanded = asObject(value);
  return expanded === null ? readIdentifier(object, field) : readIdentifier(expanded, 'id');
}

/**
 * Which payment a refund or a dispute belongs to.
 *
 * - `payment_intent` is set: that payment.
 * - `payment_intent` is null: the charge was made without an intent and is itself the payment.
 * - `payment_intent` does not exist: an API version before intents. The charge may still belong to
 *   one, so only the part is told, and the store finds the payment that knows it.
 * @throws TollgateError `payload_malformed` when it names neither
 */
export function readOwner(object: JsonObject): Pick<PaymentFacts, 'providerPaymentId' | 'partIds'> {
  const intentId = readReferenceId(object, 'payment_intent');
  const chargeId = readReferenceId(object, 'charge');
  const partIds = chargeId === null ? [] : [chargeId];
  if (intentId !== null) return { providerPaymentId: intentId, partIds };
  if (chargeId === null) throw malformed('expected "payment_intent" or "charge"');
  const isBeforeIntents = object['payment_intent'] === undefined;
  return { providerPaymentId: isBeforeIntents ? null : chargeId, partIds };
}
