import { newId } from '../new-id.js';
import { isMoney, postingsOf } from '../ledger/posting-rules.js';
import { transfersBetween, type Transfer } from '../ledger/transfers.js';
import type { NewMessage } from '../outbox/message.js';
import { derivePayment, type DerivedDispute } from './derive-payment.js';
import { DISPUTE_TRANSITIONS } from './dispute.states.js';
import { registerOf, saysTheSame } from './fact-register.js';
import { OrderDrafts, type PaymentReviews } from './order-drafts.js';
import { PAYMENT_TRANSITIONS } from './payment.states.js';
import { PartDrafts } from './part-drafts.js';
import {
  changedDisputesOf,
  changedFactsOf,
  differs,
  isSameDispute,
  remember,
  toPaymentDraft,
  withDerived,
  type PaymentDraft,
} from './payment-draft.js';
import { reconcileReviews, standingAfter, type ReviewMove } from './reconcile-reviews.js';
import type {
  ApplyOutcome,
  Cause,
  EventFacts,
  PaymentRow,
  RecordedFact,
  DisputeRow,
  ReviewChange,
  RingChanges,
  RingState,
  Transition,
} from './ring-state.js';
import { disputeMessage, paymentMessages, paymentReviewMessage } from './tell.js';
import { assertMove } from './verdict.js';

/**
 * Works out what the events of a ring change, one after the other, in memory. Pure but for the ids
 * of new disputes: the same events and state give the same changes, so a ring of a hundred events
 * ends exactly as a hundred rings of one, at a handful of statements.
 *
 * @throws TollgateError `transition_impossible` when a table says that a move cannot happen
 */
