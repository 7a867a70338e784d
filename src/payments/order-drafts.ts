import type { MessageType, NewMessage, ReviewSnapshot } from '../outbox/message.js';
import { deriveOrder, type OrderTerms } from './derive-order.js';
import type { StoredFact } from './fact-register.js';
import { ORDER_TRANSITIONS, type OrderStatus } from './order.states.js';
import { reconcileReviews, standingAfter, type ReviewStandings } from './reconcile-reviews.js';
import type {
  Cause,
  OrderRow,
  PaymentRow,
  ReviewChange,
  ReviewRow,
  RingState,
  Transition,
} from './ring-state.js';
import type { ReviewReason } from './review-reasons.js';
import { orderMessage } from './tell.js';
import { assertMove } from './verdict.js';

interface OrderDraft {
  row: OrderRow;
  isChanged: boolean;
  readonly payments: Map<string, PaymentRow>;
  /** Open reviews of its payments, by payment: they hold the order too. */
  readonly paymentReviews: Map<string, readonly ReviewSnapshot[]>;
  readonly reviews: ReviewStandings;
}

/** The orders of a ring while it is worked through: each is derived again when a payment moves. */
export class OrderDrafts {
  readonly transitions: Transition[] = [];
  readonly reviewChanges: ReviewChange[] = [];
  readonly messages: NewMessage[] = [];
  private readonly drafts: Map<string, OrderDraft>;
  private readonly idByReference: Map<string, string>;

  constructor(state: Pick<RingState, 'orders' | 'orderPayments' | 'reviews'>) {
    this.drafts = new Map(state.orders.map((row) => [row.id, toDraft(row, state)]));
    this.idByReference = new Map(state.orders.map((row) => [row.reference, row.id]));
  }

  /** The id of the order with this reference; every reference that a ring names is locked. */
  idOf(reference: string | null): string | null {
    if (reference === null) return null;
    const id = this.idByReference.get(reference);
    if (id === undefined) throw new Error('an order of the ring was not locked');
    return id;
  }

  /** The order that a payment belongs to, as others know it; null: none. */
  orderOf(payment: PaymentRow): Pick<OrderRow, 'id' | 'reference'> | null {
    if (payment.orderId === null) return null;
    const draft = this.drafts.get(payment.orderId);
    if (!draft) throw new Error('the order of a payment of the ring was not locked');
    return draft.row;
  }

  /** Takes over what a payment has become, and derives the order it left and the one it has. */
  update(
    formerOrderId: string | null,
    payment: PaymentRow,
    reviews: PaymentReviews,
    cause: Cause,
    news: readonly StoredFact[],
  ): void {
    const hasMoved = formerOrderId !== payment.orderId;
    if (formerOrderId !== null && hasMoved) this.leave(formerOrderId, payment, cause, news);
    if (payment.orderId === null) return;
    const draft = this.drafts.get(payment.orderId);
    draft?.payments.set(payment.id, payment);
    draft?.paymentReviews.set(payment.id, reviews.open);
    // An order that a payment has just come to knows nothing of its reviews.
    this.derive(payment.orderId, cause, news, hasMoved ? reviews.open : reviews.changed);
  }

  /** Reviews of a payment hold its order no longer once it belongs to another one. */
  private leave(
    orderId: string,
    payment: PaymentRow,
    cause: Cause,
    news: readonly StoredFact[],
  ): void {
    const draft = this.drafts.get(orderId);
    const held = draft?.paymentReviews.get(payment.id) ?? [];
    draft?.payments.delete(payment.id);
    draft?.paymentReviews.delete(payment.id);
    this.derive(
      orderId,
      cause,
      news,
      held.map((review) => ({ ...review, status: 'withdrawn' })),
    );
  }

  /**
   * Derives an order again from its terms, payments and reviews.
   * @param told reviews of its payments that have changed
   */
  derive(
    orderId: string,
    cause: Cause,
    facts: readonly StoredFact[],
    told: readonly ReviewSnapshot[] = [],
  ): void {
    const draft = this.drafts.get(orderId);
    if (!draft) return;
    const derived = deriveOrder(termsOf(draft.row), [...draft.payments.values()]);
    const changes = reconcileReviews(derived.contradictions, draft.reviews);
    for (const change of changes) {
      draft.reviews.set(change.reason, standingAfter(change, draft.reviews.get(change.reason)));
      this.reviewChanges.push({ ...change, paymentId: null, orderId, inboxId: cause.inboxId });
    }
    const isHeld = openReviewsOf(draft).length > 0;
    const before = draft.row;
    const after: OrderRow = {
      ...before,
      status: isHeld ? 'in_review' : derived.moneyStatus,
      currency: derived.currency,
      amountPaidMinor: derived.amountPaidMinor,
      amountRefundedMinor: derived.amountRefundedMinor,
    };
    const news = changes.filter(({ isNews }) => isNews);
    const reviews = [...told, ...news.map((one) => toSnapshot({ ...one, paymentId: null }))];
    if (!differs(before, after) && reviews.length === 0) return;
    draft.row = { ...after, version: before.version + 1 };
    draft.isChanged = true;
    this.recordMove(before, draft.row, cause, facts);
    if (before.status !== after.status) this.tell(orderId, `order.${after.status}`, before.status);
    else if (differs(before, after)) this.tell(orderId, 'order.updated', before.status);
    for (const review of reviews) {
      const type = review.status === 'open' ? 'order.review_opened' : 'order.review_resolved';
      this.tell(orderId, type, before.status, review);
    }
  }

