import type { Tx } from '../database/transaction.js';
import { insertMessages } from '../outbox/outbox.queries.js';
import { deriveOrder } from './derive-order.js';
import { derivePayment } from './derive-payment.js';
import { loadFacts, loadOrderPayments, loadReviews } from './load.queries.js';
import { termsOf } from './order-drafts.js';
import { lockPayments } from './lock.queries.js';
import { openDrafts, writeDrafts } from './write-drafts.js';
import { lockOrders } from './order.queries.js';
import { OutdatedRead } from './outdated-read.js';
import {
  insertDecision,
  markCovered,
  markResolved,
  setReviewAmount,
  type Decision,
} from './decision.queries.js';
import { findReview, lockReview, type ReviewDetails } from './review.queries.js';
import type { Contradiction } from './review-reasons.js';
import type { OrderRow, PaymentRow } from './ring-state.js';
import { paymentReviewMessage } from './tell.js';
import { updatePayments } from './write.queries.js';

/** A review with everything that it is about, locked. */
export interface LockedReview {
  readonly review: ReviewDetails;
  /** The order that it holds. */
  readonly order: OrderRow | null;
  /** The payment that it is about; all those of its order, when it is about that. */
  readonly payments: readonly PaymentRow[];
}

/**
 * Locks a review and what it is about: the order, then payments, then the review.
 * @returns null when there is none with this id
 */
export async function lockReviewed(tx: Tx, id: string): Promise<LockedReview | null> {
  const before = await findReview(tx, id);
  if (!before) return null;
  const { orderReference } = before;
  const [order = null] = orderReference === null ? [] : await lockOrders(tx, [orderReference]);
  const ids =
    before.paymentId === null
      ? (await loadOrderPayments(tx, order ? [order.id] : [])).map((one) => one.id)
      : [before.paymentId];
  const payments = await lockPayments(tx, [], ids);
  await lockReview(tx, id);
  const review = await findReview(tx, id);
  if (review?.orderReference !== orderReference || review.paymentId !== before.paymentId) {
    throw new OutdatedRead('a review belongs to another payment or order than before its lock');
  }
  return { review: await withStake(tx, review, order, payments), order, payments };
}

/** What is at stake as it is now: a row that is older than that column does not know it. */
async function withStake(
  tx: Tx,
  review: ReviewDetails,
  order: OrderRow | null,
  payments: readonly PaymentRow[],
): Promise<ReviewDetails> {
  const found = await findContradictions(tx, review, order, payments);
  const stake = found.find(({ reason }) => reason === review.reason);
  if (review.status !== 'open' || !stake) return review;
  if (stake.amountMinor === BigInt(review.amountMinor)) return review;
  await setReviewAmount(tx, review.id, stake.amountMinor);
  return { ...review, amountMinor: Number(stake.amountMinor) };
}

async function findContradictions(
  tx: Tx,
  { paymentId }: ReviewDetails,
  order: OrderRow | null,
  payments: readonly PaymentRow[],
): Promise<readonly Contradiction[]> {
  if (paymentId === null) return order ? deriveOrder(termsOf(order), payments).contradictions : [];
  const facts = (await loadFacts(tx, [paymentId])).get(paymentId) ?? [];
  return derivePayment(facts).contradictions;
}

/**
 * Ends a review by what a person decided, derives its order again, and tells others. It stays as it
 * is until more is at stake than the decision covers.
 */
export async function resolveReview(
  tx: Tx,
  { review, order, payments }: LockedReview,
  decision: Decision,
): Promise<void> {
  await markResolved(tx, review.id, decision);
  await recordDecision(tx, review, decision);
  const [payment] = review.paymentId === null ? [] : payments;
  if (payment) await resolveOfPayment(tx, review, order, payment);
  else if (order) await resolveOfOrder(tx, review, order);
}

/** Records what a person decided about a review at which more has come to be at stake since. */
export async function coverReview(
  tx: Tx,
  { review }: LockedReview,
  decision: Decision,
): Promise<void> {
  await markCovered(tx, review.id, decision.coversMinor);
  await recordDecision(tx, review, decision);
}

function recordDecision(tx: Tx, review: ReviewDetails, decision: Decision): Promise<void> {
  return insertDecision(tx, {
    reviewId: review.id,
    actor: decision.by,
    resolution: decision.resolution,
    isProposal: false,
    reason: decision.reason,
    amountMinor: review.amountMinor,
  });
}

const CAUSE = { inboxId: null, command: 'resolve_review' };

async function resolveOfPayment(
  tx: Tx,
  review: ReviewDetails,
  order: OrderRow | null,
  before: PaymentRow,
): Promise<void> {
  const after = { ...before, version: before.version + 1 };
  const resolved = { reason: review.reason, status: 'resolved', paymentId: after.id } as const;
  await updatePayments(tx, [after]);
  const message = paymentReviewMessage(before, after, order?.reference ?? null, resolved);
  await insertMessages(tx, [message]);
  if (!order) return;
  const drafts = await openDrafts(tx, order);
  const reviews = await loadReviews(tx, [after.id], []);
  const open = reviews
    .filter(({ status }) => status === 'open')
    .map(({ reason, status }) => ({ reason, status, paymentId: after.id }));
  drafts.update(order.id, after, { open, changed: [resolved] }, CAUSE, []);
  await writeDrafts(tx, drafts);
}

async function resolveOfOrder(tx: Tx, review: ReviewDetails, order: OrderRow): Promise<void> {
  const drafts = await openDrafts(tx, order);
  drafts.resolve(order.id, review.reason, CAUSE);
  await writeDrafts(tx, drafts);
}