export function planRing(events: readonly EventFacts[], state: RingState): RingChanges {
  const drafts = new Map(state.payments.map((row) => [row.id, toPaymentDraft(row, state)]));
  const orders = new OrderDrafts(state);
  const parts = new PartDrafts(state);
  const byProviderId = new Map(
    state.payments.map((row) => [keyOf(row, row.providerPaymentId), row.id]),
  );
  const outcomes = new Map<string, ApplyOutcome>();
  const transitions: Transition[] = [];
  const reviewChanges: ReviewChange[] = [];
  const transfers: (Transfer & Cause)[] = [];
  const messages: NewMessage[] = [];

  for (const event of events) {
    const { providerPaymentId, partIds } = event.facts;
    const paymentId =
      providerPaymentId === null
        ? parts.paymentOf(event, partIds[0])
        : byProviderId.get(keyOf(event, providerPaymentId));
    const draft = drafts.get(paymentId ?? '');
    const outcome = draft ? applyToPayment(event, draft) : parts.park(event);
    if (event.inboxId !== null) outcomes.set(event.inboxId, outcome);
  }

  return {
    outcomes,
    transitions: [...transitions, ...orders.transitions],
    reviews: lastOfEach([...reviewChanges, ...orders.reviewChanges]),
    payments: [...drafts.values()].filter((one) => one.isChanged).map((one) => one.row),
    facts: [...drafts.values()].flatMap(changedFactsOf),
    disputes: [...drafts.values()].flatMap(changedDisputesOf),
    orders: orders.changed(),
    transfers,
    messages: [...messages, ...orders.messages],
    ...parts.changes(),
  };

  function applyToPayment(event: EventFacts, draft: PaymentDraft): ApplyOutcome {
    const told = event.facts.facts.map((fact) => ({
      livemode: event.facts.livemode,
      inboxId: event.inboxId,
      ...fact,
    }));
    const incoming = [...told, ...parts.link(event, draft.row.id)];
    const isRepeated = incoming.every((fact) => {
      const known = draft.facts.get(registerOf(fact));
      return known !== undefined && saysTheSame(known, fact);
    });
    const news = incoming.filter((fact) => remember(draft, fact));
    const derived = derivePayment([...draft.facts.values()]);

    const before = draft.row;
    const cause: Cause = { inboxId: event.inboxId, command: event.command };
    const moved = moveDisputes(draft, derived.disputes, news, cause);
    const moves = reconcileReviews(derived.contradictions, draft.reviews);
    const reviews = moves.filter(({ isNews }) => isNews);
    for (const move of moves) {
      draft.reviews.set(move.reason, standingAfter(move, draft.reviews.get(move.reason)));
      const { inboxId } = event;
      reviewChanges.push({ ...move, paymentId: before.id, orderId: null, inboxId });
    }
    const after = withDerived(before, derived, orders.idOf(derived.orderReference));
    const posted = post(draft, after, cause);
    const isNew = before.version === 0;
    const isMoved = moved.length > 0 || posted.length > 0;
    if (!isNew && !isMoved && reviews.length === 0 && !differs(before, after)) {
      const reason = isRepeated ? 'repeated' : 'stale';
      return { outcome: 'noop', reason, paymentId: before.id, partId: null };
    }

    draft.row = { ...after, version: before.version + 1 };
    draft.isChanged = true;
    if (isNew || before.status !== after.status) {
      assertMove(PAYMENT_TRANSITIONS[before.status][after.status], before.status, after.status);
      transitions.push({
        paymentId: before.id,
        orderId: null,
        disputeId: null,
        version: draft.row.version,
        from: isNew ? null : before.status,
        to: after.status,
        facts: news,
        ...cause,
      });
    }
    tell(before, draft, moved, reviews);
    orders.update(before.orderId, draft.row, reviewsOf(draft, reviews), cause, news);
    return { outcome: 'applied', paymentId: before.id };
  }

  /** Posts what is missing in the ledger after an event. */
  function post(draft: PaymentDraft, after: PaymentRow, cause: Cause): readonly Transfer[] {
    const facts = [...draft.facts.values()];
    if (!facts.some(({ kind }) => isMoney(kind))) return [];
    const postings = postingsOf({ order: orders.orderOf(after), facts, ...after });
    const { inboxId, command } = cause;
    const missing = transfersBetween(after.id, postings, draft.transfers);
    draft.transfers.push(...missing);
    transfers.push(...missing.map((transfer) => ({ inboxId, command, ...transfer })));
    return missing;
  }

  /** Tells others of a payment that has changed, and of its disputes. */
  function tell(
    before: PaymentRow,
    draft: PaymentDraft,
    moved: readonly DisputeMove[],
    reviews: readonly ReviewMove[],
  ): void {
    const { row: after } = draft;
    const reference = orders.orderOf(after)?.reference ?? null;
    messages.push(...paymentMessages(before, after, reference));
    messages.push(...moved.map((one) => disputeMessage(one.before, one.after, after, reference)));
    const { changed } = reviewsOf(draft, reviews); // the order tells of them as well
    const told = changed.map((one) => paymentReviewMessage(before, after, reference, one));
    messages.push(...told);
  }

  function moveDisputes(
    draft: PaymentDraft,
    derived: readonly DerivedDispute[],
    news: readonly RecordedFact[],
    cause: Cause,
  ): DisputeMove[] {
    const moves: DisputeMove[] = [];
    for (const dispute of derived) {
      const before = draft.disputes.get(dispute.key);
      if (before && isSameDispute(before, dispute)) continue;
      const id = before?.id ?? newId();
      const version = (before?.version ?? 0) + 1;
      const after = { id, version, paymentId: draft.row.id, ...dispute };
      moves.push({ before, after });
      draft.disputes.set(dispute.key, after);
      draft.changedDisputes.add(dispute.key);
      if (before?.status === dispute.status) continue;
      if (before) {
        assertMove(
          DISPUTE_TRANSITIONS[before.status][dispute.status],
          before.status,
          dispute.status,
        );
      }
      transitions.push({
        paymentId: null,
        orderId: null,
        disputeId: id,
        version,
        from: before?.status ?? null,
        to: dispute.status,
        facts: news.filter((fact) => fact.kind === 'dispute' && fact.key === dispute.key),
        ...cause,
      });
    }
    return moves;
  }
}

interface DisputeMove {
  readonly before: DisputeRow | undefined;
  readonly after: DisputeRow;
}

/** The reviews of a payment as others are told of them. */
function reviewsOf({ row, reviews }: PaymentDraft, moves: readonly ReviewMove[]): PaymentReviews {
  const toSnapshot = ({ reason, status }: Pick<ReviewMove, 'reason' | 'status'>) => {
    return { reason, status, paymentId: row.id };
  };
  return {
    open: [...reviews].flatMap(([reason, { status }]) =>
      status === 'open' ? [toSnapshot({ reason, status })] : [],
    ),
    changed: moves.map(toSnapshot),
  };
}

/** A review may change twice within a ring; the last word is what is written. */
function lastOfEach(changes: readonly ReviewChange[]): ReviewChange[] {
  const last = new Map(
    changes.map((one) => [`${one.paymentId ?? one.orderId ?? ''} ${one.reason}`, one]),
  );
  return [...last.values()];
}

function keyOf(one: { provider: string; account: string }, id: string): string {
  return JSON.stringify([one.provider, one.account, id]);
}
