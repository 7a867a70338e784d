import {
  REFUND_HINT_PREFIX,
  type PaymentFacts,
  type RefundState,
} from '../../payments/payment-fact.js';
import { createFact } from '../fact.js';
import { readCurrency } from '../money.js';
import { malformed } from '../payload.js';
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
  const state = STATES.get(data['status'] ?? event.type.replace('refund.', ''));
  if (state === undefined) throw malformed('the refund has a status that is not documented');

  const amountMinor = readPaystackAmount(data['amount'], 'amount');
  return {
    providerPaymentId: transaction.reference,
    partIds: transaction.id === null ? [] : [transaction.id],
    livemode: event.livemode,
    facts: [
      createFact('refund', readPaystackId(data['id']) ?? `${REFUND_HINT_PREFIX}${amountMinor}`, {
        amountMinor,
        currency: readCurrency(data['currency']),
        // Not the time of creation: it is the same for every state and would order nothing.
        occurredAtMs: readFirstTime(data, ['updated_at', 'updatedAt']),
        state,
      }),
    ],
  };
}
