import type { Tx } from '../database/transaction.js';
import { deriveOrderAgain } from './derive-again.js';
import type { OrderRow } from './ring-state.js';
import { setOrderCancelled } from './order.queries.js';

/**
 * Calls an order off whose open payments are cancelled at their providers; the order is locked by
 * the caller. Money that came all the same is a contradiction, and goes to a person.
 */
export async function cancelOrder(tx: Tx, order: OrderRow): Promise<void> {
  if (order.isCancelled) return;
  const cancelled = { ...order, isCancelled: true, version: order.version + 1 };
  await setOrderCancelled(tx, cancelled);
  await deriveOrderAgain(tx, cancelled, 'cancel_order');
}
