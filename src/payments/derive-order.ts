import { compareValues } from './fact-register.js';
import type { OrderStatus } from './order.states.js';
import type { Contradiction } from './review-reasons.js';

/** What our own commands say about an order. */
export interface OrderTerms {
  /** Null until the order is created: its payments may be known earlier. */
  readonly currency: string | null;
  /** Minor units; null until the order is created. */
  readonly amountDueMinor: bigint | null;
  readonly isCancelled: boolean;
}

/** What an order has to know of one of its payments. */
export interface OrderPayment {
  readonly currency: string | null;
  readonly livemode: boolean;
  readonly amountMinor: bigint | null;
  readonly amountCapturedMinor: bigint;
  readonly amountRefundedMinor: bigint;
}

/** Everything that follows from an order's terms and payments. */
export interface DerivedOrder {
  /** What the money says; `in_review` comes on top of it while a review is open. */
  readonly moneyStatus: Exclude<OrderStatus, 'in_review'>;
  readonly currency: string | null;
  readonly amountPaidMinor: bigint;
  readonly amountRefundedMinor: bigint;
  readonly contradictions: readonly Contradiction[];
}

/**
 * The order as a pure function of its terms and payments, whatever their order.
 *
 * An order that was not created yet owes an unknown amount: it is `paid` when what its payments
 * asked for was captured, and nothing can contradict an amount that nobody named.
 */
export function deriveOrder(terms: OrderTerms, payments: readonly OrderPayment[]): DerivedOrder {
  const currency = terms.currency ?? firstCurrency(payments);
  // Money of which nobody says the currency pays nothing yet: it may be of any.
  const counted = payments.filter((one) => one.currency !== null && one.currency === currency);
  const paid = sum(counted.map((one) => one.amountCapturedMinor));
  const refunded = sum(counted.map((one) => one.amountRefundedMinor));
  const due = terms.amountDueMinor ?? sum(counted.map(expectedMinor));
  return {
    moneyStatus: statusOf(terms, paid, refunded, due, wasPaidInFull(terms, counted)),
    currency,
    amountPaidMinor: paid,
    amountRefundedMinor: refunded,
    contradictions: contradictionsOf(terms, payments, currency, paid, refunded),
  };
}

function statusOf(
  { isCancelled, amountDueMinor }: OrderTerms,
  paid: bigint,
  refunded: bigint,
  due: bigint,
  isFull: boolean,
): Exclude<OrderStatus, 'in_review'> {
  // Who owes nothing has paid.
  if (paid === 0n && !isCancelled) return amountDueMinor === 0n ? 'paid' : 'open';
  if (paid === 0n) return 'cancelled';
  if (refunded >= paid) return 'refunded';
  if (paid - refunded >= due) return 'paid';
  // Too little is left. Who gets a part of too little back has still paid too little.
  return isFull ? 'partially_refunded' : 'partially_paid';
}

/** All that is owed was taken by payments of which something is left: others were replaced. */
function wasPaidInFull({ amountDueMinor }: OrderTerms, payments: readonly OrderPayment[]): boolean {
  const left = payments.filter((one) => one.amountCapturedMinor > one.amountRefundedMinor);
  const due = amountDueMinor ?? sum(left.map(expectedMinor));
  return sum(left.map((one) => one.amountCapturedMinor)) >= due;
}

function contradictionsOf(
  terms: OrderTerms,
  payments: readonly OrderPayment[],
  currency: string | null,
  paid: bigint,
  refunded: bigint,
): Contradiction[] {
  const found: Contradiction[] = [];
  const kept = paid - refunded;
  const withMoney = payments.filter((one) => one.amountCapturedMinor > 0n);
  const keeping = withMoney.filter((one) => one.amountCapturedMinor > one.amountRefundedMinor);

  const keptOf = (some: readonly OrderPayment[]) =>
    sum(some.map((one) => atLeastNothing(one.amountCapturedMinor - one.amountRefundedMinor)));

  if (terms.isCancelled && withMoney.length > 0) {
    found.push({ reason: 'captured_after_cancel', amountMinor: keptOf(withMoney) });
  }
  if (terms.amountDueMinor !== null && kept > terms.amountDueMinor) {
    const reason = keeping.length > 1 ? 'paid_twice' : 'amount_mismatch';
    found.push({ reason, amountMinor: kept - terms.amountDueMinor });
  }
  const foreign = payments.filter((one) => isForeign(one, currency));
  if (foreign.length > 0) {
    found.push({ reason: 'currency_mismatch', amountMinor: keptOf(foreign) });
  }
  if (new Set(withMoney.map((one) => one.livemode)).size > 1) {
    const tests = withMoney.filter((one) => !one.livemode);
    found.push({ reason: 'livemode_mismatch', amountMinor: keptOf(tests) });
  }
  return found;
}

/** Of another currency than the order; or money that was taken in one that nobody knows. */
function isForeign(payment: OrderPayment, currency: string | null): boolean {
  if (payment.currency === null) return payment.amountCapturedMinor > 0n;
  return payment.currency !== currency;
}

/** What a payment of an order without terms was to bring, once it has brought anything. */
function expectedMinor(payment: OrderPayment): bigint {
  if (payment.amountCapturedMinor === 0n) return 0n;
  return payment.amountMinor ?? payment.amountCapturedMinor;
}

function firstCurrency(payments: readonly OrderPayment[]): string | null {
  const known = payments.map((one) => one.currency).filter((one) => one !== null);
  return known.sort(compareValues)[0] ?? null;
}

function atLeastNothing(amountMinor: bigint): bigint {
  return amountMinor > 0n ? amountMinor : 0n;
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
