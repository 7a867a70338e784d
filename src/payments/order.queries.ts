import { textArray, uuidArray } from '../database/binary-array.js';
import type { Tx } from '../database/transaction.js';
import { toBigInt } from './lock.queries.js';
import type { OrderRow } from './ring-state.js';

/** Makes rows for orders that nobody has named before; sorted, as they are locked. */
export async function insertOrders(
  tx: Tx,
  orders: readonly { readonly id: string; readonly reference: string }[],
): Promise<void> {
  await tx.query({
    name: 'insert-orders',
    text: `
      insert into orders (id, reference, status)
      select id, reference, 'open' from unnest($1::uuid[], $2::text[]) as t (id, reference)
      order by reference
      on conflict (reference) do nothing`,
    values: [
      uuidArray(orders.map(({ id }) => id)),
      textArray(orders.map(({ reference }) => reference)),
    ],
  });
}

/** Makes an order that nobody has named before, with its terms; null when it is there. */
export async function insertNewOrder(
  tx: Tx,
  order: {
    readonly id: string;
    readonly reference: string;
    readonly currency: string;
    readonly amountDueMinor: bigint;
    readonly metadata: Readonly<Record<string, unknown>>;
  },
): Promise<OrderRow | null> {
  const { rows } = await tx.query<OrderColumns>({
    name: 'insert-new-order',
    text: `
      insert into orders (id, reference, status, currency, amount_due_minor, metadata, version)
      values ($1, $2, 'open', $3, $4, $5, 1)
      on conflict (reference) do nothing
      returning ${ORDER_COLUMNS}`,
    values: [
      order.id,
      order.reference,
      order.currency,
      order.amountDueMinor.toString(),
      JSON.stringify(order.metadata),
    ],
  });
  return rows[0] ? toOrder(rows[0]) : null;
}

/** Locks orders: always before payments, always in the order of their references. */
export async function lockOrders(tx: Tx, references: readonly string[]): Promise<OrderRow[]> {
  const { rows } = await tx.query<OrderColumns>({
    name: 'lock-orders',
    text: `
      select ${ORDER_COLUMNS} from orders where reference = any ($1::text[]) order by reference for update`,
    values: [textArray(references)],
  });
  return rows.map(toOrder);
}

/** Gives an order its terms. They are given once: what it owes never changes after that. */
export async function setOrderTerms(tx: Tx, order: OrderRow): Promise<void> {
  await tx.query({
    name: 'set-order-terms',
    text: `
      update orders set currency = $2, amount_due_minor = $3, metadata = $4, version = $5,
        updated_at = now()
      where id = $1 and amount_due_minor is null`,
    values: [
      order.id,
      order.currency,
      order.amountDueMinor?.toString() ?? null,
      JSON.stringify(order.metadata),
      order.version,
    ],
  });
}

/** From now on no payment of the order is started. */
export async function requestOrderCancel(tx: Tx, orderId: string): Promise<void> {
  await tx.query({
    name: 'request-order-cancel',
    text: `
      update orders set cancel_requested_at = now(), updated_at = now()
      where id = $1 and cancel_requested_at is null`,
    values: [orderId],
  });
}

export async function setOrderCancelled(tx: Tx, order: OrderRow): Promise<void> {
  await tx.query({
    name: 'set-order-cancelled',
    text: `
      update orders set cancelled_at = now(), version = $2, updated_at = now()
      where id = $1 and cancelled_at is null`,
    values: [order.id, order.version],
  });
}

const ORDER_COLUMNS = `id, reference, status, currency, amount_due_minor, amount_paid_minor,
  amount_refunded_minor, cancelled_at is not null as is_cancelled,
  cancel_requested_at is not null as is_cancel_requested, metadata, created_at, version`;

interface OrderColumns {
  id: string;
  reference: string;
  status: OrderRow['status'];
  currency: string | null;
  amount_due_minor: string | null;
  amount_paid_minor: string;
  amount_refunded_minor: string;
  is_cancelled: boolean;
  is_cancel_requested: boolean;
  metadata: OrderRow['metadata'];
  created_at: Date;
  version: number;
}

function toOrder(row: OrderColumns): OrderRow {
  return {
    id: row.id,
    reference: row.reference,
    status: row.status,
    currency: row.currency,
    amountDueMinor: toBigInt(row.amount_due_minor),
    amountPaidMinor: BigInt(row.amount_paid_minor),
    amountRefundedMinor: BigInt(row.amount_refunded_minor),
    isCancelled: row.is_cancelled,
    isCancelRequested: row.is_cancel_requested,
    metadata: row.metadata,
    createdAt: row.created_at,
    version: row.version,
  };
}
