import type Stripe from 'stripe';
import { createObservation, pickFields, readAnswerTime, type SeenPayment } from '../observation.js';
import {
  isOwnRefundReference,
  PAYMENT_REFERENCE_KEY,
  REFUND_REFERENCE_KEY,
} from '../own-reference.js';
import { asObject } from '../payload.js';
import type { Observation, ObservedRefund, PaymentToObserve } from '../provider-api.js';
import type { JsonObject } from '../provider.js';
import type { StripeClient } from './stripe.client.js';
import { readStripeLivemode } from './stripe.event.js';
import { isChargeId, readRefundPages } from './stripe.refund-payment.js';

/** What is known before the payment is looked at. */
export interface StripeLook {
  readonly account: string;
  readonly providerPaymentId: string;
  /** Tells looks apart that see a state which may come back; null: the time does. */
  readonly version: PaymentToObserve['version'] | null;
  /** A dispute of the payment that was looked at before; null when that is not the question. */
  readonly dispute: Stripe.Response<Stripe.Dispute> | null;
}

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
 * Looks at a payment and its refunds. The refunds first: the payment, which tells the total of
 * them, is then never older than a refund that is seen beside it.
 * @throws as {@link ProviderApi} says
 */
export async function observeStripePayment(
  client: StripeClient,
  orderReferenceKey: string,
  look: StripeLook,
): Promise<Observation> {
  const { account, providerPaymentId: id, dispute } = look;
  const { refunds, seenAt } = await readRefunds(client, look);
  const isCharge = isChargeId(id);
  const payment = isCharge
    ? await client.read(account, (stripe) => stripe.charges.retrieve(id))
    : await client.read(account, (stripe) =>
        stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] }),
      );
  const picked = isCharge
    ? pickCharge(toJson(payment), orderReferenceKey)
    : pickIntent(toJson(payment), orderReferenceKey);
  const seen = {
    type: isCharge ? 'charge.observed' : 'payment_intent.observed',
    providerPaymentId: id,
    livemode: readStripeLivemode(payment.livemode),
    content: {
      payment: picked,
      refunds: refunds.map((refund) => pickFields(toJson(refund), REFUND_FIELDS)),
      ...(dispute === null ? {} : { dispute: pickFields(toJson(dispute), DISPUTE_FIELDS) }),
    },
    times: {
      observed_at: timeOf(payment),
      refunds_observed_at: seenAt,
      ...(dispute === null ? {} : { dispute_observed_at: timeOf(dispute) }),
    },
    refunds: refunds.flatMap(toOwnRefund),
  };
  const isFinal = isMoneyOrCancelled(picked) && dispute === null && refunds.every(stands);
  return createObservation({ ...seen, look: isFinal ? null : lookOf(look, seen.times) });
}

async function readRefunds(client: StripeClient, look: StripeLook) {
  const refunds: Stripe.Refund[] = [];
  let seenAt: number | null = null;
  for await (const page of readRefundPages(client, 'read', look)) {
    refunds.push(...page.data);
    seenAt ??= timeOf(page);
  }
  return { refunds, seenAt: seenAt ?? readAnswerTime(null) };
}

/**
 * A state that is reached once: seeing it twice is the same news. Progress may come back, and so
 * may what refunds that failed leave of a total, hence {@link stands}.
 */
function isMoneyOrCancelled({ status, captured }: JsonObject): boolean {
  return status === 'canceled' || (status === 'succeeded' && captured !== false);
}

function stands({ status }: Stripe.Refund): boolean {
  return status !== 'failed' && status !== 'canceled';
}

function lookOf({ version }: StripeLook, times: SeenPayment['times']): number {
  return version ?? times.observed_at;
}

function pickIntent(intent: JsonObject, orderReferenceKey: string): JsonObject {
  const charge = asObject(intent['latest_charge']);
  const failure = asObject(intent['last_payment_error']);
  return {
    ...pickFields(intent, INTENT_FIELDS),
    metadata: pickMetadata(intent, orderReferenceKey),
    latest_charge: charge === null ? null : pickFields(charge, CHARGE_FIELDS),
    last_payment_error: failure === null ? null : pickFields(failure, ['charge']),
  };
}

function pickCharge(charge: JsonObject, orderReferenceKey: string): JsonObject {
  return {
    ...pickFields(charge, CHARGE_FIELDS),
    metadata: pickMetadata(charge, orderReferenceKey),
  };
}

function pickMetadata({ metadata }: JsonObject, orderReferenceKey: string): JsonObject {
  return pickFields(asObject(metadata) ?? {}, [orderReferenceKey, PAYMENT_REFERENCE_KEY]);
}

function toOwnRefund({ id, metadata }: Stripe.Refund): ObservedRefund[] {
  const reference = metadata?.[REFUND_REFERENCE_KEY];
  return isOwnRefundReference(reference) ? [{ providerRefundId: id, reference }] : [];
}

function timeOf({ lastResponse }: Stripe.Response<object>): number {
  return readAnswerTime(lastResponse.headers['date']);
}

/** An object of the SDK as the JSON that it is. */
function toJson(object: object): JsonObject {
  return object as JsonObject;
}
