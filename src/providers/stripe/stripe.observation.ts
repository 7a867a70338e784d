import type { PaymentFact, PaymentFacts } from '../../payments/payment-fact.js';
import { createFact } from '../fact.js';
import { readAmount } from '../money.js';
import { readObjects } from '../observation.js';
import { readStartedAs } from '../own-reference.js';
import { asObject, malformed } from '../payload.js';
import type { JsonObject } from '../provider.js';
import { readUnixSeconds } from '../time.js';
import { readRefundedMinor } from './stripe.charge-refunds.js';
import { translateCharge } from './stripe.charge.js';
import { createDisputeFact } from './stripe.dispute.js';
import { createRequestedFact, readStripeLivemode, type StripeEvent } from './stripe.event.js';
import { readChargeIds, readLatestChargeId } from './stripe.payment-intent.js';
import { createRefundFact } from './stripe.refund.js';

/** Type of an event that tells what was seen of a PaymentIntent. */
export const INTENT_OBSERVED = 'payment_intent.observed';

/** The same of a charge that was made without one. */
export const CHARGE_OBSERVED = 'charge.observed';

/**
 * Says what a look at a payment means, in the facts that Stripe's events would have told: the same
 * registers, so that both may be told in any order.
 * @param orderReferenceKey key of the metadata that holds our order reference
 * @throws TollgateError `amount_unusable`, `currency_unusable`, `payload_malformed`
 */
export function translateStripeObservation(
  payload: JsonObject,
  orderReferenceKey: string,
): PaymentFacts {
  const object = asObject(payload['payment']);
  const observedAtMs = readUnixSeconds(payload['observed_at']);
  if (object === null || observedAtMs === null) {
    throw malformed('expected "payment" and "observed_at" in an observation');
  }
  const isCharge = payload['type'] === CHARGE_OBSERVED;
  const event: StripeEvent = {
    type: isCharge ? eventTypeOfCharge(object) : INTENT_OBSERVED,
    createdAtMs: observedAtMs,
    livemode: readStripeLivemode(payload['livemode']),
    object,
    orderReferenceKey,
  };
  const told = isCharge ? translateCharge(event) : translateIntent(event);
  const charge = isCharge ? object : asObject(object['latest_charge']);
  return {
    ...told,
    facts: [
      ...told.facts,
      ...readRefunds(payload),
      ...(charge === null ? [] : readRefundedTotal(charge, told, observedAtMs)),
      ...readDispute(payload),
    ],
  };
}

function translateIntent(event: StripeEvent): PaymentFacts {
  const intent = event.object;
  const requested = createRequestedFact(event, 'amount');
  return {
    providerPaymentId: requested.key,
    partIds: readChargeIds(intent),
    startedAs: readStartedAs(intent['metadata']),
    livemode: event.livemode,
    facts: [requested, ...readProgress(event, requested), ...readCaptured(event, requested)],
  };
}

/** What the intent waits for, or how it ended without money. */
function readProgress(event: StripeEvent, { key, currency }: PaymentFact): PaymentFact[] {
  const intent = event.object;
  const said = { currency, occurredAtMs: event.createdAtMs };
  switch (intent['status']) {
    case 'processing':
    case 'requires_action':
      return [createFact('pending', key, said)];

    case 'requires_capture': {
      const amountMinor = readAmount(intent['amount_capturable'], 'amount_capturable');
      return amountMinor > 0n ? [createFact('authorized', key, { amountMinor, ...said })] : [];
    }

    case 'requires_payment_method':
      // Also the state in which an intent is made: only the error tells that an attempt failed.
      return asObject(intent['last_payment_error']) === null
        ? []
        : [createFact('failed', readLatestChargeId(intent) ?? key, said)];

    case 'canceled': {
      const occurredAtMs = readUnixSeconds(intent['canceled_at']) ?? event.createdAtMs;
      return [createFact('cancelled', key, { ...said, occurredAtMs })];
    }

    default:
      return [];
  }
}

function readCaptured(event: StripeEvent, { key, currency }: PaymentFact): PaymentFact[] {
  const intent = event.object;
  const amountMinor = readAmount(intent['amount_received'], 'amount_received');
  if (amountMinor === 0n) return [];
  // Not when we looked: the money was there before.
  const chargedAtMs = readUnixSeconds(asObject(intent['latest_charge'])?.['created']);
  const occurredAtMs = chargedAtMs ?? event.createdAtMs;
  return [createFact('captured', key, { amountMinor, currency, occurredAtMs })];
}

function readRefunds(payload: JsonObject): PaymentFact[] {
  const seenAtMs = readUnixSeconds(payload['refunds_observed_at']);
  return readObjects(payload['refunds']).map((refund) => createRefundFact(refund, seenAtMs));
}

/**
 * The total that Stripe counts, which leaves out the refunds that have failed. A payment counts a
 * total less the refunds that failed since, from the total's own time on: an event's total and a
 * failure in the same second mean that the failure came after. Here it came before, or it would
 * not be listed beside the total; the millisecond keeps it from being subtracted a second time.
 */
function readRefundedTotal(
  charge: JsonObject,
  { providerPaymentId, facts }: PaymentFacts,
  observedAtMs: number,
): PaymentFact[] {
  const amountMinor = readRefundedMinor(charge);
  if (providerPaymentId === null || amountMinor <= 0n) return [];
  const currency = facts[0]?.currency ?? null;
  const occurredAtMs = observedAtMs + 1;
  return [createFact('refunded_total', providerPaymentId, { amountMinor, currency, occurredAtMs })];
}

function readDispute(payload: JsonObject): PaymentFact[] {
  const dispute = asObject(payload['dispute']);
  const seenAtMs = readUnixSeconds(payload['dispute_observed_at']);
  return dispute === null ? [] : [createDisputeFact(dispute, seenAtMs)];
}

/** The event that would have told the state in which a charge was seen. */
function eventTypeOfCharge({ status, captured, refunded }: JsonObject): string {
  if (status === 'failed') return 'charge.failed';
  if (status === 'pending') return 'charge.pending';
  if (captured !== false) return 'charge.updated';
  return refunded === true ? 'charge.expired' : 'charge.succeeded';
}
