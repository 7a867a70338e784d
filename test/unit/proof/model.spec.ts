import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ORDER_TRANSITIONS } from '../../../src/payments/order.states.js';
import { PAYMENT_TRANSITIONS } from '../../../src/payments/payment.states.js';
import type { EventFacts } from '../../../src/payments/ring-state.js';
import type { JsonObject } from '../../../src/providers/provider.js';
import { differences } from '../../proof/actual.js';
import {
  foldWorld,
  isLegalOrderMove,
  isLegalPaymentMove,
  type Expected,
} from '../../proof/model.js';
import { randomFrom, type Random } from '../../proof/random.js';
import {
  LIFE_KINDS,
  lifeOfKind,
  livesFrom,
  type Life,
  type ProofEvent,
} from '../../proof/stories.js';
import { MemoryStore } from '../../support/memory-store.js';
import { testProviders } from '../../support/translate-events.js';

const LIVES = 1000;
const SEED = 20_260_301;
const PROVIDERS = testProviders();

/** Statuses of the payments, status of the order, reviews: as a person reading the life says. */
const ENDS: Readonly<Record<string, string>> = {
  'stripe: paid': 'paid → paid',
  'stripe: paid on a hosted page': 'paid → paid',
  'stripe: paid after a failed attempt': 'paid → paid',
  'stripe: paid after another look at the customer': 'paid → paid',
  'stripe: under way': 'pending → open',
  'stripe: declined': 'failed → open',
  'stripe: held and taken later': 'paid → paid',
  'stripe: held and taken in part': 'partially_paid → partially_paid',
  'stripe: refunded in part': 'partially_refunded → partially_refunded',
  'stripe: refunded in two parts': 'refunded → refunded',
  'stripe: a refund that fails': 'paid → paid',
  'stripe: a dispute that is won': 'paid (won) → paid',
  'stripe: a dispute that is lost': 'paid (lost) → paid',
  'stripe: cancelled': 'cancelled → open',
  'stripe: cancelled and paid all the same': 'paid → in_review captured_after_cancel',
  'stripe: paid twice': 'paid, paid → in_review paid_twice',
  'stripe: paid twice, and once given back': 'paid, refunded → paid',
  'stripe: paid in two parts': 'paid, paid → paid',
  'stripe: more than owed': 'paid → in_review amount_mismatch',
  'stripe: another currency': 'paid → in_review currency_mismatch',
  'stripe: an order that nobody creates': 'paid → paid',
  'stripe: no order of ours': 'paid → ',
  'stripe: nothing about a payment': ' → open',
  'paystack: paid': 'paid → paid',
  'paystack: failed and paid then': 'paid → paid',
  'paystack: refunded in part': 'partially_refunded → partially_refunded',
  'paystack: refunded': 'refunded → refunded',
  'paystack: a refund that fails': 'paid → paid',
  'paystack: a dispute': 'paid (won) → paid',
  'paystack: more than owed': 'paid → in_review amount_mismatch',
  'paystack: no order of ours': 'paid → ',
};

describe('the model of the proof', () => {
  it('comes to what a person reading each kind of life would say', () => {
    const ends = LIFE_KINDS.map((kind) => {
      const life = lifeOfKind(kind, 'abc1234');
      return [kind, endOf(foldWorld(life.events, life.order ? [life.order] : []))];
    });
    expect(Object.fromEntries(ends)).toEqual(ENDS);
  });

  it('shares no code with the service', () => {
    const folder = new URL('../../proof/', import.meta.url);
    const files = ['model', 'stories'].flatMap((name) => [
      `${name}.ts`,
      ...readdirSync(new URL(name, folder)).map((file) => `${name}/${file}`),
    ]);
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) {
      const imports = readFileSync(new URL(file, folder), 'utf8').match(/from '[^']+'/g) ?? [];
      expect({ file, foreign: imports.filter((one) => one.includes('/src/')) }).toEqual({
        file,
        foreign: [],
      });
    }
  });

  it('calls every move legal that the tables allow, and no other', () => {
    expectSameMoves(PAYMENT_TRANSITIONS, isLegalPaymentMove);
    expectSameMoves(ORDER_TRANSITIONS, isLegalOrderMove);
  });

  it('comes to what the planner comes to, in any order, with repetitions, in rings of any size', () => {
    const random = randomFrom(SEED);
    const problems = take(LIVES, SEED).flatMap((life) => {
      const arriving = inDisorder([...life.events, ...someOf(life.events, random)], random);
      return compare(life, arriving, random);
    });
    expect(problems).toEqual([]);
  });

  it('comes to what the planner comes to when only a part of what happened is told', () => {
    const random = randomFrom(SEED + 1);
    const problems = take(LIVES, SEED + 1).flatMap((life) =>
      compare(life, inDisorder(someOf(life.events, random), random), random),
    );
    expect(problems).toEqual([]);
  });
});

