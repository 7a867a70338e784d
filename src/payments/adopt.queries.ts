import type { Tx } from '../database/transaction.js';

/** Gives a payment that we started the id that the provider has for it. */
export async function bindPayment(
  tx: Tx,
  paymentId: string,
  providerPaymentId: string,
): Promise<void> {
  await tx.query({
    name: 'bind-payment',
    text: `
      update payments set provider_payment_id = $2, is_provisional = false,
        unknown_outcome = false, version = version + 1, updated_at = now()
      where id = $1`,
    values: [paymentId, providerPaymentId],
  });
}

/** Tables whose rows belong to a payment, with nothing that two payments could both have. */
const BELONGINGS = ['payment_facts', 'payment_parts', 'disputes', 'reviews', 'inbox'] as const;

/** Moves everything that belongs to a payment to another one, except for its moves. */
export async function moveBelongings(tx: Tx, fromId: string, toId: string): Promise<void> {
  for (const table of BELONGINGS) {
    await tx.query(`update ${table} set payment_id = $2 where payment_id = $1`, [fromId, toId]);
  }
}

/** Continues the moves of a payment with those of another one: its versions come on top. */
export async function moveTransitions(
  tx: Tx,
  fromId: string,
  to: { readonly id: string; readonly version: number },
): Promise<void> {
  await tx.query({
    name: 'move-transitions',
    text: `update transitions set payment_id = $2, version = version + $3 where payment_id = $1`,
    values: [fromId, to.id, to.version],
  });
}

/** Takes over order and version of a payment that has become part of this one. */
export async function takeOver(
  tx: Tx,
  paymentId: string,
  given: { readonly orderId: string | null; readonly version: number },
): Promise<void> {
  await tx.query({
    name: 'take-over-payment',
    text: `
      update payments set order_id = coalesce($2, order_id), version = version + $3 where id = $1`,
    values: [paymentId, given.orderId, given.version],
  });
}

/** Removes a payment that has nothing any more. */
export async function deletePayment(tx: Tx, paymentId: string): Promise<void> {
  await tx.query({
    name: 'delete-payment',
    text: 'delete from payments where id = $1',
    values: [paymentId],
  });
}
