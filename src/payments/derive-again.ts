import type { Tx } from '../database/transaction.js';
import type { NewMessage } from '../outbox/message.js';
import { insertMessages } from '../outbox/outbox.queries.js';
import { loadOrderPayments, loadReviews } from './load.queries.js';
import { OrderDrafts } from './order-drafts.js';
import type { OrderRow } from './ring-state.js';
import { insertTransitions, updateOrders, upsertReviews } from './write.queries.js';

/**
 * Derives a locked order whose terms a command of ours has changed, and writes what follows: its
 * status, its move, its reviews. What was changed is told in any case, even if nothing follows.
 */
export async function deriveOrderAgain(tx: Tx, order: OrderRow, command: string): Promise<void> {
  const drafts = await openDrafts(tx, order);
  drafts.derive(order.id, { inboxId: null, command }, []);
  const isTold = drafts.messages.length > 0;
  const told = isTold ? [] : [drafts.messageOf(order.id, 'order.updated', order.status)];
  await writeDrafts(tx, drafts, told);
}

/** The same for an order that has just got its terms: it is told as it is with them. */
export async function deriveCreatedOrder(tx: Tx, order: OrderRow): Promise<void> {
  const drafts = await openDrafts(tx, order);
  drafts.derive(order.id, { inboxId: null, command: 'create_order' }, []);
  await writeDrafts(tx, drafts, [drafts.messageOf(order.id, 'order.created', null)]);
}

async function openDrafts(tx: Tx, order: OrderRow): Promise<OrderDrafts> {
  const orderPayments = await loadOrderPayments(tx, [order.id]);
  const paymentIds = orderPayments.map(({ id }) => id);
  const reviews = await loadReviews(tx, paymentIds, [order.id]);
  return new OrderDrafts({ orders: [order], orderPayments, reviews });
}

async function writeDrafts(
  tx: Tx,
  drafts: OrderDrafts,
  told: readonly NewMessage[],
): Promise<void> {
  const changed = drafts.changed();
  if (changed.length > 0) await updateOrders(tx, changed);
  if (drafts.transitions.length > 0) await insertTransitions(tx, drafts.transitions);
  if (drafts.reviewChanges.length > 0) await upsertReviews(tx, drafts.reviewChanges);
  const messages = [...told, ...drafts.messages];
  if (messages.length > 0) await insertMessages(tx, messages);
}
