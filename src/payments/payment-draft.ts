import type { Transfer } from '../ledger/transfers.js';
import type { DerivedDispute, DerivedPayment } from './derive-payment.js';
import { isEqual, mergeFacts, registerOf } from './fact-register.js';
import type { ReviewStandings } from './reconcile-reviews.js';
import type { DisputeRow, PaymentRow, RecordedFact, RingState } from './ring-state.js';

/** A payment while the ring is worked through. */
export interface PaymentDraft {
  row: PaymentRow;
  isChanged: boolean;
  readonly facts: Map<string, RecordedFact>;
  readonly changedFacts: Set<string>;
  readonly disputes: Map<string, DisputeRow>;
  readonly changedDisputes: Set<string>;
  readonly reviews: ReviewStandings;
  /** What stands in the ledger for it. */
  readonly transfers: Transfer[];
}

/** A payment as it was loaded, before the first event of the ring. */
export function toPaymentDraft(row: PaymentRow, state: RingState): PaymentDraft {
  const facts = state.facts.get(row.id) ?? [];
  return {
    row,
    isChanged: false,
    facts: new Map(facts.map((fact) => [registerOf(fact), fact])),
    changedFacts: new Set(),
    disputes: new Map(
      state.disputes.filter((one) => one.paymentId === row.id).map((one) => [one.key, one]),
    ),
    changedDisputes: new Set(),
    reviews: new Map(
      state.reviews.filter((one) => one.paymentId === row.id).map((one) => [one.reason, one]),
    ),
    transfers: state.transfers.filter((one) => one.paymentId === row.id),
  };
}

/** Merges a fact into its register; true when the register holds something else than before. */
export function remember(draft: PaymentDraft, fact: RecordedFact): boolean {
  const register = registerOf(fact);
  const known = draft.facts.get(register);
  if (known) {
    const merged = mergeFacts(known, fact);
    if (isEqual(merged, known)) return false;
  }
  draft.facts.set(register, fact);
  draft.changedFacts.add(register);
  return true;
}

/** A row with everything that follows from the facts put in. */
export function withDerived(
  row: PaymentRow,
  derived: DerivedPayment,
  orderId: string | null,
): PaymentRow {
  const { status, currency, amountMinor, livemode } = derived;
  const { amountAuthorizedMinor, amountCapturedMinor, amountRefundedMinor } = derived;
  return {
    ...row,
    orderId,
    status,
    currency,
    amountMinor,
    amountAuthorizedMinor,
    amountCapturedMinor,
    amountRefundedMinor,
    livemode: livemode ?? row.livemode,
  };
}

const DERIVED_COLUMNS = [
  'orderId',
  'status',
  'currency',
  'amountMinor',
  'amountAuthorizedMinor',
  'amountCapturedMinor',
  'amountRefundedMinor',
  'livemode',
] as const satisfies readonly (keyof PaymentRow)[];

/** True when the facts say something else than the row. */
export function differs(before: PaymentRow, after: PaymentRow): boolean {
  return DERIVED_COLUMNS.some((column) => before[column] !== after[column]);
}

/** True when a dispute is what it was. */
export function isSameDispute(before: DisputeRow, derived: DerivedDispute): boolean {
  return (
    before.status === derived.status &&
    before.amountMinor === derived.amountMinor &&
    before.currency === derived.currency
  );
}

/** Registers that hold something else than before the ring. */
export function changedFactsOf(draft: PaymentDraft) {
  return [...draft.changedFacts].flatMap((register) => {
    const fact = draft.facts.get(register);
    return fact ? [{ paymentId: draft.row.id, ...fact }] : [];
  });
}

/** Disputes that are new or have moved. */
export function changedDisputesOf(draft: PaymentDraft): DisputeRow[] {
  return [...draft.disputes.values()].filter((one) => draft.changedDisputes.has(one.key));
}
