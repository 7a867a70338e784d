import { randomUUID } from 'node:crypto';
import { insertAuditEntry } from '../audit/audit.queries.js';
import type { Tx } from '../database/transaction.js';
import { TollgateError } from '../errors.js';
import {
  asking,
  writing,
  type Operation,
  type Outcome,
  type Run,
} from '../idempotency/operation.js';
import { presentReviewDetails } from '../payments/present-review.js';
import {
  coverReview,
  lockReviewed,
  resolveReview,
  type LockedReview,
} from '../payments/resolve-review.js';
import {
  endReviewRefund,
  insertDecision,
  proposeResolution,
  startReviewRefund,
  type PlannedRefund,
  type RefundPlan,
  type WantedRefund,
} from '../payments/decision.queries.js';
import { findReview } from '../payments/review.queries.js';
import { readInput } from '../read-input.js';
import { apiOf } from './context.js';
import { resolveReviewInput, reviewParams } from './inputs.js';
import { leftOfEach } from './left-to-refund.js';
import { leftAtStake, pendingAtStake, planReviewRefunds } from './plan-review-refunds.js';
import { refundReview, type RefundReviewContext } from './refund-review.js';
import { isSameWish, isUnderWay, needsProposal, wantedOf } from './review-wish.js';

/** What deciding about a review needs. */
export interface ResolveReviewContext extends RefundReviewContext {
  /** How long the keys of refunds are remembered. */
  readonly ttlSeconds: number;
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
      started: writing((tx, run) => decideOrRefuse(context, tx, run)),
      refunding: asking(
        (run) => refundAll(context, run),
        (tx, run, refusal) => recordRefund(context, tx, run, refusal),
      ),
    },
  };
}

/** Whoever is refused did nothing, and is in the audit all the same. */
async function decideOrRefuse(context: ResolveReviewContext, tx: Tx, run: Run): Promise<Outcome> {
  try {
    return await decide(context, tx, run);
  } catch (error) {
    if (!(error instanceof TollgateError) || (error.status ?? 500) >= 500) throw error;
    await audit(tx, run, 'review.resolve', null, error.code);
    return { refused: error };
  }
}

async function decide(context: ResolveReviewContext, tx: Tx, run: Run): Promise<Outcome> {
  const { resolution, reason, ...wanted } = readInput(resolveReviewInput, run.body);
  const subject = await lockReviewed(tx, idIn(run));
  if (!subject) throw new TollgateError('not_found', 'there is no review with this id');
  const { review } = subject;
  refuseClosed(subject, run);
  const { refundPlan, refundKey } = review;
  if (refundKey !== null && refundPlan !== null && isUnderWay(refundPlan, context.ttlSeconds)) {
    refuseAnother(refundPlan, resolution, wanted);
    return refunding(refundKey, refundPlan);
  }

  const by = run.caller;
  const named = wantedOf(wanted, review.proposal);
  const refunds =
    resolution === 'refund'
      ? planReviewRefunds(subject, await leftOfEach(tx, subject.payments), named)
      : [];
  const at = new Date().toISOString();
  if (needsProposal(context.secondPersonMinor, review, { resolution, by, refunds })) {
    const { id: reviewId, amountMinor } = review;
    const decision = { resolution, reason, isProposal: true } as const;
    await proposeResolution(tx, reviewId, { resolution, by, reason, at, wanted: named, refunds });
    await insertDecision(tx, { reviewId, actor: by, ...decision, amountMinor });
    await audit(tx, run, 'review.propose', reason, resolution);
    return { response: { status: 202, body: await present(context, tx, review.id) } };
  }
  if (resolution === 'refund') {
    refuseUnaskable(context, subject, refunds);
    const key = `review-${review.id}-${randomUUID()}`;
    const plan = { ...named, by, at, refunds, leftMinor: leftAtStake(subject, refunds) };
    await startReviewRefund(tx, review.id, key, plan);
    await audit(tx, run, 'review.resolve', reason, 'refunding');
    return refunding(key, plan);
  }
  await resolveReview(tx, subject, { resolution, by, reason, coversMinor: review.amountMinor });
  await audit(tx, run, 'review.resolve', reason, resolution);
  return { response: { status: 200, body: await present(context, tx, review.id) } };
}

function refuseClosed({ review }: LockedReview, run: Run): void {
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
}

/** A refund that is being made can be taken part in; nothing else can be decided meanwhile. */
function refuseAnother(plan: RefundPlan, resolution: string, wanted: WantedRefund): void {
  const isUnnamed = wanted.paymentId === null && wanted.amountMinor === null;
  if (resolution === 'refund' && (isUnnamed || isSameWish(plan, wanted))) return;
  throw new TollgateError(
    'request_in_progress',
    'a refund of this review is being made: see what becomes of it first',
  );
}

/**
 * A provider that cannot be asked at all: then nothing is decided, and nothing happens by itself on
 * the day on which it can.
 * @throws TollgateError `provider_not_configured`
 */
function refuseUnaskable(
  { checkout }: ResolveReviewContext,
  { payments }: LockedReview,
  refunds: readonly PlannedRefund[],
): void {
  const ids = refunds.map(({ paymentId }) => paymentId);
  for (const payment of payments) if (ids.includes(payment.id)) apiOf(checkout, payment);
}

function refunding(key: string, plan: RefundPlan): Outcome {
  return { next: 'refunding', state: { key, plan: JSON.stringify(plan) } };
}

/** @returns why a refund was refused; null: all of them were taken */
function refundAll(context: ResolveReviewContext, run: Run): Promise<TollgateError | null> {
  const { reason } = readInput(resolveReviewInput, run.body);
  const { refunds } = planIn(run);
  return refundReview(context, { reviewId: idIn(run), key: keyIn(run), refunds, reason });
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
  const isOurs = review.refundKey === keyIn(run); // who took part in it finds it ended
  if (isOurs) await endReviewRefund(tx, review.id);
  if (refusal !== null) {
    await audit(tx, run, 'review.resolve', reason, refusal.code);
    return { refused: refusal };
  }
  if (isOurs) await recordMade(tx, subject, run, reason);
  await audit(tx, run, 'review.resolve', reason, isOurs ? 'refund' : 'unchanged');
  return { response: { status: 200, body: await present(context, tx, review.id) } };
}

/**
 * The webhook of the refund may have been faster: then the contradiction is gone already. And more
 * money may have come meanwhile, about which nobody has decided.
 */
async function recordMade(tx: Tx, subject: LockedReview, run: Run, reason: string): Promise<void> {
  const { review } = subject;
  const { leftMinor: coversMinor } = planIn(run);
  const decision = { resolution: 'refund', by: run.caller, reason, coversMinor } as const;
  const left = await leftOfEach(tx, subject.payments);
  const isMore = review.amountMinor - pendingAtStake(subject, left) > coversMinor;
  if (review.status === 'open' && isMore) await coverReview(tx, subject, decision);
  else await resolveReview(tx, subject, decision);
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
  reason: string | null,
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

function planIn({ state }: Run): RefundPlan {
  return JSON.parse(String(state['plan'])) as RefundPlan;
}

function keyIn({ state }: Run): string {
  return String(state['key']);
}