function expectSameMoves(
  table: Readonly<Record<string, Readonly<Record<string, string>>>>,
  isLegal: (from: string | null, to: string) => boolean,
): void {
  for (const [from, verdicts] of Object.entries(table)) {
    const statuses = Object.keys(verdicts);
    const allowed = statuses.filter((to) => ['move', 'review'].includes(verdicts[to]!));
    expect({ from, to: statuses.filter((to) => isLegal(from, to)) }).toEqual({ from, to: allowed });
    expect([isLegal(null, from), isLegal(from, 'lost'), isLegal('lost', from)]).toEqual([
      true,
      false,
      false,
    ]);
  }
}

/** In one line; of disputes their states alone. */
function endOf({ payments, orders }: Expected): string {
  const statuses = [...payments.values()].map(({ status, disputes }) =>
    disputes.length > 0 ? `${status} (${disputes.map((one) => one.split(' ')[1]).join()})` : status,
  );
  const ends = [...orders.values()].map((one) => [one.status, ...one.openReviews].join(' '));
  return `${statuses.join(', ')} → ${ends.join(', ')}`;
}

function take(count: number, seed: number): Life[] {
  const lives = livesFrom(seed, 'unit');
  return Array.from({ length: count }, () => lives.next().value as Life);
}

function someOf<T>(list: readonly T[], random: Random): T[] {
  return list.filter(() => random.happens(0.5));
}

function inDisorder<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((value) => ({ value, at: random.next() }))
    .sort((one, other) => one.at - other.at)
    .map(({ value }) => value);
}

/** Where model and planner differ about these events of a life, a line each. */
function compare(life: Life, arriving: readonly ProofEvent[], random: Random): string[] {
  const orders = life.order ? [life.order] : [];
  const store = new MemoryStore(
    orders.map(({ amountMinor, ...order }) => ({ ...order, amountDueMinor: BigInt(amountMinor) })),
  );
  const events = arriving.flatMap((event, index) => translate(event, String(index)));
  for (let from = 0; from < events.length;) {
    const size = 1 + random.below(4);
    store.apply(events.slice(from, from + size));
    from += size;
  }
  const told = arriving.map((event) => life.events.indexOf(event));
  return differences(comparable(foldWorld(arriving, orders)), worldOf(store)).map(
    (line) => `${life.kind} told as ${told.join(' ')}: ${line}`,
  );
}

function translate({ provider, body }: ProofEvent, inboxId: string): EventFacts[] {
  const facts = PROVIDERS.get(provider)!.translate(JSON.parse(body.toString()) as JsonObject);
  return facts ? [{ inboxId, command: null, provider, account: 'default', facts }] : [];
}

/** Without what consumers make of it: the planner only tells them. */
function comparable({ payments, orders }: Expected): Expected {
  const open = { invoices: null, creditNotes: null, documentsNetMinor: null };
  return {
    payments,
    orders: new Map([...orders].map(([key, order]) => [key, { ...order, ...open }])),
  };
}

/** What the planner has come to, in the shape of what the model expects. */
function worldOf(store: MemoryStore): Expected {
  const payments = [...store.payments.values()].map((row) => ({
    provider: row.provider,
    providerPaymentId: row.providerPaymentId,
    orderReference: store.orders.get(row.orderId ?? '')?.reference ?? null,
    status: row.status,
    currency: row.currency,
    amountCapturedMinor: Number(row.amountCapturedMinor),
    amountRefundedMinor: Number(row.amountRefundedMinor),
    disputes: [...store.disputes.values()]
      .filter(({ paymentId }) => paymentId === row.id)
      .map(({ key, status }) => `${key} ${status}`)
      .sort(),
  }));
  const reviews = [...store.reviews.values()].filter(({ status }) => status === 'open');
  const orderOfPayment = (id: string | null) => store.payments.get(id ?? '')?.orderId ?? null;
  const orders = [...store.orders.values()].map((row) => ({
    reference: row.reference,
    status: row.status,
    currency: row.currency,
    amountDueMinor: row.amountDueMinor === null ? null : Number(row.amountDueMinor),
    amountPaidMinor: Number(row.amountPaidMinor),
    amountRefundedMinor: Number(row.amountRefundedMinor),
    openReviews: reviews
      .filter(({ orderId, paymentId }) => (orderId ?? orderOfPayment(paymentId)) === row.id)
      .map(({ reason }) => reason as string)
      .sort(),
    invoices: null,
    creditNotes: null,
    documentsNetMinor: null,
    hasAccess: row.status === 'paid' || row.status === 'partially_refunded',
  }));
  return {
    payments: new Map(payments.map((one) => [`${one.provider} ${one.providerPaymentId}`, one])),
    orders: new Map(orders.map((one) => [one.reference, one])),
  };
}
