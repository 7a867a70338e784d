import type { Tx } from '../database/transaction.js';
import { openDrafts, writeDrafts } from './write-drafts.js';
import type { OrderRow } from './ring-state.js';

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
