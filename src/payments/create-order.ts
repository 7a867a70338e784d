import { newId } from '../new-id.js';
import type { Tx } from '../database/transaction.js';
import { insertMessages } from '../outbox/outbox.queries.js';
import { deriveCreatedOrder } from './derive-again.js';
import { insertNewOrder, lockOrders, setOrderTerms } from './order.queries.js';
import type { OrderRow } from './ring-state.js';
import { orderMessage } from './tell.js';

/** What a customer owes, as our own command says it. */
export interface NewOrder {
  readonly reference: string;
  /** Upper-case ISO 4217. */
  readonly currency: string;
  /** Minor units. */
  readonly amountDueMinor: bigint;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * Creates an order, in the transaction of the caller, and takes the payments that arrived before
 * it: their order row is already there, only its terms are new.
 *
 * @returns `exists` when the order was created before with the same terms, `differs` when it has
 * others
 */
export async function createOrder(
  tx: Tx,
  order: NewOrder,
): Promise<'created' | 'exists' | 'differs'> {
  // Most orders are named for the first time here: then nothing can be waiting for them.
  const inserted = await insertNewOrder(tx, { ...order, id: newId() });
  if (inserted) {
    if (order.amountDueMinor === 0n) await deriveCreatedOrder(tx, inserted);
    else await insertMessages(tx, [createdMessage(inserted)]);
    return 'created';
  }
  const [row] = await lockOrders(tx, [order.reference]);
  if (!row) throw new Error('an order that is there cannot be locked');
  if (row.amountDueMinor !== null) return hasTerms(row, order) ? 'exists' : 'differs';

  const { currency, amountDueMinor, metadata } = order;
  const created = { ...row, version: row.version + 1, currency, amountDueMinor, metadata };
  await setOrderTerms(tx, created);
  await deriveCreatedOrder(tx, created);
  return 'created';
}

function createdMessage(order: OrderRow) {
  const nothing = { payments: [], openReviews: [] };
  return orderMessage({ type: 'order.created', order, previousStatus: null, ...nothing });
}

function hasTerms(row: OrderRow, order: NewOrder): boolean {
  return row.currency === order.currency && row.amountDueMinor === order.amountDueMinor;
}
