import { hasStatus } from '../database/keyed-plans.js';
import type { Queryable, Tx } from '../database/transaction.js';
import type { Proposal, RefundPlan } from './decision.queries.js';
import type { Resolution, ReviewReason, ReviewStatus } from './review-reasons.js';

/** A review with all that a decision depends on. */
export interface ReviewDetails {
  readonly id: string;
  readonly paymentId: string | null;
  readonly orderId: string | null;
  /** Of the order that it holds; null: a payment that belongs to none. */
  readonly orderReference: string | null;
  readonly reason: ReviewReason;
  readonly status: ReviewStatus;
  /** What is at stake, minor units of `currency`. */
  readonly amountMinor: number;
  readonly currency: string | null;
  readonly claimedBy: string | null;
  readonly claimedAt: Date | null;
  readonly proposal: Proposal | null;
  /** The refund that was decided and is being made. */
  readonly refundKey: string | null;
  readonly refundPlan: RefundPlan | null;
  readonly resolution: Resolution | null;
  readonly resolvedBy: string | null;
  readonly resolutionReason: string | null;
  /** The event that opened or closed it; null: a command did. */
  readonly inboxId: string | null;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
}

/** Null: there is none with this id. */
export async function findReview(database: Queryable, id: string): Promise<ReviewDetails | null> {
  const { rows } = await database.query<ReviewDetails>({
    name: 'find-review',
    text: `${SELECT_REVIEW} where r.id = $1`,
    values: [id],
  });
  return rows[0] ?? null;
}

/** Which reviews to list; null: whichever. */
export interface ReviewFilter {
  readonly status: ReviewStatus | null;
  readonly reason: ReviewReason | null;
  readonly orderReference: string | null;
  /** Opened at least so long ago. */
  readonly olderThanSeconds: number | null;
  /** Only those with a smaller id. */
  readonly beforeId: string | null;
  readonly limit: number;
}

/** Newest first, without those that were merged into another one. */
export async function findReviews(
  database: Queryable,
  filter: ReviewFilter,
): Promise<ReviewDetails[]> {
  const { rows } = await database.query<ReviewDetails>(
    `${SELECT_REVIEW}
     where r.merged_into is null
       and ($1::text is null or r.status = $1) and ($2::text is null or r.reason = $2)
       and ($3::text is null or coalesce(o.reference, po.reference) = $3)
       and ($4::float8 is null or r.opened_at <= now() - make_interval(secs => $4))
       and ($5::uuid is null or r.id < $5)
     order by r.id desc limit $6`,
    [
      filter.status,
      filter.reason,
      filter.orderReference,
      filter.olderThanSeconds,
      filter.beforeId,
      filter.limit,
    ],
  );
  return rows;
}

/** How many wait for a person, and for how long the oldest has. */
export async function countOpenReviews(
  database: Queryable,
): Promise<{ readonly open: number; readonly oldestSeconds: number }> {
  const { rows } = await database.query<{ open: number; oldestSeconds: number }>({
    name: 'count-open-reviews',
    text: `
      select count(*)::integer as open,
             coalesce(extract(epoch from now() - min(opened_at)), 0)::float8 as "oldestSeconds"
      from reviews where status = 'open'`,
  });
  return rows[0] ?? { open: 0, oldestSeconds: 0 };
}

/** Locks a review: after its order and its payments. */
export async function lockReview(tx: Tx, id: string): Promise<void> {
  await tx.query({
    name: 'lock-review',
    text: 'select 1 from reviews where id = $1 for update',
    values: [id],
  });
}

/**
 * Notes who looks at a review.
 * @param isTakeOver also when somebody else does
 * @returns false when it is closed, or somebody else has it
 */
export async function claimReview(
  tx: Tx,
  id: string,
  actor: string,
  isTakeOver: boolean,
): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'claim-review',
    text: `
      update reviews set claimed_by = $2,
        claimed_at = case when claimed_by = $2 then claimed_at else now() end
      where id = $1 and ${hasStatus('status', 'open')} and (claimed_by is null or claimed_by = $2 or $3)`,
    values: [id, actor, isTakeOver],
  });
  return rowCount === 1;
}

/** Lets go of a review; false when this person has not claimed it. */
export async function releaseReview(tx: Tx, id: string, actor: string): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'release-review',
    text: `
      update reviews set claimed_by = null, claimed_at = null where id = $1 and claimed_by = $2`,
    values: [id, actor],
  });
  return rowCount === 1;
}

// float8 holds every amount of 0 to 2^53−1, and the CHECKs allow no other.
const SELECT_REVIEW = `
  select r.id, r.payment_id as "paymentId", r.order_id as "orderId",
         coalesce(o.reference, po.reference) as "orderReference", r.reason, r.status,
         r.amount_minor::float8 as "amountMinor", coalesce(p.currency, o.currency) as currency,
         r.claimed_by as "claimedBy", r.claimed_at as "claimedAt", r.proposal,
         r.refund_key as "refundKey", r.refund_plan as "refundPlan", r.resolution,
         r.resolved_by as "resolvedBy", r.resolution_reason as "resolutionReason",
         r.inbox_id as "inboxId", r.opened_at as "openedAt", r.closed_at as "closedAt"
  from reviews r
  left join orders o on o.id = r.order_id
  left join payments p on p.id = r.payment_id
  left join orders po on po.id = p.order_id`;
