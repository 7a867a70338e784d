import type Stripe from 'stripe';
import { createObservation, readAnswerTime } from '../observation.js';
import { isOwnRefundReference, REFUND_REFERENCE_KEY } from '../own-reference.js';
import type { Observation, ObservedRefund } from '../provider-api.js';
import type { JsonObject } from '../provider.js';
import type { StripeClient } from './stripe.client.js';
import { readStripeLivemode } from './stripe.event.js';
import { CHARGE_OBSERVED, INTENT_OBSERVED } from './stripe.observation.js';
import { pickCharge, pickDispute, pickIntent, pickRefund } from './stripe.picked-fields.js';
import { isChargeId, readRefundPages } from './stripe.refund-payment.js';

/** What is known before the payment is looked at. */
export interface StripeLook {
  readonly account: string;
  readonly providerPaymentId: string;
  /** A dispute of the payment that was looked at before; null when that is not the question. */
  readonly dispute: Stripe.Response<Stripe.Dispute> | null;
}

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
  const { providerPaymentId, dispute } = look;
  const { refunds, seenAt } = await readRefunds(client, look);
  const { type, object, picked } = await readPayment(client, orderReferenceKey, look);
  const observedAt = timeOf(object);
  const isFinal = isMoneyOrCancelled(picked) && dispute === null && refunds.every(stands);
  return createObservation({
    type,
    providerPaymentId,
    livemode: readStripeLivemode(object.livemode),
    content: {
      payment: picked,
      refunds: refunds.map(pickRefund),
      ...(dispute === null ? {} : { dispute: pickDispute(dispute) }),
    },
    times: {
      observed_at: observedAt,
      refunds_observed_at: seenAt,
      ...(dispute === null ? {} : { dispute_observed_at: timeOf(dispute) }),
    },
    refunds: refunds.flatMap(toOwnRefund),
    look: isFinal ? null : observedAt,
  });
}

async function readPayment(
  client: StripeClient,
  orderReferenceKey: string,
  { account, providerPaymentId: id }: StripeLook,
) {
  if (isChargeId(id)) {
    const object = await client.read(account, (stripe) => stripe.charges.retrieve(id));
    return { type: CHARGE_OBSERVED, object, picked: pickCharge(object, orderReferenceKey) };
  }
  const object = await client.read(account, (stripe) =>
    stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] }),
  );
  return { type: INTENT_OBSERVED, object, picked: pickIntent(object, orderReferenceKey) };
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

function toOwnRefund({ id, metadata }: Stripe.Refund): ObservedRefund[] {
  const reference = metadata?.[REFUND_REFERENCE_KEY];
  return isOwnRefundReference(reference) ? [{ providerRefundId: id, reference }] : [];
}

function timeOf({ lastResponse }: Stripe.Response<object>): number {
  return readAnswerTime(lastResponse.headers['date']);
}
