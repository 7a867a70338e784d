import type { DisputeState, PaymentFacts } from '../../payments/payment-fact.js';
import { createFact } from '../fact.js';
import { readAmount, readCurrency } from '../money.js';
import { malformed, readIdentifier } from '../payload.js';
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
  const dispute = event.object;
  const state = STATES.get(dispute['status']);
  if (state === undefined) throw malformed('the dispute has a status that is not documented');
  return {
    ...readOwner(dispute),
    livemode: event.livemode,
    facts: [
      createFact('dispute', readIdentifier(dispute, 'id'), {
        amountMinor: readAmount(dispute['amount'], 'amount'),
        currency: readCurrency(dispute['currency']),
        occurredAtMs: event.createdAtMs,
        state,
      }),
    ],
  };
}
