import type { PaymentFact } from '../../payments/payment-fact.js';
import { readAmount } from '../money.js';
import { asObject } from '../payload.js';
import type { JsonObject } from '../provider.js';
import { createRefundFact } from './stripe.refund.js';

/**
 * The money that has gone back to the customer, in minor units; below zero when Stripe does not
 * count all that was released.
 * @throws TollgateError `amount_unusable`
 */
export function readRefundedMinor(charge: JsonObject): bigint {
  return readAmount(charge['amount_refunded'], 'amount_refunded') - readReleasedMinor(charge);
}

/**
 * The refunds that older API versions list inside the charge. When part of the hold was released
 * the release is among them and looks like the others: then the total alone is told.
 * @throws TollgateError `amount_unusable`, `currency_unusable`, `payload_malformed`
 */
export function readNestedRefunds(charge: JsonObject, occurredAtMs: number | null): PaymentFact[] {
  if (readReleasedMinor(charge) > 0n) return [];
  const { refunds } = charge;
  // A bare array in the oldest versions.
  const items: unknown = Array.isArray(refunds) ? refunds : asObject(refunds)?.['data'];
  if (!Array.isArray(items)) return [];
  return items.flatMap((value: unknown) => {
    const refund = asObject(value);
    // The oldest have no id: the total alone tells of them.
    return refund?.['id'] === undefined ? [] : [createRefundFact(refund, occurredAtMs)];
  });
}

/**
 * What of a hold was let go without being taken. Stripe counts it in `amount_refunded`, although
 * no money moved: a hold of 80 of which 60 were captured shows 20 refunded, a cancelled one 80.
 * @see https://docs.stripe.com/api/charges/capture
 */
function readReleasedMinor({ amount, amount_captured: taken, captured }: JsonObject): bigint {
  if (captured === false) return readAmount(amount, 'amount');
  if (taken === undefined || taken === null) return 0n;
  const released = readAmount(amount, 'amount') - readAmount(taken, 'amount_captured');
  // More than the hold may be captured where the card network allows it.
  return released > 0n ? released : 0n;
}
