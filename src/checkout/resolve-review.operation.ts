import { randomUUID } from 'node:crypto';
import { insertAuditEntry } from '../audit/audit.queries.js';
import type { Tx } from '../database/transaction.js';
import { TollgateError } from '../errors.js';
import type { CommandRequest } from '../idempotency/execute.js';
import { fingerprintRequest } from '../idempotency/fingerprint.js';
import type { StoredResponse } from '../idempotency/key.js';
import { readStoredProblem } from '../idempotency/response.js';
import {
  asking,
  writing,
  type Operation,
  type Outcome,
  type Run,
} from '../idempotency/operation.js';
import { presentReviewDetails } from '../payments/present-review.js';
import { lockReviewed, resolveReview, type LockedReview } from '../payments/resolve-review.js';
import {
  endReviewRefund,
  findReview,
  insertDecision,
  proposeResolution,
  startReviewRefund,
  type PlannedRefund,
} from '../payments/review.queries.js';
import { readInput } from '../read-input.js';
import { resolveReviewInput, reviewParams } from './inputs.js';
import { planReviewRefunds } from './plan-review-refunds.js';

/** What deciding about a review needs. */
export interface ResolveReviewContext {
  /** Runs the refund command under its key. */
  readonly refund: (request: CommandRequest) => Promise<StoredResponse>;
  /** Minor units at stake from which on a second person must confirm; null: never. */
  readonly secondPersonMinor: number | null;
}

/** Only operators may call it, so that is who decided. */
const ROLE = 'operator';

/**
 * Ends a review by what a person decided. Money is given back through the refund command, under a
 * key that is kept with the review: two who decide the same at once give it back once, and a process
 * that dies in the middle is made up for by the completer.
 */
export function resolveReviewOperation(context: ResolveReviewContext): Operation {
  return {
    name: 'resolve_review',
    first: 'started',
    phases: {
      started: writing((tx, run) => decide(context, tx, run)),
      refunding: asking(
        (run) => refundAll(context, run),
        (tx, run, refusal) => recordRefund(context, tx, run, refusal),
      ),
    },
  };
}

async function decide(context: ResolveReviewContext, tx: Tx, run: Run): Promise<Outcome> {
  const { resolution, reason, ...wanted } = readInput(resolveReviewInput, run.body);
  const subject = await lockReviewed(tx, idIn(run));
  if (!subject) throw new TollgateError('not_found', 'there is no review with this id');
  const { review } = subject;
  refuseClosed(subject, run, resolution);
  const decision = { resolution, by: run.caller, reason };
  if (review.refundKey !== null && review.refundPlan !== null) {
    return refunding(review.refundKey, review.refundPlan);
  }

  const refunds = resolution === 'refund' ? planFor(subject, wanted) : [];
  if (needsConfirmation(context, subject, decision)) {
    const proposal = { ...decision, at: new Date().toISOString(), refunds };
    await proposeResolution(tx, review.id, proposal);
    const { id: reviewId, amountMinor } = review;
    await insertDecision(tx, {
      reviewId,
      actor: run.caller,
      resolution,
      isProposal: true,
      reason,
      amountMinor,
    });
    await audit(tx, run, 'review.propose', reason, resolution);
    return { response: { status: 202, body: await present(context, tx, review.id) } };
  }
  if (resolution === 'refund') {
    const key = `review-${review.id}-${randomUUID()}`;
    const plan = review.proposal?.refunds ?? refunds;
    await startReviewRefund(tx, review.id, key, plan);
    return refunding(key, plan);
  }
  await resolveReview(tx, subject, decision);
  await audit(tx, run, 'review.resolve', reason, resolution);
  return { response: { status: 200, body: await present(context, tx, review.id) } };
}

function refuseClosed({ review }: LockedReview, run: Run, resolution: string): void {
  if (review.status !== 'open') {
    throw new TollgateError('review_closed', `this review is ${review.status}`, {
      members: { resolution: review.resolution, resolvedBy: review.resolvedBy },
    });
  }
  if (review.claimedBy !== null && review.claimedBy !== run.caller) {
    throw new TollgateError(
      'review_claimed',
      `${review.claimedBy} looks at this review: claim it with takeOver to decide yourself`,
    );
  }
  if (review.refundKey !== null && resolution !== 'refund') {
    throw new TollgateError('request_in_progress', 'a refund of this review is being made');
  }
}

