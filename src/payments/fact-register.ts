import {
  DISPUTE_STATES,
  REFUND_STATES,
  type DisputeState,
  type PaymentFact,
  type RefundState,
} from './payment-fact.js';

/** A fact as it is kept: with the mode of the event that told it; null for one of our own. */
export interface StoredFact extends PaymentFact {
  readonly livemode: boolean | null;
}

/** Names the register a fact belongs to, within one payment. */
export function registerOf(fact: PaymentFact): string {
  return `${fact.kind} ${fact.key}`;
}

/**
 * Merges two reports about one `(kind, key)`. Commutative, associative and idempotent, since it is
 * the greater one in a total order: that is why the order of arrival cannot matter.
 *
 * What was captured only ever grows, so there the larger amount wins, and among equal amounts the
 * earlier time (the later event merely repeats it). Everywhere else the newer report wins, then
 * the state that is further along, then the larger amount.
 */
export function mergeFacts(one: StoredFact, other: StoredFact): StoredFact {
  return compare(one, other) >= 0 ? one : other;
}

/** True when both report the same, whenever they say that it happened. */
export function saysTheSame(one: StoredFact, other: StoredFact): boolean {
  return (
    one.amountMinor === other.amountMinor &&
    one.currency === other.currency &&
    one.state === other.state &&
    one.reference === other.reference &&
    one.livemode === other.livemode
  );
}

/** True when nothing at all tells them apart. */
export function isEqual(one: StoredFact, other: StoredFact): boolean {
  return one.occurredAtMs === other.occurredAtMs && saysTheSame(one, other);
}

/** How far along a state is: the later of two states that share a second; -1 for none. */
export function stateRank(state: RefundState | DisputeState | null): number {
  const refund = REFUND_STATES.findIndex((one) => one === state);
  return refund >= 0 ? refund : DISPUTE_STATES.findIndex((one) => one === state);
}

function compare(one: StoredFact, other: StoredFact): number {
  const amount = compareValues(one.amountMinor, other.amountMinor);
  const time = compareValues(one.occurredAtMs, other.occurredAtMs);
  const state = stateRank(one.state) - stateRank(other.state);
  const first = one.kind === 'captured' ? amount || -compareTimes(one, other) : time;
  return (
    first ||
    state ||
    amount ||
    compareValues(one.currency, other.currency) ||
    compareValues(one.reference, other.reference) ||
    compareValues(rankOf(one.livemode), rankOf(other.livemode))
  );
}

function rankOf(livemode: boolean | null): number | null {
  return livemode === null ? null : Number(livemode);
}

/** As times go by, with an unknown time last: a known one is the better report. */
function compareTimes(one: StoredFact, other: StoredFact): number {
  return compareValues(one.occurredAtMs ?? Infinity, other.occurredAtMs ?? Infinity);
}

/** Null is less than everything. */
export function compareValues<T extends bigint | number | string>(
  one: T | null,
  other: T | null,
): number {
  if (one === other) return 0;
  if (one === null) return -1;
  if (other === null) return 1;
  return one < other ? -1 : 1;
}
