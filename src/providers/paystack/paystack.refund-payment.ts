import { TollgateError } from '../../errors.js';
import { asObject } from '../payload.js';
import type { RefundedPayment, RefundOrder } from '../provider-api.js';
import { ProviderRefusal, unanswered } from '../provider-errors.js';
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
  if (order.asked !== null) {
    const providerRefundId = await findRefund(client, order);
    if (providerRefundId !== null) return { providerRefundId };
    if (Date.now() - order.asked.lastAtMs < settleMs) {
      const message = 'paystack does not list this refund yet, and may still do so';
      throw new TollgateError('provider_outcome_unknown', message);
    }
  }
  return createRefund(client, order, settleMs / 2);
}

async function findRefund(client: PaystackClient, order: RefundOrder): Promise<string | null> {
  try {
    const { id } = await verifyTransaction(client, order);
    const { refunds } = await listRefunds(client, order.account, id, 'write');
    const found = refunds.find((refund) => refund['merchant_note'] === order.reference);
    return found === undefined ? null : readPaystackId(found['id']);
  } catch (error) {
    if (!(error instanceof ProviderRefusal)) throw error;
    // Not being shown what was made does not mean that nothing was.
    throw unanswered('write', 'paystack does not let us look for the refund');
  }
}

/** @param leaveWithinMs of its note: nobody counts on a request that leaves later */
async function createRefund(
  client: PaystackClient,
  order: RefundOrder,
  leaveWithinMs: number,
): Promise<RefundedPayment> {
  const note = async () => {
    const notedAtMs = performance.now();
    await order.noteAsked();
    // A process that was stopped in between must not refund what another has given up waiting for.
    if (performance.now() - notedAtMs <= leaveWithinMs) return;
    throw unanswered('write', 'this process was stopped before it could ask paystack');
  };
  const { data } = await client.post(
    { account: order.account, path: '/refund' },
    {
      transaction: order.providerPaymentId,
      amount: order.amountMinor.toString(),
      currency: order.currency,
      merchant_note: order.reference,
      ...(order.reason === null ? {} : { customer_note: order.reason }),
    },
    note,
  );
  const providerRefundId = readPaystackId(asObject(data)?.['id']);
  if (providerRefundId === null) {
    throw unanswered('write', 'paystack took the refund and told no id of it');
  }
  return { providerRefundId };
}