/** What a proposal says is what a second person confirms. */
function planFor(
  subject: LockedReview,
  wanted: { readonly paymentId: string | null; readonly amountMinor: number | null },
): PlannedRefund[] {
  return planReviewRefunds(subject, {
    paymentId: wanted.paymentId,
    amountMinor: wanted.amountMinor === null ? null : BigInt(wanted.amountMinor),
  });
}

/** @throws TollgateError `second_person_needed` when the one who proposed it confirms it */
function needsConfirmation(
  { secondPersonMinor }: ResolveReviewContext,
  { review: { proposal, amountMinor } }: LockedReview,
  decision: { readonly resolution: string; readonly by: string },
): boolean {
  if (secondPersonMinor === null || amountMinor < secondPersonMinor) return false;
  if (proposal?.resolution !== decision.resolution) return true;
  if (proposal.by !== decision.by) return false;
  throw new TollgateError(
    'second_person_needed',
    'you proposed this: somebody else has to confirm it, since so much is at stake',
  );
}

function refunding(key: string, plan: readonly PlannedRefund[]): Outcome {
  return { next: 'refunding', state: { key, plan: JSON.stringify(plan) } };
}

/** @returns why a refund was refused; null: all of them were taken */
async function refundAll(
  { refund }: ResolveReviewContext,
  run: Run,
): Promise<TollgateError | null> {
  const { reason } = readInput(resolveReviewInput, run.body);
  const plan = JSON.parse(String(run.state['plan'])) as PlannedRefund[];
  for (const [index, { paymentId, amountMinor }] of plan.entries()) {
    const body = { amountMinor, reason };
    const answer = await runRefund(refund, {
      caller: `review:${idIn(run)}`,
      key: `${keyIn(run)}-${index}`,
      fingerprint: fingerprintRequest('POST', `/v1/payments/${paymentId}/refunds`, { amountMinor }),
      params: { id: paymentId },
      body,
    });
    if (answer.status >= 400) return readStoredProblem(answer);
  }
  return null;
}

/** Somebody else who makes the same refund is no refusal: it can be asked for again. */
async function runRefund(
  refund: ResolveReviewContext['refund'],
  request: CommandRequest,
): Promise<StoredResponse> {
  try {
    return await refund(request);
  } catch (error) {
    if (!(error instanceof TollgateError) || error.code !== 'request_in_progress') throw error;
    throw new TollgateError('provider_outcome_unknown', 'the refund is being made: ask again');
  }
}

async function recordRefund(
  context: ResolveReviewContext,
  tx: Tx,
  run: Run,
  refusal: TollgateError | null,
): Promise<Outcome> {
  const { reason } = readInput(resolveReviewInput, run.body);
  const subject = await lockReviewed(tx, idIn(run));
  if (!subject) throw new Error('the review of this request is not there');
  const { review } = subject;
  await endReviewRefund(tx, review.id, keyIn(run));
  if (refusal !== null) {
    await audit(tx, run, 'review.resolve', reason, refusal.code);
    return { refused: refusal };
  }
  // The webhook of the refund may have been faster: then the contradiction is gone already.
  if (review.status !== 'resolved') {
    await resolveReview(tx, subject, { resolution: 'refund', by: run.caller, reason });
    await audit(tx, run, 'review.resolve', reason, 'refund');
  }
  return { response: { status: 200, body: await present(context, tx, review.id) } };
}

async function present({ secondPersonMinor }: ResolveReviewContext, tx: Tx, id: string) {
  const review = await findReview(tx, id);
  if (!review) throw new Error('a review that was just locked is not there');
  return presentReviewDetails(review, secondPersonMinor);
}

function audit(
  tx: Tx,
  run: Run,
  action: 'review.propose' | 'review.resolve',
  reason: string,
  result: string,
): Promise<void> {
  return insertAuditEntry(tx, {
    actor: run.caller,
    role: ROLE,
    action,
    subject: idIn(run),
    reason,
    result,
  });
}

function idIn({ params }: Run): string {
  return readInput(reviewParams, params).id;
}

function keyIn({ state }: Run): string {
  return String(state['key']);
}
