import type { PaymentFacts } from '../../payments/payment-fact.js';
import { isObservation } from '../observation.js';
import { asObject, malformed } from '../payload.js';
import type { JsonObject } from '../provider.js';
import { translatePaystackCharge } from './paystack.charge.js';
import { translatePaystackDispute } from './paystack.dispute.js';
import { readPaystackLivemode, type PaystackEvent } from './paystack.event.js';
import { translatePaystackObservation } from './paystack.observation.js';
import { translatePaystackRefund } from './paystack.refund.js';

type Translator = (event: PaystackEvent) => PaymentFacts;

/**
 * The event types that speak of payments. Every other type is ignored whatever it carries.
 * There is no `charge.failed`: Paystack tells of failures only when asked.
 * @see https://paystack.com/docs/payments/webhooks/#types-of-events
 */
const TRANSLATORS: ReadonlyMap<string, Translator> = new Map([
  ['charge.success', translatePaystackCharge],
  ['charge.dispute.create', translatePaystackDispute],
  ['charge.dispute.remind', translatePaystackDispute],
  ['charge.dispute.resolve', translatePaystackDispute],
  ['refund.pending', translatePaystackRefund],
  ['refund.processing', translatePaystackRefund],
  ['refund.needs-attention', translatePaystackRefund],
  ['refund.processed', translatePaystackRefund],
  ['refund.failed', translatePaystackRefund],
]);

/**
 * Says in facts what a Paystack event means.
 * @param orderReferenceKey key of the metadata that holds our order reference
 * @returns null when the event's type says nothing about a payment
 * @throws TollgateError `payload_malformed` when a relevant event has not the documented shape
 * @throws TollgateError `amount_unusable`, `currency_unusable`
 */
export function translatePaystackEvent(
  payload: JsonObject,
  orderReferenceKey: string,
): PaymentFacts | null {
  if (isObservation(payload)) return translatePaystackObservation(payload, orderReferenceKey);
  const { event: type } = payload;
  if (typeof type !== 'string') throw malformed('expected text in "event"');
  const translate = TRANSLATORS.get(type);
  if (translate === undefined) return null;

  const data = asObject(payload['data']);
  if (data === null) throw malformed('expected an object in "data"');
  const livemode = readPaystackLivemode(data['domain']);
  return translate({ type, data, livemode, orderReferenceKey });
}
