import { compareValues, type StoredFact } from './fact-register.js';
import { REFUND_HINT_PREFIX, type DisputeState, type FactKind } from './payment-fact.js';
import type { PaymentStatus } from './payment.states.js';
import type { Contradiction } from './review-reasons.js';

/** A dispute as the newest fact about it says. */
export interface DerivedDispute {
  readonly key: string;
  readonly status: DisputeState;
  readonly amountMinor: bigint | null;
  readonly currency: string | null;
}

/** Everything that follows from the facts of one payment. Amounts in minor units of `currency`. */
export interface DerivedPayment {
  readonly status: PaymentStatus;
  /** Null as long as no fact names one. */
  readonly currency: string | null;
  /** What the provider was asked to collect; null as long as no fact says. */
  readonly amountMinor: bigint | null;
  readonly amountAuthorizedMinor: bigint;
  readonly amountCapturedMinor: bigint;
  readonly amountRefundedMinor: bigint;
  /** Null as long as no event says: our own commands do not know better than the provider. */
  readonly livemode: boolean | null;
  readonly orderReference: string | null;
  readonly disputes: readonly DerivedDispute[];
  /** In the order of `REVIEW_REASONS`; each opens a review. */
  readonly contradictions: readonly Contradiction[];
}

/** A refund of these states does not stand: its money is back with the merchant. */
const GIVES_MONEY_BACK: ReadonlySet<string | null> = new Set(['failed', 'cancelled']);

/**
 * The payment as a pure function of the set of facts told about it: no arrival time, no state that
 * was there before. Two sets with the same facts give the same payment, in whatever order the
 * facts were told.
 *
 * Money decides first (captured, refunded), then cancellation, then the newest of pending, failed
 * and authorized. A failed first attempt that is told late cannot undo a paid second one.
 */
export function derivePayment(facts: readonly StoredFact[]): DerivedPayment {
  const of = (kind: FactKind) => facts.filter((fact) => fact.kind === kind);
  const requested = of('requested');
  const modes = modesOf(facts);
  // Money that was taken says what the currency is; otherwise what was asked for does.
  const taken = of('captured').filter((fact) => (fact.amountMinor ?? 0n) > 0n);
  const currency = currencyOf(taken) ?? currencyOf(requested) ?? currencyOf(facts);
  const money = (kind: FactKind) =>
    of(kind).filter((fact) => fact.currency === null || fact.currency === currency);

  const captures = money('captured');
  const captured = sum(captures);
  const refunds = money('refund');
  const refundedByFacts = refundedMinor(newest(money('refunded_total')), refunds);
  // A refund that is told before its capture waits: nothing was taken yet, so nothing is back.
  const refunded = captured > 0n ? refundedByFacts : 0n;
  const amount =
    newest(money('requested').filter((fact) => fact.amountMinor !== null))?.amountMinor ?? null;

  return {
    status: statusOf(facts, captured, refunded, amount),
    currency,
    amountMinor: amount,
    amountAuthorizedMinor: sum(money('authorized')),
    amountCapturedMinor: captured,
    amountRefundedMinor: refunded,
    livemode: modes.length === 0 ? null : modes.includes(true),
    orderReference: newest(requested.filter((fact) => fact.reference !== null))?.reference ?? null,
    disputes: of('dispute')
      .map(toDispute)
      .sort((a, b) => compareValues(a.key, b.key)),
    contradictions: contradictionsOf(facts, captures, refunds, captured, refunded, currency),
  };
}

function statusOf(
  facts: readonly StoredFact[],
  captured: bigint,
  refunded: bigint,
  amount: bigint | null,
): PaymentStatus {
  if (captured > 0n) {
    if (refunded >= captured) return 'refunded';
    if (refunded > 0n) return 'partially_refunded';
    return amount !== null && captured < amount ? 'partially_paid' : 'paid';
  }
  if (facts.some((fact) => fact.kind === 'cancelled')) return 'cancelled';
  const progress = facts.flatMap((fact) =>
    isProgress(fact.kind) ? [{ ...fact, kind: fact.kind }] : [],
  );
  return newestBy(progress, (fact) => PROGRESS_RANK[fact.kind])?.kind ?? 'initiated';
}

/** Of two reports in one second, the one that is further along counts. */
const PROGRESS_RANK = { pending: 0, failed: 1, authorized: 2 } as const;

function isProgress(kind: FactKind): kind is keyof typeof PROGRESS_RANK {
  return kind in PROGRESS_RANK;
}

