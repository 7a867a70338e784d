import type { Tx } from '../database/transaction.js';
import {
  bindPayment,
  deletePayment,
  moveBelongings,
  moveTransitions,
  takeOver,
} from './adopt.queries.js';
import { lockPayments, type PaymentKey } from './lock.queries.js';
import type { PaymentRow } from './ring-state.js';

/** Says which payment of ours a payment at the provider is. */
export interface Adoption extends PaymentKey {
  /** The reference under which we started it. */
  readonly startedAs: string;
}

/**
 * Gives a payment that we started the id of the provider, whoever tells it first: the answer to our
 * request or an event that overtakes it. The orders of both must be locked.
 *
 * Should an event that does not name our reference have made a row for it before, that row becomes
 * part of ours: there is one row per payment, and the id that our client knows stays.
 */
export async function adoptPayment(tx: Tx, adoption: Adoption): Promise<void> {
  const { provider, account, providerPaymentId, startedAs } = adoption;
  const started = { provider, account, providerPaymentId: startedAs };
  const rows = await lockPayments(tx, [started, adoption], []);
  const ours = rows.find((row) => row.providerPaymentId === startedAs);
  // Bound before, or never started here. What was paid under our reference stays what it is.
  if (!ours || (!ours.isProvisional && ours.amountCapturedMinor > 0n)) return;
  const other = rows.find(
    (row) => row.providerPaymentId === providerPaymentId && row.id !== ours.id,
  );
  if (other) await absorb(tx, other, ours);
  await bindPayment(tx, ours.id, providerPaymentId);
}

async function absorb(tx: Tx, other: PaymentRow, ours: PaymentRow): Promise<void> {
  await moveBelongings(tx, other.id, ours.id);
  await moveTransitions(tx, other.id, ours);
  await takeOver(tx, ours.id, other);
  await deletePayment(tx, other.id);
}
