import { newId } from '../new-id.js';
import { hasStatus } from '../database/keyed-plans.js';
import type { Tx } from '../database/transaction.js';
import type { Resolution } from './review-reasons.js';

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

/** Keeps a decision until a second person confirms it; whoever looked at it is done. */
export async function proposeResolution(tx: Tx, id: string, proposal: Proposal): Promise<void> {
  await tx.query({
    name: 'propose-resolution',
    text: `
      update reviews set proposal = $2, claimed_by = null, claimed_at = null
      where id = $1 and ${hasStatus('status', 'open')}`,
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
      newId(),
      decision.reviewId,
      decision.actor,
      decision.resolution,
      decision.isProposal,
      decision.reason,
      decision.amountMinor,
    ],
  });
}
