import type { PaymentFact, PaymentFacts } from '../../payments/payment-fact.js';
import { createFact } from '../fact.js';
import { readObjects } from '../observation.js';
import { asObject, malformed } from '../payload.js';
import type { JsonObject } from '../provider.js';
import { readUnixSeconds } from '../time.js';
import { translatePaystackCharge } from './paystack.charge.js';
import { readPaystackAmount, type PaystackEvent } from './paystack.event.js';
import { createPaystackRefundFact } from './paystack.refund.js';

/** Everything that is on its way, or was left lying: the customer may still come back to it. */
const PENDING_STATUSES: ReadonlySet<unknown> = new Set([
  'abandoned',
  'ongoing',
  'pending',
  'processing',
  'queued',
]);

/**
 * Says what a look at a transaction means, in the facts that Paystack's events would have told:
 * the same registers, so that both may be told in any order. A failure is told in this way alone.
 * @param orderReferenceKey key of the metadata that holds our order reference
 * @throws TollgateError `amount_unusable`, `currency_unusable`, `payload_malformed`
 * @see https://paystack.com/docs/payments/verify-payments/
 */
export function translatePaystackObservation(
  payload: JsonObject,
  orderReferenceKey: string,
): PaymentFacts {
  const data = asObject(payload['payment']);
  const observedAtMs = readUnixSeconds(payload['observed_at']);
  if (data === null || observedAtMs === null) {
    throw malformed('expected "payment" and "observed_at" in an observation');
  }
  const { status } = data;
  const { livemode } = payload;
  const event: PaystackEvent = {
    type: 'charge.success',
    // Money that came back was there before.
    data: { ...data, status: status === 'reversed' ? 'success' : status },
    livemode: typeof livemode === 'boolean' ? livemode : null,
    orderReferenceKey,
  };
  const told = translatePaystackCharge(event);
  const refundsSeenAtMs = readUnixSeconds(payload['refunds_observed_at']) ?? observedAtMs;
  return {
    ...told,
    facts: [
      ...told.facts,
      ...readProgress(data, told, observedAtMs),
      ...readRefunds(payload, refundsSeenAtMs),
      ...readReversal(data, told, Math.max(observedAtMs, refundsSeenAtMs)),
    ],
  };
}

function readProgress(
  { status }: JsonObject,
  { providerPaymentId: key, facts }: PaymentFacts,
  occurredAtMs: number,
): PaymentFact[] {
  if (key === null) return [];
  const said = { currency: facts[0]?.currency ?? null, occurredAtMs };
  if (status === 'failed') return [createFact('failed', key, said)];
  return PENDING_STATUSES.has(status) ? [createFact('pending', key, said)] : [];
}

/** At the time of their last change, as their events tell them. */
function readRefunds(payload: JsonObject, seenAtMs: number): PaymentFact[] {
  return readObjects(payload['refunds'])
    .map(createPaystackRefundFact)
    .map((fact) => ({ ...fact, occurredAtMs: fact.occurredAtMs ?? seenAtMs }));
}

/**
 * All of it went back. The refunds that failed are seen beside it and were before it; a payment
 * subtracts from a total what failed at its time or later, hence the millisecond.
 */
function readReversal(
  data: JsonObject,
  { providerPaymentId: key, facts }: PaymentFacts,
  seenAtMs: number,
): PaymentFact[] {
  if (key === null || data['status'] !== 'reversed') return [];
  const amountMinor = readPaystackAmount(data['amount'], 'amount');
  const said = { amountMinor, currency: facts[0]?.currency ?? null };
  return [createFact('refunded_total', key, { ...said, occurredAtMs: seenAtMs + 1 })];
}