  /**
   * Ends a review of an order itself by what a person has decided, and derives the order again.
   * @returns false when there is no such review
   */
  resolve(orderId: string, reason: ReviewReason, cause: Cause): boolean {
    const reviews = this.drafts.get(orderId)?.reviews;
    const review = reviews?.get(reason);
    if (!review) return false;
    reviews?.set(reason, { ...review, status: 'resolved', resolvedMinor: review.amountMinor });
    this.derive(orderId, cause, [], [{ reason, status: 'resolved', paymentId: null }]);
    return true;
  }

  /** What others are told of an order as it is now. */
  messageOf(
    orderId: string,
    type: MessageType,
    previousStatus: OrderStatus | null,
    review?: ReviewSnapshot,
  ): NewMessage {
    const draft = this.drafts.get(orderId);
    if (!draft) throw new Error('an order of the ring was not locked');
    const { row: order, payments } = draft;
    const news = { type, order, previousStatus, openReviews: openReviewsOf(draft) };
    return orderMessage({ payments: payments.values(), ...(review && { review }), ...news });
  }

  private tell(...what: Parameters<OrderDrafts['messageOf']>): void {
    this.messages.push(this.messageOf(...what));
  }

  changed(): OrderRow[] {
    return [...this.drafts.values()].filter((one) => one.isChanged).map((one) => one.row);
  }

  private recordMove(
    before: OrderRow,
    after: OrderRow,
    cause: Cause,
    news: readonly StoredFact[],
  ): void {
    if (before.status === after.status) return;
    const from: OrderStatus = before.status;
    assertMove(ORDER_TRANSITIONS[from][after.status], from, after.status);
    this.transitions.push({
      paymentId: null,
      orderId: after.id,
      disputeId: null,
      version: after.version,
      from,
      to: after.status,
      facts: news,
      ...cause,
    });
  }
}

/** The reviews of a payment: those that hold it, and those that have just changed. */
export interface PaymentReviews {
  readonly open: readonly ReviewSnapshot[];
  readonly changed: readonly ReviewSnapshot[];
}

/**
 * Everything that holds an order: its own reviews, and those of its payments in the order of their
 * ids, as they are told.
 */
function openReviewsOf({ reviews, paymentReviews }: OrderDraft): ReviewSnapshot[] {
  const own = [...reviews].flatMap(([reason, { status }]) =>
    status === 'open' ? [{ reason, status, paymentId: null }] : [],
  );
  const payments = [...paymentReviews].sort(([one], [other]) => (one < other ? -1 : 1));
  return [...own, ...payments.flatMap(([, open]) => open)];
}

/** Before an order is created, its currency is its payments' and not a term. */
export function termsOf(row: OrderRow): OrderTerms {
  return row.amountDueMinor === null ? { ...row, currency: null } : row;
}

function toDraft(
  row: OrderRow,
  { orderPayments, reviews }: Pick<RingState, 'orderPayments' | 'reviews'>,
): OrderDraft {
  const payments = new Map(
    orderPayments.filter((one) => one.orderId === row.id).map((one) => [one.id, one]),
  );
  const paymentReviews = new Map(
    [...payments.keys()].map((id) => [
      id,
      reviews.filter((one) => one.paymentId === id && one.status === 'open').map(toSnapshot),
    ]),
  );
  const own = reviews.filter((one) => one.orderId === row.id);
  return {
    row,
    isChanged: false,
    payments,
    paymentReviews,
    reviews: new Map(own.map((one) => [one.reason, one])),
  };
}

function toSnapshot({
  reason,
  status,
  paymentId,
}: Pick<ReviewRow, 'reason' | 'status' | 'paymentId'>): ReviewSnapshot {
  return { reason, status, paymentId };
}

function differs(before: OrderRow, after: OrderRow): boolean {
  return (
    before.status !== after.status ||
    before.currency !== after.currency ||
    before.amountPaidMinor !== after.amountPaidMinor ||
    before.amountRefundedMinor !== after.amountRefundedMinor
  );
}
