import { describe, expect, it } from '@jest/globals';
import type { EventFacts } from '../../../src/payments/ring-state.js';
import type { JsonObject } from '../../../src/providers/provider.js';
import { differences } from '../../proof/actual.js';
import { foldWorld, type Expected } from '../../proof/model.js';
import { randomFrom, type Random } from '../../proof/random.js';
import { livesFrom, type Life, type ProofEvent } from '../../proof/stories.js';
import { MemoryStore } from '../../support/memory-store.js';
import { testProviders } from '../../support/translate-events.js';

const LIVES = 2000;
const SEED = 20_260_301;
const PROVIDERS = testProviders();

describe('the model of the proof', () => {
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
