import type { FactKind, PaymentFact } from '../payments/payment-fact.js';

/** What the postings of a payment follow from: its facts, and what was derived of them. */
export interface PostedPayment {
  readonly id: string;
  readonly provider: string;
  readonly account: string;
  /** False: the money of a test mode, which is none. */
  readonly livemode: boolean;
  /** Null as long as it belongs to no order. */
  readonly order: { readonly id: string; readonly reference: string } | null;
  /** Null as long as no fact names one. */
  readonly currency: string | null;
  /** Minor units. */
  readonly amountRefundedMinor: bigint;
  readonly facts: Iterable<PaymentFact>;
}

/** What should stand in the ledger for one fact. */
export interface Posting {
  readonly factKind: FactKind;
  readonly factKey: string;
  readonly rule: RuleName;
  readonly orderId: string | null;
  readonly debitAccount: string;
  readonly creditAccount: string;
  readonly currency: string;
  /** Minor units, more than 0. */
  readonly amountMinor: bigint;
}

/** As much of a fact as rules look at. */
type MoneyFact = Pick<PaymentFact, 'kind' | 'key' | 'amountMinor' | 'currency' | 'state'>;

/** Which accounts move for a fact. */
interface PostingRule {
  readonly name: string;
  readonly debit: (payment: PostedPayment, fact: MoneyFact) => string;
  readonly credit: (payment: PostedPayment, fact: MoneyFact) => string;
  /** Whether the fact, as it stands now, has moved its amount. */
  readonly moves: (fact: MoneyFact) => boolean;
}

/*
 * The accounts. A debit balance is money that is there or was given away, a credit balance is whom
 * it is there for.
 *
 * - `provider:<provider>:<account>`: debit, what the provider holds for us. What it only plays in
 *   its test mode is at `provider:<provider>:<account>:test`.
 * - `order:<reference>`: credit, what was paid for the order.
 * - `suspense:<payment id>`: the same for a payment that belongs to no order.
 * - `refund:<payment id>`: debit, what was given back of a payment.
 * - `dispute:<payment id>:<dispute>`: debit, what a dispute has taken.
 */
const provider = ({ provider: name, account, livemode }: PostedPayment) =>
  `provider:${name}:${account}${livemode ? '' : ':test'}`;
const order = (payment: PostedPayment) =>
  payment.order === null ? `suspense:${payment.id}` : `order:${payment.order.reference}`;
const refund = ({ id }: PostedPayment) => `refund:${id}`;
const dispute = ({ id }: PostedPayment, { key }: MoneyFact) => `dispute:${id}:${key}`;

/** A dispute holds its amount from the day it is opened; one that is won or closed gives it back. */
const TAKES_MONEY: ReadonlySet<MoneyFact['state']> = new Set(['open', 'lost']);

/**
 * Every kind of fact and the accounts that it moves; null: none. Literal and total, so that a new
 * kind of fact does not compile before somebody has decided.
 */
export const POSTING_RULES = {
  requested: null,
  pending: null,
  authorized: null, // held, not taken
  captured: { name: 'capture', debit: provider, credit: order, moves: () => true },
  failed: null,
  cancelled: null,
  refund: null, // counted in the total
  refunded_total: { name: 'refund', debit: refund, credit: provider, moves: () => true },
  dispute: {
    name: 'dispute',
    debit: dispute,
    credit: provider,
    moves: ({ state }) => TAKES_MONEY.has(state),
  },
} as const satisfies Record<FactKind, PostingRule | null>;

export type RuleName = NonNullable<(typeof POSTING_RULES)[FactKind]>['name'];

/** Facts after which something may stand in the ledger. */
const MONEY: ReadonlySet<FactKind> = new Set(['captured', 'refund', 'refunded_total', 'dispute']);

/** True when a fact of this kind may have been posted. */
export function isMoney(kind: FactKind): boolean {
  return MONEY.has(kind);
}

/**
 * What should stand in the ledger for a payment: a pure function of its facts, whatever the order
 * in which they were told. A fact whose amount or currency nobody knows yet is not posted yet.
 */
export function postingsOf(payment: PostedPayment): Posting[] {
  return [...factsOf(payment)].flatMap((fact) => {
    const rule: PostingRule | null = POSTING_RULES[fact.kind];
    const currency = fact.currency ?? payment.currency;
    const amountMinor = fact.amountMinor ?? 0n;
    if (!rule?.moves(fact) || currency === null || amountMinor === 0n) return [];
    return {
      factKind: fact.kind,
      factKey: fact.key,
      rule: rule.name as RuleName,
      orderId: payment.order?.id ?? null,
      debitAccount: rule.debit(payment, fact),
      creditAccount: rule.credit(payment, fact),
      currency,
      amountMinor,
    };
  });
}

/**
 * Providers tell of refunds twice, one by one and as a total, so what counts is one number of the
 * payment: what was derived of both.
 */
function* factsOf(payment: PostedPayment): Generator<MoneyFact> {
  for (const fact of payment.facts) {
    if (fact.kind !== 'refunded_total') yield fact;
  }
  const { amountRefundedMinor: amountMinor, currency } = payment;
  yield { kind: 'refunded_total', key: 'payment', amountMinor, currency, state: null };
}
