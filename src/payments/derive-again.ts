import type { Tx } from '../database/transaction.js';
import { insertMessages } from '../outbox/outbox.queries.js';
import { loadOrderPayments, loadReviews } from './load.queries.js';
import { OrderDrafts } from './order-drafts.js';
import type { OrderRow } from './ring-state.js';
import { insertTransitions, updateOrders, upsertReviews } from './write.queries.js';

/**
 * Derives a locked order whose terms a command of ours has changed, and writes what follows: its
 * status, its move, its reviews, and what others are told.
 */
export async function deriveOrderAgain(tx: Tx, order: OrderRow, command: string): Promise<void> {
  const drafts = await openDrafts(tx, order);
  drafts.derive(order.id, { inboxId: null, command }, []);
  await writeDrafts(tx, drafts);
}

/** The same for an order that has just got its terms, which is told as well. */
export async function deriveCreatedOrder(tx: Tx, order: OrderRow): Promise<void> {
  const drafts = await openDrafts(tx, order);
  drafts.tell(order.id, 'order.created', null);
  drafts.derive(order.id, { inboxId: null, command: 'create_order' }, []);
  await writeDrafts(tx, drafts);
}

async function openDrafts(tx: Tx, order: OrderRow): Promise<OrderDrafts> {
  const orderPayments = await loadOrderPayments(tx, [order.id]);
  const paymentIds = orderPayments.map(({ id }) => id);
  const reviews = await loadReviews(tx, paymentIds, [order.id]);
  return new OrderDrafts({ orders: [order], orderPayments, reviews });
}

async function writeDrafts(tx: Tx, drafts: OrderDrafts): Promise<void> {
  const changed = drafts.changed();
  if (changed.length > 0) await updateOrders(tx, changed);
  if (drafts.transitions.length > 0) await insertTransitions(tx, drafts.transitions);
  if (drafts.reviewChanges.length > 0) await upsertReviews(tx, drafts.reviewChanges);
  if (drafts.messages.length > 0) await insertMessages(tx, drafts.messages);
}
