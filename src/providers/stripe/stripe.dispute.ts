import type { DisputeState, PaymentFact, PaymentFacts } from '../../payments/payment-fact.js';
import { createFact } from '../fact.js';
import { readAmount, readCurrency } from '../money.js';
import { malformed, readIdentifier } from '../payload.js';
import type { JsonObject } from '../provider.js';
import type { StripeEvent } from './stripe.event.js';
import { readOwner } from './stripe.references.js';

/** @see https://docs.stripe.com/api/disputes/object#dispute_object-status */
const STATES: ReadonlyMap<unknown, DisputeState> = new Map([
  ['warning_needs_response', 'inquiry'],
  ['warning_under_review', 'inquiry'],
  ['warning_closed', 'closed'],
  ['needs_response', 'open'],
  ['under_review', 'open'],
  ['won', 'won'],
  ['lost', 'lost'],
  // Headed off before it became a dispute.
  ['prevented', 'closed'],
  // Until 2020: closed because the charge had been refunded.
  ['charge_refunded', 'closed'],
]);

/**
 * Says what an event about a dispute means. All of them carry the dispute as it was then, so its
 * status decides, not the event's name: `funds_withdrawn` is how Stripe books an open dispute.
 * @throws TollgateError `amount_unusable`, `currency_unusable`, `payload_malformed`
 * @see https://docs.stripe.com/disputes
 */
export function translateDispute(event: StripeEvent): PaymentFacts {
  return {
    ...readOwner(event.object),
    startedAs: null,
    livemode: event.livemode,
    facts: [createDisputeFact(event.object, event.createdAtMs)],
  };
}

/**
 * The fact that one dispute is in a certain state, keyed on the dispute.
 * @param occurredAtMs when it was in this state, milliseconds since 1970
 * @throws TollgateError `amount_unusable`, `currency_unusable`, `payload_malformed`
 */
export function createDisputeFact(dispute: JsonObject, occurredAtMs: number | null): PaymentFact {
  const state = STATES.get(dispute['status']);
  if (state === undefined) throw malformed('the dispute has a status that is not documented');
  return createFact('dispute', readIdentifier(dispute, 'id'), {
    amountMinor: readAmount(dispute['amount'], 'amount'),
    currency: readCurrency(dispute['currency']),
    occurredAtMs,
    state,
  });
}
