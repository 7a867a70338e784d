import { v7 as uuidv7 } from 'uuid';
import type { Queryable, Tx } from '../database/transaction.js';
import type { Resolution, ReviewReason, ReviewStatus } from './review-reasons.js';

/** A decision that waits for a second person. */
export interface Proposal {
  readonly resolution: Resolution;
  readonly by: string;
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
  /** What was named, when it was proposed. */
  readonly wanted: WantedRefund;
  /** What would be refunded; empty for another resolution. */
  readonly refunds: readonly PlannedRefund[];
}

/** What a person wants to be given back; null: whatever the review is about. */
export interface WantedRefund {
  readonly paymentId: string | null;
  /** Minor units. */
  readonly amountMinor: number | null;
}

/** Money that a decision gives back. */
export interface PlannedRefund {
  readonly paymentId: string;
  /** Minor units of the payment's currency; a whole number. */
  readonly amountMinor: number;
}

/** A refund that was decided and is being made. */
export interface RefundPlan extends WantedRefund {
  /** Who decided it, and when; ISO 8601. */
  readonly by: string;
  readonly at: string;
  readonly refunds: readonly PlannedRefund[];
  /** What is at stake once they are made, minor units: so much the decision lets stand. */
  readonly leftMinor: number;
}

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

/** Newest first. */
export async function findReviews(
  database: Queryable,
  filter: ReviewFilter,
): Promise<ReviewDetails[]> {
  const { rows } = await database.query<ReviewDetails>(
    `${SELECT_REVIEW}
     where ($1::text is null or r.status = $1) and ($2::text is null or r.reason = $2)
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
      where id = $1 and status = 'open' and (claimed_by is null or claimed_by = $2 or $3)`,
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

/** Keeps a decision until a second person confirms it; whoever looked at it is done. */
export async function proposeResolution(tx: Tx, id: string, proposal: Proposal): Promise<void> {
  await tx.query({
    name: 'propose-resolution',
    text: `
      update reviews set proposal = $2, claimed_by = null, claimed_at = null
      where id = $1 and status = 'open'`,
    values: [id, JSON.stringify(proposal)],
  });
}

/** A refund is under way for this review: whoever decides the same takes part in it. */
export async function startReviewRefund(
  tx: Tx,
  id: string,
  key: string,
  plan: RefundPlan,
): Promise<void> {
  await tx.query({
    name: 'start-review-refund',
    text: `update reviews set refund_key = $2, refund_plan = $3 where id = $1`,
    values: [id, key, JSON.stringify(plan)],
  });
}

/** The refund came to an end, one way or the other. */
export async function endReviewRefund(tx: Tx, id: string): Promise<void> {
  await tx.query({
    name: 'end-review-refund',
    text: `update reviews set refund_key = null, refund_plan = null where id = $1`,
    values: [id],
  });
}

/** What a person decided about a review. */
export interface Decision {
  readonly resolution: Resolution;
  readonly by: string;
  readonly reason: string;
  /** So much may be at stake from now on, minor units: more is another question. */
  readonly coversMinor: number;
}

/** Corrects what is at stake: rows of before there was such a column do not know it. */
export async function setReviewAmount(tx: Tx, id: string, amountMinor: bigint): Promise<void> {
  await tx.query({
    name: 'set-review-amount',
    text: `update reviews set amount_minor = $2 where id = $1`,
    values: [id, amountMinor.toString()],
  });
}

/** Writes a decision onto its review, and ends it. */
export async function markResolved(tx: Tx, id: string, decision: Decision): Promise<void> {
  await tx.query({
    name: 'mark-review-resolved',
    text: `
      update reviews set status = 'resolved', resolution = $2, resolved_by = $3,
        resolution_reason = $4, resolved_minor = $5, closed_at = now(),
        claimed_by = null, claimed_at = null, proposal = null
      where id = $1`,
    values: [id, decision.resolution, decision.by, decision.reason, decision.coversMinor],
  });
}

/** Notes how much of a review is decided, which stays open for what came since. */
export async function markCovered(tx: Tx, id: string, coversMinor: number): Promise<void> {
  await tx.query({
    name: 'mark-review-covered',
    text: `update reviews set resolved_minor = $2, proposal = null where id = $1`,
    values: [id, coversMinor],
  });
}

/** A decision or a proposal, kept for good. */
export interface RecordedDecision {
  readonly reviewId: string;
  readonly actor: string;
  readonly resolution: Resolution;
  readonly isProposal: boolean;
  readonly reason: string;
  readonly amountMinor: number;
}

export async function insertDecision(tx: Tx, decision: RecordedDecision): Promise<void> {
  await tx.query({
    name: 'insert-review-decision',
    text: `
      insert into review_decisions
        (id, review_id, actor, resolution, is_proposal, reason, amount_minor)
      values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [
      uuidv7(),
      decision.reviewId,
      decision.actor,
      decision.resolution,
      decision.isProposal,
      decision.reason,
      decision.amountMinor,
    ],
  });
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
