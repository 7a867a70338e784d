import type { DisputeState, PaymentFacts } from '../../payments/payment-fact.js';
import { createFact } from '../fact.js';
import { readCurrency } from '../money.js';
import { asObject, malformed } from '../payload.js';
import type { JsonObject } from '../provider.js';
import {
  type PaystackEvent,
  readPaystackAmount,
  readPaystackId,
  readPaystackTransaction,
} from './paystack.event.js';
import { readFirstTime } from './paystack.time.js';

/**
 * While a dispute is not resolved, its status tells the state. Paystack does not document what
 * `archived` means for the money; nothing more is expected to happen then, hence `closed`.
 * @see https://paystack.com/docs/api/dispute/
 */
const STATES: ReadonlyMap<unknown, DisputeState> = new Map([
  ['pending', 'open'],
  ['awaiting-merchant-feedback', 'open'],
  ['awaiting-bank-feedback', 'open'],
  ['archived', 'closed'],
]);

/** Once it is resolved, the resolution tells: did the merchant decline the claim or accept it? */
const STATES_RESOLVED: ReadonlyMap<unknown, DisputeState> = new Map([
  ['declined', 'won'],
  ['accepted', 'lost'],
  ['merchant-accepted', 'lost'],
  // No answer in time.
  ['auto-accepted', 'lost'],
]);

/**
 * Says what an event about a dispute means. The amount is what is to be refunded, or the whole
 * transaction while that is not settled; the time is the last change, so a later state is newer.
 * @throws TollgateError `amount_unusable`, `currency_unusable`, `payload_malformed`
 * @see https://paystack.com/docs/payments/disputes/
 */
export function translatePaystackDispute(event: PaystackEvent): PaymentFacts {
  const { data } = event;
  const disputeId = readPaystackId(data['id']);
  if (disputeId === null) throw malformed('expected the id of the dispute in "data.id"');
  const transaction = readPaystackTransaction(data);
  if (transaction.reference === null && transaction.id === null) {
    throw malformed('expected "data.transaction" or "data.transaction_reference"');
  }
  const amount = data['refund_amount'] ?? asObject(data['transaction'])?.['amount'];

  return {
    providerPaymentId: transaction.reference,
    partIds: transaction.id === null ? [] : [transaction.id],
    startedAs: null,
    livemode: event.livemode,
    facts: [
      createFact('dispute', disputeId, {
        amountMinor: readPaystackAmount(amount, 'refund_amount'),
        currency: readCurrency(data['currency']),
        occurredAtMs: readFirstTime(data, [
          'updated_at',
          'updatedAt',
          'resolvedAt',
          'created_at',
          'createdAt',
        ]),
        state: readState(data),
      }),
    ],
  };
}

function readState(data: JsonObject): DisputeState {
  const state =
    data['status'] === 'resolved'
      ? STATES_RESOLVED.get(data['resolution'])
      : STATES.get(data['status']);
  if (state === undefined) throw malformed('the dispute has a status that is not documented');
  return state;
}
