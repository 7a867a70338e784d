import { TollgateError } from '../../errors.js';
import { asObject } from '../payload.js';
import type { RefundedPayment, RefundOrder } from '../provider-api.js';
import { unanswered } from '../provider-errors.js';
import type { PaystackClient } from './paystack.client.js';
import { readPaystackId } from './paystack.event.js';
import { listRefunds, verifyTransaction } from './paystack.transaction.js';

/**
 * Refunds a part of a payment, or all of it. Paystack has no idempotency keys: our reference goes
 * into the merchant's note, and when the refund was asked for before, it is looked for by that
 * note. While it is not there and may still appear, nobody can tell.
 * @param settleMs how long a refund may take to be listed
 * @throws as {@link ProviderApi} says
 * @see https://paystack.com/docs/api/refund/#create
 */
export async function refundPaystackPayment(
  client: PaystackClient,
  order: RefundOrder,
  settleMs: number,
): Promise<RefundedPayment> {
  if (order.firstAskedAtMs !== null) {
    const providerRefundId = await findRefund(client, order);
    if (providerRefundId !== null) return { providerRefundId };
    if (Date.now() - order.firstAskedAtMs < settleMs) {
      const message = 'paystack does not list this refund yet, and may still do so';
      throw new TollgateError('provider_outcome_unknown', message);
    }
  }
  return createRefund(client, order);
}

async function findRefund(client: PaystackClient, order: RefundOrder): Promise<string | null> {
  const { id } = await verifyTransaction(client, order);
  const { refunds } = await listRefunds(client, order.account, id, 'write');
  const found = refunds.find((refund) => refund['merchant_note'] === order.reference);
  return found === undefined ? null : readPaystackId(found['id']);
}

async function createRefund(client: PaystackClient, order: RefundOrder): Promise<RefundedPayment> {
  const { data } = await client.post(
    { account: order.account, path: '/refund' },
    {
      transaction: order.providerPaymentId,
      amount: order.amountMinor.toString(),
      currency: order.currency,
      merchant_note: order.reference,
      ...(order.reason === null ? {} : { customer_note: order.reason }),
    },
  );
  const providerRefundId = readPaystackId(asObject(data)?.['id']);
  if (providerRefundId === null) {
    throw unanswered('write', 'paystack took the refund and told no id of it');
  }
  return { providerRefundId };
}
