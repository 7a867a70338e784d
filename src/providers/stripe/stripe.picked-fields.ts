import type Stripe from 'stripe';
import { pickFields } from '../observation.js';
import { PAYMENT_REFERENCE_KEY } from '../own-reference.js';
import { asObject } from '../payload.js';
import type { JsonObject } from '../provider.js';

// What is kept of Stripe's objects because we looked: nothing but what translation reads. An event
// that Stripe sends is kept as it is, since its signature covers all of it.

const REFUND_FIELDS = ['id', 'amount', 'currency', 'status'];
const DISPUTE_FIELDS = ['id', 'amount', 'currency', 'status'];
const INTENT_FIELDS = [
  'id',
  'status',
  'amount',
  'amount_capturable',
  'amount_received',
  'currency',
  'canceled_at',
];
const CHARGE_FIELDS = [
  'id',
  'status',
  'created',
  'paid',
  'captured',
  'refunded',
  'amount',
  'amount_captured',
  'amount_refunded',
  'currency',
];

/**
 * Of an intent: its money, what it waits for, its newest charge and whether an attempt failed.
 * @param orderReferenceKey key of the metadata that holds our order reference
 */
export function pickIntent(intent: Stripe.PaymentIntent, orderReferenceKey: string): JsonObject {
  const charge = asObject(intent.latest_charge);
  const failure = asObject(intent.last_payment_error);
  return {
    ...pickFields(toJson(intent), INTENT_FIELDS),
    metadata: pickMetadata(intent, orderReferenceKey),
    latest_charge: charge === null ? null : pickFields(charge, CHARGE_FIELDS),
    last_payment_error: failure === null ? null : pickFields(failure, ['charge']),
  };
}

/** Of a charge that is a payment by itself, as {@link pickIntent}. */
export function pickCharge(charge: Stripe.Charge, orderReferenceKey: string): JsonObject {
  return {
    ...pickFields(toJson(charge), CHARGE_FIELDS),
    metadata: pickMetadata(charge, orderReferenceKey),
  };
}

/** Of a refund: how much, and what became of it. */
export function pickRefund(refund: Stripe.Refund): JsonObject {
  return pickFields(toJson(refund), REFUND_FIELDS);
}

/** Of a dispute: how much, and how it stands. */
export function pickDispute(dispute: Stripe.Dispute): JsonObject {
  return pickFields(toJson(dispute), DISPUTE_FIELDS);
}

function pickMetadata({ metadata }: { metadata: unknown }, orderReferenceKey: string): JsonObject {
  return pickFields(asObject(metadata) ?? {}, [orderReferenceKey, PAYMENT_REFERENCE_KEY]);
}

/** An object of the SDK as the JSON that it is. */
function toJson(object: object): JsonObject {
  return object as JsonObject;
}
