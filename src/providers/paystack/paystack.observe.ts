import { createObservation, pickFields } from '../observation.js';
import { isOwnRefundReference, PAYMENT_REFERENCE_KEY } from '../own-reference.js';
import { asObject, readIdentifier } from '../payload.js';
import type {
  ObjectPointer,
  Observation,
  ObservedRefund,
  ProviderPayment,
} from '../provider-api.js';
import { unanswered } from '../provider-errors.js';
import type { JsonObject } from '../provider.js';
import type { PaystackClient } from './paystack.client.js';
import { readPaystackId, readPaystackLivemode, readPaystackMetadata } from './paystack.event.js';
import { TRANSACTION, TRANSACTION_NUMBER } from './paystack.pointer.js';
import { listRefunds, verifyTransaction } from './paystack.transaction.js';

const TRANSACTION_FIELDS = [
  'id',
  'reference',
  'status',
  'amount',
  'requested_amount',
  'currency',
  'paid_at',
  'paidAt',
  'created_at',
  'createdAt',
];
const REFUND_FIELDS = ['id', 'amount', 'currency', 'status', 'updated_at', 'updatedAt'];

/** States that are reached once, as far as money is concerned; every other may come back. */
const FINAL_STATUSES: ReadonlySet<unknown> = new Set(['success', 'reversed']);

/**
 * Looks at a transaction and its refunds.
 * @throws as {@link ProviderApi} says
 */
export async function observePaystackPayment(
  client: PaystackClient,
  orderReferenceKey: string,
  payment: ProviderPayment,
): Promise<Observation> {
  const { id, data, answeredAtSeconds } = await verifyTransaction(client, payment);
  const listed = await listRefunds(client, payment.account, id, 'read');
  const isFinal = FINAL_STATUSES.has(data['status']) && listed.refunds.every(stands);
  return createObservation({
    type: 'transaction.observed',
    providerPaymentId: payment.providerPaymentId,
    livemode: readPaystackLivemode(data['domain']),
    content: {
      payment: pickTransaction(data, orderReferenceKey),
      refunds: listed.refunds.map((refund) => pickFields(refund, REFUND_FIELDS)),
    },
    times: { observed_at: answeredAtSeconds, refunds_observed_at: listed.answeredAtSeconds },
    refunds: listed.refunds.flatMap(toOwnRefund),
    look: isFinal ? null : answeredAtSeconds,
  });
}

/**
 * Looks at the transaction that an event points at.
 * @returns null for a kind of object that is not a transaction
 * @throws as {@link ProviderApi} says
 */
export async function observePaystackObject(
  client: PaystackClient,
  orderReferenceKey: string,
  account: string,
  pointer: ObjectPointer,
): Promise<Observation | null> {
  if (pointer.kind !== TRANSACTION && pointer.kind !== TRANSACTION_NUMBER) return null;
  const providerPaymentId =
    pointer.kind === TRANSACTION ? pointer.id : await findReference(client, account, pointer.id);
  return observePaystackPayment(client, orderReferenceKey, { account, providerPaymentId });
}

/** @see https://paystack.com/docs/api/transaction/#fetch */
async function findReference(
  client: PaystackClient,
  account: string,
  transactionId: string,
): Promise<string> {
  const path = `/transaction/${encodeURIComponent(transactionId)}`;
  const { data } = await client.get({ account, path });
  const transaction = asObject(data);
  if (transaction === null) throw unanswered('read', 'paystack showed no transaction');
  return readIdentifier(transaction, 'reference');
}

function pickTransaction(data: JsonObject, orderReferenceKey: string): JsonObject {
  const metadata = readPaystackMetadata(data['metadata']) ?? {};
  return {
    ...pickFields(data, TRANSACTION_FIELDS),
    metadata: pickFields(metadata, [orderReferenceKey, PAYMENT_REFERENCE_KEY]),
  };
}

/** Not failed: such a refund is subtracted from a total by its time, so each look is news. */
function stands(refund: JsonObject): boolean {
  return refund['status'] !== 'failed';
}

function toOwnRefund(refund: JsonObject): ObservedRefund[] {
  const providerRefundId = readPaystackId(refund['id']);
  const reference = refund['merchant_note'];
  return providerRefundId !== null && isOwnRefundReference(reference)
    ? [{ providerRefundId, reference }]
    : [];
}
