import type { PaymentFact, PaymentFacts } from '../../payments/payment-fact.js';
import { createFact } from '../fact.js';
import { readCurrency } from '../money.js';
import { readOrderReference } from '../order-reference.js';
import { readStartedAs } from '../own-reference.js';
import { readIdentifier } from '../payload.js';
import {
  type PaystackEvent,
  readPaystackAmount,
  readPaystackId,
  readPaystackMetadata,
} from './paystack.event.js';
import { readFirstTime } from './paystack.time.js';

/**
 * Says what `charge.success` means. The payment's id is the transaction's reference, by which
 * refunds and disputes name it too; `amount` is what the customer paid, `requested_amount` what
 * was asked for (they differ when the customer bears the fees).
 * @throws TollgateError `amount_unusable`, `currency_unusable`, `payload_malformed`
 * @see https://paystack.com/docs/payments/webhooks/#types-of-events
 */
export function translatePaystackCharge(event: PaystackEvent): PaymentFacts {
  const { data } = event;
  const reference = readIdentifier(data, 'reference');
  const metadata = readPaystackMetadata(data['metadata']);
  const amountMinor = readPaystackAmount(data['amount'], 'amount');
  const said = {
    currency: readCurrency(data['currency']),
    occurredAtMs: readFirstTime(data, ['paid_at', 'paidAt', 'created_at', 'createdAt']),
  };
  const requested = createFact('requested', reference, {
    amountMinor: readPaystackAmount(data['requested_amount'] ?? data['amount'], 'requested_amount'),
    reference: readOrderReference(metadata, event.orderReferenceKey),
    ...said,
  });
  const captured: PaymentFact[] =
    isSuccessful(data['status']) && amountMinor > 0n
      ? [createFact('captured', reference, { amountMinor, ...said })]
      : [];

  const transactionId = readPaystackId(data['id']);
  return {
    providerPaymentId: reference,
    partIds: transactionId === null ? [] : [transactionId],
    startedAs: readStartedAs(metadata),
    livemode: event.livemode,
    facts: [requested, ...captured],
  };
}

/** The event's name says success; a status that says otherwise means no money. */
function isSuccessful(status: unknown): boolean {
  return status === undefined || status === null || status === 'success';
}
