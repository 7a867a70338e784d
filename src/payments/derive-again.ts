import type { Tx } from '../database/transaction.js';
import { loadOrderPayments, loadReviews } from './load.queries.js';
import { OrderDrafts } from './order-drafts.js';
import type { Cause, OrderRow } from './ring-state.js';
import { insertTransitions, updateOrders, upsertReviews } from './write.queries.js';

/**
 * Derives a locked order whose terms a command of ours has changed, and writes what follows: its
 * status, its move, its reviews.
 */
export async function deriveOrderAgain(tx: Tx, order: OrderRow, command: string): Promise<void> {
  const orderPayments = await loadOrderPayments(tx, [order.id]);
  const paymentIds = orderPayments.map(({ id }) => id);
  const reviews = await loadReviews(tx, paymentIds, [order.id]);
  const drafts = new OrderDrafts({ orders: [order], orderPayments, reviews });
  const cause: Cause = { inboxId: null, command };
  drafts.derive(order.id, cause, []);
  const changed = drafts.changed();
  if (changed.length > 0) await updateOrders(tx, changed);
  if (drafts.transitions.length > 0) await insertTransitions(tx, drafts.transitions);
  if (drafts.reviewChanges.length > 0) await upsertReviews(tx, drafts.reviewChanges);
}
