import type { PaymentFact, PaymentFacts, RefundState } from '../../payments/payment-fact.js';
import { createFact } from '../fact.js';
import { readAmount, readCurrency } from '../money.js';
import { malformed, readIdentifier } from '../payload.js';
import type { JsonObject } from '../provider.js';
import type { StripeEvent } from './stripe.event.js';
import { readOwner } from './stripe.references.js';

/** @see https://docs.stripe.com/api/refunds/object#refund_object-status */
const STATES: ReadonlyMap<unknown, RefundState> = new Map([
  ['pending', 'pending'],
  ['requires_action', 'pending'],
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
  ['canceled', 'cancelled'],
]);

/**
 * Says what an event about a refund means.
 *
 * The state is the refund's own status. `refund.failed` makes a state that is not final `failed`;
 * a final one stands, because giving money back to the merchant on the event's name alone, against
 * what the refund says, would be a guess.
 * @throws TollgateError `amount_unusable`, `currency_unusable`, `payload_malformed`
 * @see https://docs.stripe.com/refunds
 */
export function translateRefund(event: StripeEvent): PaymentFacts {
  const fact = createRefundFact(event.object, event.createdAtMs);
  const hasFailed = event.type === 'refund.failed' && fact.state === 'pending';
  return {
    ...readOwner(event.object),
    startedAs: null,
    livemode: event.livemode,
    facts: [hasFailed ? { ...fact, state: 'failed' } : fact],
  };
}

/**
 * The fact that one refund is in a certain state, keyed on the refund.
 * @param occurredAtMs time of the event, not of the refund, so that a later state is newer
 * @throws TollgateError `amount_unusable`, `currency_unusable`, `payload_malformed`
 */
export function createRefundFact(refund: JsonObject, occurredAtMs: number | null): PaymentFact {
  return createFact('refund', readIdentifier(refund, 'id'), {
    amountMinor: readAmount(refund['amount'], 'amount'),
    currency: readCurrency(refund['currency']),
    occurredAtMs,
    state: readState(refund['status']),
  });
}

function readState(status: unknown): RefundState {
  // Before 2014 refunds had no status: there were only those that succeeded.
  if (status === undefined || status === null) return 'succeeded';
  const state = STATES.get(status);
  if (state === undefined) throw malformed('the refund has a status that is not documented');
  return state;
}
