import type { PaymentFact, PaymentFacts } from '../../payments/payment-fact.js';
import { createFact } from '../fact.js';
import { readAmount } from '../money.js';
import { readStartedAs } from '../own-reference.js';
import type { JsonObject } from '../provider.js';
import { readUnixSeconds } from '../time.js';
import { createRequestedFact, type StripeEvent } from './stripe.event.js';
import { readReferenceId } from './stripe.references.js';
import { readNestedRefunds, readRefundedMinor } from './stripe.charge-refunds.js';

/** What all facts about one charge need. */
interface Charge {
  readonly object: JsonObject;
  readonly id: string;
  /** The PaymentIntent, or the charge itself when it was made without one. */
  readonly paymentId: string;
  readonly currency: string | null;
}

/**
 * Says what an event about a charge means. A charge is one attempt at a payment; captured money
 * is keyed on the payment, since `payment_intent.succeeded` reports the same money and of one
 * intent's charges only one succeeds.
 * @throws TollgateError `amount_unusable`, `currency_unusable`, `payload_malformed`
 * @see https://docs.stripe.com/api/charges/object
 */
export function translateCharge(event: StripeEvent): PaymentFacts {
  const requested = createRequestedFact(event, 'amount');
  const charge: Charge = {
    object: event.object,
    id: requested.key,
    paymentId: readReferenceId(event.object, 'payment_intent') ?? requested.key,
    currency: requested.currency,
  };
  return {
    providerPaymentId: charge.paymentId,
    partIds: [charge.id],
    startedAs: readStartedAs(event.object['metadata']),
    livemode: event.livemode,
    facts: [requested, ...readChanges(event, charge)],
  };
}

function readChanges(event: StripeEvent, charge: Charge): PaymentFact[] {
  const { createdAtMs } = event;
  const said = { currency: charge.currency, occurredAtMs: createdAtMs };
  switch (event.type) {
    case 'charge.succeeded':
      return isHeld(charge.object)
        ? readAuthorized(charge, createdAtMs)
        : readCaptured(charge, createdAtMs);

    case 'charge.captured':
      return readCaptured(charge, createdAtMs);

    case 'charge.pending':
      return [createFact('pending', charge.id, said)];

    case 'charge.failed':
      return [createFact('failed', charge.id, said)];

    case 'charge.expired':
      return [createFact('cancelled', charge.paymentId, said)];

    case 'charge.updated':
      return readCapturedSnapshot(charge);

    case 'charge.refunded':
      return [
        ...readCapturedSnapshot(charge),
        ...readNestedRefunds(charge.object, createdAtMs),
        ...readRefundedTotal(charge, createdAtMs),
      ];

    default:
      return [];
  }
}

function readAuthorized(charge: Charge, occurredAtMs: number | null): PaymentFact[] {
  const amountMinor = readAmount(charge.object['amount'], 'amount');
  return whenPositive('authorized', charge, amountMinor, occurredAtMs);
}

function readCaptured(charge: Charge, occurredAtMs: number | null): PaymentFact[] {
  if (!isTaken(charge.object)) return [];
  const { amount_captured: captured, amount } = charge.object;
  // API versions before May 2020 have no amount_captured.
  const amountMinor =
    captured === undefined || captured === null
      ? readAmount(amount, 'amount')
      : readAmount(captured, 'amount_captured');
  return whenPositive('captured', charge, amountMinor, occurredAtMs);
}

/**
 * The capture as a later event still shows it, so that one lost event does not lose the money.
 * It happened no earlier than the charge; the event's own time would make it look newer than it is.
 */
function readCapturedSnapshot(charge: Charge): PaymentFact[] {
  return readCaptured(charge, readUnixSeconds(charge.object['created']));
}

function readRefundedTotal(charge: Charge, occurredAtMs: number | null): PaymentFact[] {
  return whenPositive('refunded_total', charge, readRefundedMinor(charge.object), occurredAtMs);
}

function whenPositive(
  kind: 'authorized' | 'captured' | 'refunded_total',
  { paymentId, currency }: Charge,
  amountMinor: bigint,
  occurredAtMs: number | null,
): PaymentFact[] {
  return amountMinor > 0n
    ? [createFact(kind, paymentId, { amountMinor, currency, occurredAtMs })]
    : [];
}

/** The funds are held and wait for a capture. */
function isHeld(charge: JsonObject): boolean {
  return charge['captured'] === false && charge['paid'] !== false && !isUnsettled(charge);
}

/** The money was taken. The oldest charges do not say `captured`: `paid` says it for them. */
function isTaken(charge: JsonObject): boolean {
  if (isUnsettled(charge)) return false;
  const { captured, paid } = charge;
  const isSilent = captured === undefined || captured === null;
  return isSilent ? paid === true : captured === true && paid !== false;
}

function isUnsettled(charge: JsonObject): boolean {
  return charge['status'] === 'failed' || charge['status'] === 'pending';
}
