import type { Tx } from '../database/transaction.js';
import type { NewMessage } from '../outbox/message.js';
import { insertMessages } from '../outbox/outbox.queries.js';
import { loadOrderPayments, loadReviews } from './load.queries.js';
import { OrderDrafts } from './order-drafts.js';
import type { OrderRow } from './ring-state.js';
import { insertTransitions, updateOrders, upsertReviews } from './write.queries.js';

/** An order that is locked, with its payments and reviews, to be derived again. */
export async function openDrafts(tx: Tx, order: OrderRow): Promise<OrderDrafts> {
  const orderPayments = await loadOrderPayments(tx, [order.id]);
  const paymentIds = orderPayments.map(({ id }) => id);
  const reviews = await loadReviews(tx, paymentIds, [order.id]);
  return new OrderDrafts({ orders: [order], orderPayments, reviews });
}

/** Writes what came of it. @param told messages besides those of the drafts */
export async function writeDrafts(
  tx: Tx,
  drafts: OrderDrafts,
  told: readonly NewMessage[] = [],
): Promise<void> {
  const changed = drafts.changed();
  if (changed.length > 0) await updateOrders(tx, changed);
  if (drafts.transitions.length > 0) await insertTransitions(tx, drafts.transitions);
  if (drafts.reviewChanges.length > 0) await upsertReviews(tx, drafts.reviewChanges);
  const messages = [...told, ...drafts.messages];
  if (messages.length > 0) await insertMessages(tx, messages);
}
