import type { Tx } from '../database/transaction.js';
import type { PaymentRow } from '../payments/ring-state.js';
import { sumRefunds } from './refund.queries.js';

/**
 * Captured, less what was given back, less what was asked for. The totals of the provider and the
 * refunds that it told one by one do not come in one event: the greater of both counts. The caller
 * holds the lock on the payment.
 *
 * @returns minor units
 */
export async function leftToRefund(tx: Tx, payment: PaymentRow): Promise<bigint> {
  const { toldMinor, pendingMinor } = await sumRefunds(tx, payment.id);
  const { amountCapturedMinor: captured, amountRefundedMinor: total } = payment;
  const left = captured - (total > toldMinor ? total : toldMinor) - pendingMinor;
  return left > 0n ? left : 0n;
}

/** What is left of each of these payments that has brought anything, by id. */
export async function leftOfEach(
  tx: Tx,
  payments: readonly PaymentRow[],
): Promise<ReadonlyMap<string, bigint>> {
  const left = new Map<string, bigint>();
  for (const payment of payments) {
    if (payment.amountCapturedMinor === 0n) continue;
    left.set(payment.id, await leftToRefund(tx, payment));
  }
  return left;
}
