import { deriveOrder, type OrderPayment, type OrderTerms } from './derive-order.js';
import type { StoredFact } from './fact-register.js';
import { ORDER_TRANSITIONS, type OrderStatus } from './order.states.js';
import { reconcileReviews, type ReviewStatuses } from './reconcile-reviews.js';
import type {
  Cause,
  OrderRow,
  PaymentRow,
  ReviewChange,
  RingState,
  Transition,
} from './ring-state.js';
import { assertMove } from './verdict.js';

interface OrderDraft {
  row: OrderRow;
  isChanged: boolean;
  readonly payments: Map<string, OrderPayment>;
  /** Payments with an open review of their own: they hold the order too. */
  readonly heldPayments: Set<string>;
  readonly reviews: ReviewStatuses;
}

/** The orders of a ring while it is worked through: each is derived again when a payment moves. */
export class OrderDrafts {
  readonly transitions: Transition[] = [];
  readonly reviewChanges: ReviewChange[] = [];
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

  /** Takes over what a payment has become, and derives the order it left and the one it has. */
  update(
    formerOrderId: string | null,
    payment: PaymentRow,
    isHeld: boolean,
    cause: Cause,
    news: readonly StoredFact[],
  ): void {
    if (formerOrderId !== null && formerOrderId !== payment.orderId) {
      const former = this.drafts.get(formerOrderId);
      former?.payments.delete(payment.id);
      former?.heldPayments.delete(payment.id);
      this.derive(formerOrderId, cause, news);
    }
    if (payment.orderId === null) return;
    const draft = this.drafts.get(payment.orderId);
    draft?.payments.set(payment.id, payment);
    if (isHeld) draft?.heldPayments.add(payment.id);
    else draft?.heldPayments.delete(payment.id);
    this.derive(payment.orderId, cause, news);
  }

  /** Derives an order again from its terms, payments and reviews. */
  derive(orderId: string, cause: Cause, news: readonly StoredFact[]): void {
    const draft = this.drafts.get(orderId);
    if (!draft) return;
    const derived = deriveOrder(termsOf(draft.row), [...draft.payments.values()]);
    for (const change of reconcileReviews(derived.contradictions, draft.reviews)) {
      draft.reviews.set(change.reason, change.status);
      this.reviewChanges.push({ ...change, paymentId: null, orderId, inboxId: cause.inboxId });
    }
    const isHeld = draft.heldPayments.size > 0 || [...draft.reviews.values()].includes('open');
    const before = draft.row;
    const after: OrderRow = {
      ...before,
      status: isHeld ? 'in_review' : derived.moneyStatus,
      currency: derived.currency,
      amountPaidMinor: derived.amountPaidMinor,
      amountRefundedMinor: derived.amountRefundedMinor,
    };
    if (!differs(before, after)) return;
    draft.row = { ...after, version: before.version + 1 };
    draft.isChanged = true;
    this.recordMove(before, draft.row, cause, news);
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

/** Before an order is created, its currency is its payments' and not a term. */
function termsOf(row: OrderRow): OrderTerms {
  return row.amountDueMinor === null ? { ...row, currency: null } : row;
}

function toDraft(
  row: OrderRow,
  { orderPayments, reviews }: Pick<RingState, 'orderPayments' | 'reviews'>,
): OrderDraft {
  const payments = new Map(
    orderPayments.filter((one) => one.orderId === row.id).map((one) => [one.id, one]),
  );
  const held = reviews.flatMap(({ paymentId, status }) =>
    paymentId !== null && status === 'open' && payments.has(paymentId) ? [paymentId] : [],
  );
  const own = reviews.filter((one) => one.orderId === row.id);
  return {
    row,
    isChanged: false,
    payments,
    heldPayments: new Set(held),
    reviews: new Map(own.map(({ reason, status }) => [reason, status])),
  };
}

function differs(before: OrderRow, after: OrderRow): boolean {
  return (
    before.status !== after.status ||
    before.currency !== after.currency ||
    before.amountPaidMinor !== after.amountPaidMinor ||
    before.amountRefundedMinor !== after.amountRefundedMinor
  );
}
