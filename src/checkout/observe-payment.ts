import { inTransaction } from '../database/transaction.js';
import { TollgateError } from '../errors.js';
import { applyObservation } from '../inbox/apply-observation.js';
import { lockOrders } from '../payments/order.queries.js';
import { idOf } from '../providers/own-reference.js';
import type { ObservedRefund } from '../providers/provider-api.js';
import { bindStart } from './bind-start.js';
import { findStart, findSubject, type PaymentSubject } from './checkout.queries.js';
import { apiOf, type CheckoutContext } from './context.js';
import { acceptRefund } from './refund.queries.js';

/**
 * Asks the provider about a payment, writes the answer through the inbox and applies it like a
 * webhook. Harmless to repeat, and beside webhooks: the same state is the same event.
 *
 * @returns false when the provider does not have the payment, or does not show it yet
 * @throws TollgateError as the provider's API does
 */
export async function observePayment(
  context: CheckoutContext,
  subject: PaymentSubject,
  source: 'verify' | 'poll',
): Promise<boolean> {
  const bound = subject.isProvisional ? await findLost(context, subject) : subject;
  if (bound === null) return false;
  const { provider, account } = bound;
  const observation = await apiOf(context, bound).observePayment(bound);
  const seen = { provider, account, source, observation };
  const { status, reason } = await applyObservation(context.ring, seen);
  if (status !== 'applied' && status !== 'noop') {
    throw new TollgateError(
      'apply_failed',
      `what ${provider} answered ended as ${status}: ${reason}`,
    );
  }
  await noteRefunds(context, bound.id, observation.refunds);
  return true;
}

/** A payment whose start was never answered: looks for it at the provider by our reference. */
async function findLost(
  context: CheckoutContext,
  subject: PaymentSubject,
): Promise<PaymentSubject | null> {
  const start = await findStart(context.pool, subject.id);
  if (!start) throw new Error('a provisional payment was not started by us');
  const found = await apiOf(context, subject).findPayment(start);
  if (!found) return null;
  return inTransaction(context.pool, async (tx) => {
    await lockOrders(tx, [start.orderReference]);
    const before = await findSubject(tx, subject.id);
    // Whoever told it meanwhile may have told a newer one.
    if (before?.isProvisional) await bindStart(tx, subject.id, start, found);
    return findSubject(tx, subject.id);
  });
}

/** Refunds of ours among those that the provider shows: an answer that was lost is found again. */
async function noteRefunds(
  { pool }: CheckoutContext,
  paymentId: string,
  refunds: readonly ObservedRefund[],
): Promise<void> {
  for (const { reference, providerRefundId } of refunds) {
    const id = idOf(reference);
    if (id !== null) await acceptRefund(pool, { id, paymentId }, providerRefundId);
  }
}
