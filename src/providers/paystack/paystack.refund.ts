import {
  REFUND_HINT_PREFIX,
  type PaymentFact,
  type PaymentFacts,
  type RefundState,
} from '../../payments/payment-fact.js';
import { createFact } from '../fact.js';
import { readCurrency } from '../money.js';
import { malformed } from '../payload.js';
import type { JsonObject } from '../provider.js';
import {
  type PaystackEvent,
  readPaystackAmount,
  readPaystackId,
  readPaystackTransaction,
} from './paystack.event.js';
import { readFirstTime } from './paystack.time.js';

/** By `data.status`, or by the end of the event's name where the data has none. */
const STATES: ReadonlyMap<unknown, RefundState> = new Map([
  ['pending', 'pending'],
  ['processing', 'pending'],
  ['needs-attention', 'pending'],
  ['processed', 'succeeded'],
  ['failed', 'failed'],
]);

/**
 * Says what an event about a refund means.
 *
 * Most refund events carry no id of the refund. Such a refund is keyed on its amount, as a hint:
 * two refunds of one amount of one payment cannot be told apart by their events alone. Nor do the
 * events carry a time, so the further state wins.
 * @throws TollgateError `amount_unusable`, `currency_unusable`, `payload_malformed`
 * @see https://paystack.com/docs/payments/refunds/#listening-for-refund-events
 */
export function translatePaystackRefund(event: PaystackEvent): PaymentFacts {
  const { data } = event;
  const transaction = readPaystackTransaction(data);
  if (transaction.reference === null && transaction.id === null) {
    throw malformed('expected "transaction_reference"');
  }
  return {
    providerPaymentId: transaction.reference,
    partIds: transaction.id === null ? [] : [transaction.id],
    startedAs: null,
    livemode: event.livemode,
    facts: [
      createPaystackRefundFact({
        ...data,
        status: data['status'] ?? event.type.replace('refund.', ''),
      }),
    ],
  };
}

/**
 * The fact that one refund is in a certain state, keyed on the refund, or on its amount where it
 * has no id. The time is that of the last change, not of the creation: that one is the same for
 * every state and would order nothing.
 * @throws TollgateError `amount_unusable`, `currency_unusable`, `payload_malformed`
 */
export function createPaystackRefundFact(refund: JsonObject): PaymentFact {
  const state = STATES.get(refund['status']);
  if (state === undefined) throw malformed('the refund has a status that is not documented');
  const amountMinor = readPaystackAmount(refund['amount'], 'amount');
  const key = readPaystackId(refund['id']) ?? `${REFUND_HINT_PREFIX}${amountMinor}`;
  return createFact('refund', key, {
    amountMinor,
    currency: readCurrency(refund['currency']),
    occurredAtMs: readRefundTime(refund),
    state,
  });
}

/** When a refund came to its state, milliseconds since 1970; null when it does not say. */
export function readRefundTime(refund: JsonObject): number | null {
  return readFirstTime(refund, ['updated_at', 'updatedAt']);
}