/**
 * The provider's newest total, less the refunds that failed since. Without any total, the sum of
 * the refunds that stand; a hint (a refund without an id) counts only while no refund of the same
 * amount is known by its id, because then it is the same refund.
 */
function refundedMinor(total: StoredFact | null, refunds: readonly StoredFact[]): bigint {
  if (total !== null) {
    const failedSince = refunds.filter(
      (fact) =>
        GIVES_MONEY_BACK.has(fact.state) &&
        compareValues(fact.occurredAtMs, total.occurredAtMs) >= 0,
    );
    const left = (total.amountMinor ?? 0n) - sum(failedSince);
    return left > 0n ? left : 0n;
  }
  const identified = refunds.filter((fact) => !isHint(fact));
  const amounts = new Set(identified.map((fact) => fact.amountMinor));
  const hints = refunds.filter((fact) => isHint(fact) && !amounts.has(fact.amountMinor));
  return sum([...identified, ...hints].filter((fact) => !GIVES_MONEY_BACK.has(fact.state)));
}

function isHint(fact: StoredFact): boolean {
  return fact.key.startsWith(REFUND_HINT_PREFIX);
}

function contradictionsOf(
  facts: readonly StoredFact[],
  captures: readonly StoredFact[],
  refunds: readonly StoredFact[],
  captured: bigint,
  refunded: bigint,
  currency: string | null,
): Contradiction[] {
  const found: Contradiction[] = [];
  const totals = facts.filter((fact) => fact.kind === 'refunded_total');
  const standing = refunds.filter((fact) => !GIVES_MONEY_BACK.has(fact.state));
  const capturedAt = latest(captures);
  const kept = captured > refunded ? captured - refunded : 0n;
  const refundedAt = latest([...standing, ...totals]);

  if (captured > 0n && facts.some((fact) => fact.kind === 'cancelled')) {
    found.push({ reason: 'captured_after_cancel', amountMinor: kept });
  }
  const capturedLater = refundedAt !== null && compareValues(capturedAt, refundedAt) > 0;
  if (refunded > 0n && captured > refunded && capturedLater) {
    found.push({ reason: 'captured_after_refund', amountMinor: kept });
  }
  const foreign = facts.filter((fact) => fact.currency !== null && fact.currency !== currency);
  if (foreign.length > 0) {
    const amountMinor = sum(foreign.filter((fact) => fact.kind === 'captured'));
    found.push({ reason: 'currency_mismatch', amountMinor });
  }
  if (refunded > captured) {
    found.push({ reason: 'refund_exceeds_capture', amountMinor: refunded - captured });
  }
  if (modesOf(facts).length > 1) {
    found.push({ reason: 'livemode_mismatch', amountMinor: kept });
  }
  return found;
}

/** Test mode, live mode, or both where they contradict each other. */
function modesOf(facts: readonly StoredFact[]): boolean[] {
  return [...new Set(facts.map((fact) => fact.livemode))].filter((mode) => mode !== null);
}

function currencyOf(facts: readonly StoredFact[]): string | null {
  return newest(facts.filter((fact) => fact.currency !== null))?.currency ?? null;
}

/** The newest fact; among those of one moment the greatest, so that the choice is one. */
function newest(facts: readonly StoredFact[]): StoredFact | null {
  return newestBy(facts, () => 0);
}

function newestBy<F extends StoredFact>(facts: readonly F[], rank: (fact: F) => number): F | null {
  let best: F | null = null;
  for (const fact of facts) {
    if (best === null || compareNews(fact, best, rank) > 0) best = fact;
  }
  return best;
}

function compareNews<F extends StoredFact>(one: F, other: F, rank: (fact: F) => number): number {
  return (
    compareValues(one.occurredAtMs, other.occurredAtMs) ||
    rank(one) - rank(other) ||
    compareValues(one.amountMinor, other.amountMinor) ||
    compareValues(one.currency, other.currency) ||
    compareValues(one.reference, other.reference)
  );
}

function latest(facts: readonly StoredFact[]): number | null {
  return facts.reduce<number | null>(
    (best, { occurredAtMs }) => (compareValues(occurredAtMs, best) > 0 ? occurredAtMs : best),
    null,
  );
}

function sum(facts: readonly StoredFact[]): bigint {
  return facts.reduce((total, fact) => total + (fact.amountMinor ?? 0n), 0n);
}

function toDispute(fact: StoredFact): DerivedDispute {
  const { key, state, amountMinor, currency } = fact;
  return { key, status: state as DisputeState, amountMinor, currency };
}
