import type { Queryable, Tx } from '../database/transaction.js';
import { REFUND_HINT_PREFIX } from '../payments/payment-fact.js';
import { toAsked, type Asked, type AskedColumns } from './asked.queries.js';
import type { StartOutcome } from './checkout.queries.js';

/** Money that is to be given back, written down before the provider is asked. */
export interface NewRefund {
  readonly id: string;
  readonly paymentId: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly reason: string | null;
  /** Name of the API token. */
  readonly requestedBy: string;
}

export async function insertRefund(tx: Tx, refund: NewRefund): Promise<void> {
  await tx.query({
    name: 'insert-refund',
    text: `
      insert into refunds (id, payment_id, amount_minor, currency, reason, requested_by)
      values ($1, $2, $3, $4, $5, $6)`,
    values: [
      refund.id,
      refund.paymentId,
      refund.amountMinor.toString(),
      refund.currency,
      refund.reason,
      refund.requestedBy,
    ],
  });
}

/** A refund as it has to be asked for. */
export interface RefundRow extends Asked {
  readonly id: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly reason: string | null;
}

export async function findRefund(database: Queryable, refundId: string): Promise<RefundRow> {
  const { rows } = await database.query<RefundColumns>({
    name: 'find-refund',
    text: `
      select amount_minor, currency, reason, asked, first_asked_at, last_asked_at
      from refunds where id = $1`,
    values: [refundId],
  });
  const [row] = rows;
  if (!row) throw new Error('the refund of this request is not there');
  return {
    id: refundId,
    amountMinor: BigInt(row.amount_minor),
    currency: row.currency,
    reason: row.reason,
    ...toAsked(row),
  };
}

/** What is on its way back to a customer. */
export interface RefundSums {
  /** Refunds that the provider has told of and that stand. */
  readonly toldMinor: bigint;
  /** Refunds that we have asked for and of which no fact tells yet. */
  readonly pendingMinor: bigint;
}

/** The payment's lock is held by the caller, so nothing is added meanwhile. */
export async function sumRefunds(tx: Tx, paymentId: string): Promise<RefundSums> {
  const { rows } = await tx.query<{ told: string; pending: string }>({
    name: 'sum-refunds',
    text: `
      select
        (select coalesce(sum(f.amount_minor), 0)::text from payment_facts f
         where f.payment_id = $1 and f.kind = 'refund' and f.state in ('pending', 'succeeded')
           and not starts_with(f.fact_key, $2)) as told,
        (select coalesce(sum(r.amount_minor), 0)::text from refunds r
         where r.payment_id = $1 and r.outcome <> 'refused' and not exists (
           select 1 from payment_facts f
           where f.payment_id = r.payment_id and f.kind = 'refund'
             and f.fact_key = r.provider_refund_id)) as pending`,
    values: [paymentId, REFUND_HINT_PREFIX],
  });
  const [sums] = rows;
  return { toldMinor: BigInt(sums?.told ?? 0), pendingMinor: BigInt(sums?.pending ?? 0) };
}

/** Notes under which id the provider has a refund; it is told once. */
export async function acceptRefund(
  database: Queryable,
  refund: { readonly id: string; readonly paymentId: string },
  providerRefundId: string,
): Promise<void> {
  await database.query({
    name: 'accept-refund',
    text: `
      update refunds set outcome = 'accepted', provider_refund_id = $3
      where id = $1 and payment_id = $2 and outcome <> 'accepted'`,
    values: [refund.id, refund.paymentId, providerRefundId],
  });
}

/** Refunds that the provider does not have, although enough time has passed: they never were. */
export async function refuseLostRefunds(
  database: Queryable,
  paymentId: string,
  olderThanSeconds: number,
): Promise<void> {
  await database.query({
    name: 'refuse-lost-refunds',
    text: `
      update refunds set outcome = 'refused'
      where payment_id = $1 and outcome in ('asked', 'unknown')
        and created_at < now() - make_interval(secs => $2)`,
    values: [paymentId, olderThanSeconds],
  });
}

/** Notes that the provider refused a refund, or that nobody knows. */
export async function markRefund(
  tx: Tx,
  refundId: string,
  outcome: Exclude<StartOutcome, 'accepted'>,
): Promise<void> {
  await tx.query({
    name: 'mark-refund',
    text: `update refunds set outcome = $2 where id = $1 and outcome <> 'accepted'`,
    values: [refundId, outcome],
  });
}

interface RefundColumns extends AskedColumns {
  amount_minor: string;
  currency: string;
  reason: string | null;
}
