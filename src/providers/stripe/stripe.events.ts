import { TollgateError } from '../../errors.js';
import type { PaymentFacts } from '../../payments/payment-fact.js';
import { isUsableIdentifier } from '../identifier.js';
import { isObservation } from '../observation.js';
import { asObject, malformed } from '../payload.js';
import type { JsonObject } from '../provider.js';
import { readUnixSeconds } from '../time.js';
import { translateCharge } from './stripe.charge.js';
import { translateCheckoutSession } from './stripe.checkout-session.js';
import { translateDispute } from './stripe.dispute.js';
import { readStripeLivemode, type StripeEvent } from './stripe.event.js';
import { translateStripeObservation } from './stripe.observation.js';
import { translatePaymentIntent } from './stripe.payment-intent.js';
import { translateRefund } from './stripe.refund.js';
import { isThinEvent, THIN_PING } from './stripe.thin-event.js';

type Translator = (event: StripeEvent) => PaymentFacts | null;

/**
 * The event types that speak of payments. Every other type is ignored whatever it carries.
 * @see https://docs.stripe.com/api/events/types
 */
const TRANSLATORS: ReadonlyMap<string, Translator> = new Map([
  ['payment_intent.created', translatePaymentIntent],
  ['payment_intent.processing', translatePaymentIntent],
  ['payment_intent.requires_action', translatePaymentIntent],
  ['payment_intent.partially_funded', translatePaymentIntent],
  ['payment_intent.amount_capturable_updated', translatePaymentIntent],
  ['payment_intent.succeeded', translatePaymentIntent],
  ['payment_intent.payment_failed', translatePaymentIntent],
  ['payment_intent.canceled', translatePaymentIntent],
  ['charge.pending', translateCharge],
  ['charge.succeeded', translateCharge],
  ['charge.captured', translateCharge],
  ['charge.failed', translateCharge],
  ['charge.expired', translateCharge],
  ['charge.updated', translateCharge],
  ['charge.refunded', translateCharge],
  ['charge.refund.updated', translateRefund],
  ['refund.created', translateRefund],
  ['refund.updated', translateRefund],
  ['refund.failed', translateRefund],
  ['charge.dispute.created', translateDispute],
  ['charge.dispute.updated', translateDispute],
  ['charge.dispute.closed', translateDispute],
  ['charge.dispute.funds_withdrawn', translateDispute],
  ['charge.dispute.funds_reinstated', translateDispute],
  ['checkout.session.completed', translateCheckoutSession],
  ['checkout.session.async_payment_succeeded', translateCheckoutSession],
  ['checkout.session.async_payment_failed', translateCheckoutSession],
  ['checkout.session.expired', translateCheckoutSession],
]);

/**
 * Says in facts what a Stripe event means.
 * @param orderReferenceKey key of the metadata that holds our order reference
 * @returns null when the event's type says nothing about a payment
 * @throws TollgateError `event_id_unusable`: without the id of the event, two events cannot be
 * told from two deliveries of one
 * @throws TollgateError `payload_malformed` when a relevant event has not the documented shape
 * @throws TollgateError `amount_unusable`, `currency_unusable`
 * @throws TollgateError `needs_provider_api` for a thin event: it names an object, and what
 * happened has to be fetched
 */
export function translateStripeEvent(
  payload: JsonObject,
  orderReferenceKey: string,
): PaymentFacts | null {
  if (!isUsableIdentifier(payload['id'])) {
    throw new TollgateError('event_id_unusable', 'expected 1 to 255 printable characters in "id"');
  }
  const { type } = payload;
  if (typeof type !== 'string') throw malformed('expected text in "type"');
  if (isThinEvent(payload)) return refuseThinEvent(type);
  if (isObservation(payload)) return translateStripeObservation(payload, orderReferenceKey);

  const translate = TRANSLATORS.get(type);
  if (translate === undefined) return null;
  return translate(readEnvelope(payload, type, orderReferenceKey));
}

/** @see https://docs.stripe.com/event-destinations#thin-events */
function refuseThinEvent(type: string): null {
  if (type === THIN_PING) return null;
  throw new TollgateError(
    'needs_provider_api',
    'a thin event does not say what happened: set an API key, or subscribe to snapshot events',
  );
}

function readEnvelope(payload: JsonObject, type: string, orderReferenceKey: string): StripeEvent {
  // Events relayed by EventBridge or Event Grid come in another envelope, and are not signed so.
  if (payload['object'] !== 'event') throw malformed('expected "event" in "object"');
  const object = asObject(asObject(payload['data'])?.['object']);
  if (object === null) throw malformed('expected an object in "data.object"');
  return {
    type,
    createdAtMs: readUnixSeconds(payload['created']),
    livemode: readStripeLivemode(payload['livemode']),
    object,
    orderReferenceKey,
  };
}
