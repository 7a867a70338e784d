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

/** The rows of payments that were started under these references, whatever they are called now. */
export async function findStartedIds(tx: Tx, started: StartedKey): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>({
    name: 'find-started-ids',
    text: `select id from payments where provider = $1 and account = $2 and started_as = $3`,
    values: [started.provider, started.account, started.startedAs],
  });
  return rows.map(({ id }) => id);
}

/** The orders of payments that were started under these references. */
export async function findStartedReferences(
  tx: Tx,
  started: readonly StartedKey[],
): Promise<string[]> {
  const { rows } = await tx.query<{ reference: string }>({
    name: 'find-started-references',
    text: `
      select o.reference
      from unnest($1::text[], $2::text[], $3::text[]) as k (provider, account, started_as)
      join payments p
        on (p.provider, p.account, p.started_as) = (k.provider, k.account, k.started_as)
      join orders o on o.id = p.order_id`,
    values: [
      started.map(({ provider }) => provider),
      started.map(({ account }) => account),
      started.map(({ startedAs }) => startedAs),
    ],
  });
  return rows.map(({ reference }) => reference);
}

/** Names a payment by the reference under which we started it. */
interface StartedKey {
  readonly provider: string;
  readonly account: string;
  readonly startedAs: string;
}

/**
 * Tables whose rows belong to a payment. What a provider tells of two payments has different keys;
 * only reviews may be of the same reason, see {@link mergeReviews}.
 */
const BELONGINGS = [
  'payment_facts',
  'payment_parts',
  'disputes',
  'reviews',
  'refunds',
  'inbox',
] as const;

/** Moves everything that belongs to a payment to another one, except for its moves. */
export async function moveBelongings(tx: Tx, fromId: string, toId: string): Promise<void> {
  for (const table of BELONGINGS) {
    await tx.query(`update ${table} set payment_id = $2 where payment_id = $1`, [fromId, toId]);
  }
}

/**
 * Merges the reviews of a payment into those of another one that have the same reason: these stay,
 * and whether they are open is derived from the facts of both. What was decided about either holds
 * for as much as the greater of the two decisions covers.
 */
export async function mergeReviews(tx: Tx, fromId: string, toId: string): Promise<void> {
  await tx.query({
    name: 'merge-reviews',
    text: `
      with pairs as materialized (
        select kept.id as kept, merged.id as merged, merged.resolved_minor
        from reviews merged join reviews kept on kept.reason = merged.reason
        where merged.payment_id = $1 and kept.payment_id = $2
        for update),
      covered as (
        update reviews set resolved_minor = greatest(reviews.resolved_minor, pairs.resolved_minor)
        from pairs where reviews.id = pairs.kept),
      merged_before as (
        update reviews set merged_into = pairs.kept
        from pairs where reviews.merged_into = pairs.merged)
      update reviews set payment_id = null, merged_into = pairs.kept,
        status = case when status = 'open' then 'withdrawn' else status end,
        closed_at = coalesce(closed_at, now()), claimed_by = null, claimed_at = null,
        proposal = null
      from pairs where reviews.id = pairs.merged`,
    values: [fromId, toId],
  });
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

/** Takes over order, version and open questions of a payment that becomes part of this one. */
export async function takeOver(tx: Tx, paymentId: string, otherId: string): Promise<void> {
  await tx.query({
    name: 'take-over-payment',
    text: `
      update payments p set order_id = coalesce(o.order_id, p.order_id),
        version = p.version + o.version, must_ask = p.must_ask or o.must_ask,
        ask_at = least(p.ask_at, o.ask_at)
      from payments o where p.id = $1 and o.id = $2`,
    values: [paymentId, otherId],
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
