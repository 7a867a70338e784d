import type { PaymentFact } from '../../payments/payment-fact.js';
import { createFact } from '../fact.js';
import { readCurrency, readOptionalAmount } from '../money.js';
import { readOrderReference } from '../order-reference.js';
import { readIdentifier } from '../payload.js';
import type { JsonObject } from '../provider.js';

/** A snapshot event whose envelope has been checked. */
export interface StripeEvent {
  readonly type: string;
  /** `created` of the event, milliseconds since 1970; null when it has no usable time. */
  readonly createdAtMs: number | null;
  /** Null where the event does not say. */
  readonly livemode: boolean | null;
  /** `data.object`: the charge, intent, refund… as it was when the event was made. */
  readonly object: JsonObject;
  /** Key of the metadata that holds our order reference. */
  readonly orderReferenceKey: string;
}

/**
 * The fact that Stripe was asked to collect an amount for an order. Every event about a charge,
 * an intent or a session says so, under the id of that object.
 * @param amountField where the object has its amount, which may be absent
 * @throws TollgateError `amount_unusable`, `currency_unusable`, `payload_malformed`
 */
export function createRequestedFact(event: StripeEvent, amountField: string): PaymentFact {
  const { object } = event;
  return createFact('requested', readIdentifier(object, 'id'), {
    amountMinor: readOptionalAmount(object[amountField], amountField),
    currency: readCurrency(object['currency']),
    occurredAtMs: event.createdAtMs,
    reference: readOrderReference(object['metadata'], event.orderReferenceKey),
  });
}

/** The mode that an event or an object names; null where it does not say. */
export function readStripeLivemode(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}
