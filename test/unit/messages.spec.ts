import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { v5 as uuidv5 } from 'uuid';
import {
  disputeData,
  MESSAGE_TYPES,
  orderData,
  paymentData,
  type NewMessage,
} from '../../src/outbox/message.js';
import { OrderDrafts } from '../../src/payments/order-drafts.js';
import type { OrderRow } from '../../src/payments/ring-state.js';
import { mergedMessage, paymentMessages } from '../../src/payments/tell.js';
import {
  captured,
  dispute,
  fact,
  permutations,
  refund,
  refundedTotal,
  requested,
  told,
} from '../support/facts.js';
import { lifecycles } from '../support/lifecycles.js';
import { MemoryStore } from '../support/memory-store.js';
import { translateLife } from '../support/translate-events.js';
import { problemsOf, toSent } from '../support/validate-messages.js';

/** Types that some test of this file has seen in a valid message. */
const seenTypes = new Set<string>();
const validTexts = new Set<string>();

describe.each(lifecycles('x'))('the messages of $name', (life) => {
  it('are valid and tell how it ends, in every order of arrival', () => {
    const events = translateLife(life);
    for (const order of permutations(events)) {
      const store = new MemoryStore();
      for (const event of order) store.apply([event]);
      expectGoodNews(store);
    }
  });

  it('are the same however the events are grouped into rings, and told once', () => {
    const events = translateLife(life);
    const shuffled = fc.shuffledSubarray(events, { minLength: events.length });
    const cuts = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(shuffled, cuts, (arriving, sizes) => {
        const alone = new MemoryStore();
        for (const event of arriving) alone.apply([event]);
        const grouped = new MemoryStore();
        for (let from = 0, turn = 0; from < arriving.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          grouped.apply(arriving.slice(from, from + size));
          from += size;
        }
        expectGoodNews(grouped);
        expect(storyOf(grouped)).toEqual(storyOf(alone));

        const known = grouped.messages.length;
        grouped.apply(arriving.map((event) => ({ ...event, inboxId: `again ${event.inboxId}` })));
        expect(grouped.messages.slice(known)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the messages of two payments of one order', () => {
  it('are valid and tell how it ends, in every order of arrival', () => {
    const [first, other] = [lifecycles('a')[0]!, lifecycles('b')[3]!];
    const events = [...translateLife(first).slice(-3), ...translateLife(other).slice(0, 3)].map(
      (event, index) => ({
        ...event,
        inboxId: String(index),
        facts: {
          ...event.facts,
          facts: event.facts.facts.map((one) => ({
            ...one,
            reference: one.reference === null ? null : 'order-a',
          })),
        },
      }),
    );
    for (const order of permutations(events)) {
      const store = new MemoryStore([
        { reference: 'order-a', currency: 'EUR', amountDueMinor: 5000n },
      ]);
      for (const event of order) store.apply([event]);
      expectGoodNews(store);
      expect(store.messages.some(({ type }) => type === 'order.review_opened')).toBe(
        [...store.reviews.values()].some(({ reason }) => reason === 'paid_twice'),
      );
    }
  });
});

describe('what is told of a payment', () => {
  it('is that it is known, although nothing else is', () => {
    expect(live(null, told()).types).toEqual([['payment.initiated']]);
  });

  it('is each of its moves', () => {
    const { types } = live(
      null,
      told(requested(5000n), fact('pending', { at: 1 })),
      told(fact('failed', { at: 2 })),
      told(fact('authorized', { at: 3, amountMinor: 5000n })),
      told(captured(2000n, { at: 4 })),
      told(captured(5000n, { at: 5 })),
      told(refund('re_1', 2000n, { at: 6 })),
      told(refund('re_2', 3000n, { at: 7 })),
    );
    expect(types).toEqual([
      ['payment.pending'],
      ['payment.failed'],
      ['payment.authorized'],
      ['payment.partially_paid'],
      ['payment.paid'],
      ['payment.partially_refunded', 'payment.refunded'],
      ['payment.refunded'],
    ]);
  });

  it('is a refund that failed, with what it moved back to', () => {
    const { types, store } = live(
      null,
      told(captured(5000n), refund('re_1', 5000n, { at: 2 })),
      told(refund('re_1', 5000n, { at: 3, state: 'failed' })),
    );
    expect(types).toEqual([['payment.refunded'], ['payment.paid', 'payment.refund_reversed']]);
    for (const { data } of store.messages.slice(1)) {
      const { payment, previousStatus } = sentPayment(data);
      expect({ ...payment, previousStatus }).toMatchObject({
        status: 'paid',
        amountRefundedMinor: 0,
        previousStatus: 'refunded',
      });
    }
  });

  it('is a refund on top of another one, although its status stays', () => {
    const { types } = live(
      null,
      told(captured(5000n)),
      told(refund('re_1', 1000n, { at: 2 })),
      told(refund('re_2', 1000n, { at: 3 })),
    );
    expect(types.at(-1)).toEqual(['payment.refunded']);
  });

  it('is an amount that changed without a move', () => {
    const { types } = live(
      null,
      told(requested(5000n), captured(1000n)),
      told(captured(2000n, { at: 2 })),
    );
    expect(types.at(-1)).toEqual(['payment.updated']);
  });

  it('is a cancellation', () => {
    const { types } = live(null, told(requested(5000n)), told(fact('cancelled', { at: 2 })));
    expect(types.at(-1)).toEqual(['payment.cancelled']);
  });

  it('is a review that opens and closes, when no order is held by it', () => {
    const { types, store } = live(
      null,
      told(captured(4000n)),
      told(refundedTotal(5000n, { at: 2 })),
      told(captured(1000n, { at: 2, key: 'ch_2' })),
    );
    expect(types).toEqual([
      ['payment.paid'],
      ['payment.refunded', 'payment.review_opened'],
      ['payment.updated', 'payment.review_resolved'],
    ]);
    const reviews = store.messages.flatMap(({ type, part, data }) =>
      type.includes('review') ? [{ part, ...sentPayment(data) }] : [],
    );
    expect(reviews).toMatchObject([
      {
        part: 'refund_exceeds_capture',
        previousStatus: 'paid',
        review: { reason: 'refund_exceeds_capture', status: 'open' },
      },
      { previousStatus: 'refunded', review: { status: 'withdrawn' } },
    ]);
  });

  it('is a review of a payment that nobody knew: no status was before', () => {
    const { types, store } = live(
      null,
      told(captured(4000n), refundedTotal(5000n, { at: 2 }), fact('cancelled', { at: 3 })),
    );
    expect(types).toEqual([['payment.refunded', 'payment.review_opened', 'payment.review_opened']]);
    for (const { data } of store.messages) expect(sentPayment(data).previousStatus).toBeNull();
  });

  it('is that it became a part of another one, as the last word about it', () => {
    const { store } = live(null, told(captured(5000n)));
    const [payment] = store.payments.values();
    const message = mergedMessage(payment!, 'order-1', 'payment 2');
    expectValid(message);
    expect(message).toMatchObject({ type: 'payment.merged', version: payment!.version + 1 });
    expect(message.data).toMatchObject({
      mergedInto: 'payment 2',
      previousStatus: 'paid',
      payment: { status: 'paid', orderReference: 'order-1', version: payment!.version + 1 },
    });
  });

  it('is its id at the provider once that is known, and none before', () => {
    const { store } = live(null, told(requested(5000n)));
    const [row] = store.payments.values();
    const before = { ...row!, isProvisional: true, startedAs: 'tg-1' };
    const after = { ...before, isProvisional: false, version: before.version + 1 };
    const [message, ...others] = paymentMessages(before, after, null);
    expect(others).toEqual([]);
    expectValid(message!);
    expect(message).toMatchObject({ type: 'payment.updated' });
    expect(sentPayment(message!.data).payment.providerPaymentId).toBe('pi_1');
    const [first] = paymentMessages({ ...before, version: 0 }, before, null);
    expect(sentPayment(first!.data).payment.providerPaymentId).toBeNull();
  });
});

describe('what is told of an order', () => {
  const terms = { reference: 'order-1', currency: 'NGN', amountDueMinor: 5000n };
  const paid = [requested(5000n, { reference: 'order-1' }), captured(5000n)] as const;

  it('is each of its moves, and what changes without one', () => {
    const { types } = live(
      terms,
      told(requested(5000n, { reference: 'order-1' }), captured(1000n)),
      told(captured(2000n, { at: 2 })),
      told(captured(5000n, { at: 3 })),
      told(refund('re_1', 1000n, { at: 4 })),
      told(refund('re_2', 4000n, { at: 5 })),
    );
    expect(ofOrders(types)).toEqual([
      ['order.partially_paid'],
      ['order.updated'],
      ['order.paid'],
      ['order.partially_refunded'],
      ['order.refunded'],
    ]);
  });

  it('is nothing when an attempt fails: only its payment tells of it', () => {
    const { types, store } = live(
      terms,
      told(requested(5000n, { reference: 'order-1' }), fact('pending', { at: 1 })),
      told(fact('failed', { at: 2 })),
    );
    expect(types).toEqual([['payment.pending'], ['payment.failed']]);
    for (const { data } of store.messages) {
      expect(sentPayment(data).payment.orderReference).toBe('order-1');
    }
  });

  it('is a review that holds it, and the end of that', () => {
    const { types, store } = live(
      { ...terms, amountDueMinor: 4000n },
      told(...paid),
      told(refund('re_1', 1000n, { at: 2 })),
    );
    expect(ofOrders(types)).toEqual([
      ['order.in_review', 'order.review_opened'],
      ['order.paid', 'order.review_resolved'],
    ]);
    const orders = store.messages.filter(({ aggregate }) => aggregate === 'order');
    const reviews = orders.map(({ data, part }) => [part, sentOrder(data).order.reviews.length]);
    expect(reviews).toEqual([
      ['', 1],
      ['amount_mismatch ', 1],
      ['', 0],
      ['amount_mismatch ', 0],
    ]);
  });

  it('is a review of one of its payments, which is told of the payment too', () => {
    const { types, store } = live(
      terms,
      told(...paid),
      told(fact('cancelled', { at: 2 })),
      told(captured(5000n, { at: 3 })),
    );
    expect(types[1]).toEqual([
      'payment.updated',
      'payment.review_opened',
      'order.in_review',
      'order.review_opened',
    ]);
    const { review, order } = sentOrder(store.messages.at(-1)!.data);
    const payment = [...store.payments.values()][0];
    expect(review).toEqual({
      reason: 'captured_after_cancel',
      status: 'open',
      paymentId: uuidOf(payment!.id),
    });
    expect(order.reviews).toEqual([review]);
  });

  it('is each of several reviews, under one version', () => {
    const { types, store } = live(
      { ...terms, amountDueMinor: 4000n },
      told(...paid, fact('cancelled', { at: 2 })),
    );
    expect(ofOrders(types)).toEqual([
      ['order.in_review', 'order.review_opened', 'order.review_opened'],
    ]);
    const orders = store.messages.filter(({ aggregate }) => aggregate === 'order');
    expect(new Set(orders.map(({ version }) => version)).size).toBe(1);
    expect(new Set(orders.map(({ part }) => part)).size).toBe(3);
  });

  it('is that its payment belongs to another one', () => {
    const { types, store } = live(
      terms,
      told(...paid),
      told(requested(5000n, { at: 2, reference: 'order-2' })),
    );
    expect(types[1]).toEqual(['payment.updated', 'order.open', 'order.paid']);
    const [left, taken] = store.messages.slice(-2).map(({ data }) => sentOrder(data).order);
    expect(left).toMatchObject({ reference: 'order-1', amountPaidMinor: 0, payments: [] });
    expect(taken).toMatchObject({ reference: 'order-2', amountPaidMinor: 5000 });
    expect(taken?.payments).toHaveLength(1);
  });

  it('is that it was created, and nothing else as long as nothing is paid', () => {
    expect(created(rowOf(terms)).map(({ type }) => type)).toEqual(['order.created']);
  });

  it('is that it is paid at once when it owes nothing', () => {
    const [first, second, ...others] = created(rowOf({ ...terms, amountDueMinor: 0n }));
    expect(others).toEqual([]);
    expect(first).toMatchObject({ type: 'order.created', version: 2 });
    expect(sentOrder(first!.data)).toMatchObject({ previousStatus: null });
    expect(second).toMatchObject({ type: 'order.paid', version: 2 });
    expect(sentOrder(second!.data)).toMatchObject({
      previousStatus: 'open',
      order: { status: 'paid', amountDueMinor: 0, amountPaidMinor: 0 },
    });
  });

  it('is that it was created for payments that came before, and what that makes of it', () => {
    const { store } = live(null, told(...paid));
    const [known] = store.orders.values();
    const orderPayments = [...store.payments.values()];
    const row = { ...known!, amountDueMinor: 9000n, version: known!.version + 1 };
    const messages = created(row, orderPayments);
    expect(messages.map(({ type, version }) => [type, version])).toEqual([
      ['order.created', 3],
      ['order.partially_paid', 3],
    ]);
    for (const { data } of messages) expect(sentOrder(data).order.payments).toHaveLength(1);
  });

  it('is that it was called off', () => {
    const row = { ...rowOf(terms), isCancelled: true, version: 2 };
    const drafts = new OrderDrafts({ orders: [row], orderPayments: [], reviews: [] });
    drafts.derive(row.id, { inboxId: null, command: 'cancel_order' }, []);
    drafts.messages.forEach(expectValid);
    expect(drafts.messages).toMatchObject([{ type: 'order.cancelled', version: 3 }]);
    expect(sentOrder(drafts.messages[0]!.data)).toMatchObject({
      previousStatus: 'open',
      order: { status: 'cancelled', isCancelled: true },
    });
  });

  function rowOf(given: Pick<OrderRow, 'reference' | 'currency' | 'amountDueMinor'>): OrderRow {
    const [row] = new MemoryStore([given]).orders.values();
    return { ...row!, version: 1 };
  }

  function created(row: OrderRow, orderPayments: MemoryRow<'payments'>[] = []): NewMessage[] {
    const drafts = new OrderDrafts({ orders: [row], orderPayments, reviews: [] });
    drafts.derive(row.id, { inboxId: null, command: 'create_order' }, []);
    const messages = [drafts.messageOf(row.id, 'order.created', null), ...drafts.messages];
    messages.forEach(expectValid);
    return messages;
  }
});

describe('what is told of a dispute', () => {
  it('is each of its moves, and an amount that changed without one', () => {
    const { types, store } = live(
      null,
      told(captured(5000n)),
      told(dispute('dp_1', 'inquiry', { at: 2 })),
      told(dispute('dp_1', 'open', { at: 3 })),
      told(dispute('dp_1', 'open', { at: 4, amountMinor: 4000n })),
      told(dispute('dp_1', 'won', { at: 5, amountMinor: 4000n })),
    );
    expect(types.slice(1)).toEqual([
      ['payment.updated', 'dispute.inquiry'],
      ['payment.updated', 'dispute.open'],
      ['payment.updated', 'dispute.updated'],
      ['payment.updated', 'dispute.won'],
    ]);
    const disputes = store.messages.flatMap(({ aggregate, data }) =>
      aggregate === 'dispute' ? [disputeData.parse(asSent(data))] : [],
    );
    expect(disputes.map((one) => [one.previousStatus, one.dispute.version])).toEqual([
      [null, 1],
      ['inquiry', 2],
      ['open', 3],
      ['open', 4],
    ]);
  });

  it.each(['closed', 'lost'] as const)('is that it is %s', (state) => {
    const { types } = live(null, told(captured(5000n), dispute('dp_1', state, { at: 2 })));
    expect(types).toEqual([['payment.paid', `dispute.${state}`]]);
  });

  it('is told for each of several disputes', () => {
    const { types } = live(
      null,
      told(captured(5000n), dispute('dp_1', 'open'), dispute('dp_2', 'lost')),
    );
    expect(types).toEqual([['payment.paid', 'dispute.open', 'dispute.lost']]);
  });
});

describe('the types of messages', () => {
  it('are all told in one of the stories above', () => {
    expect([...seenTypes].sort()).toEqual(Object.keys(MESSAGE_TYPES).sort());
  });
});

type MemoryRow<K extends 'payments' | 'orders' | 'disputes'> =
  MemoryStore[K] extends Map<string, infer Row> ? Row : never;
type Terms = Pick<OrderRow, 'reference' | 'currency' | 'amountDueMinor'>;

/** Applies one event after the other, and says what was told of each. */
function live(terms: Terms | null, ...events: readonly ReturnType<typeof told>[]) {
  const store = new MemoryStore(terms ? [terms] : []);
  const types = events.map((facts, index) => {
    const known = store.messages.length;
    const cause = { inboxId: String(index), command: null };
    store.apply([{ ...cause, provider: 'stripe', account: 'default', facts }]);
    return store.messages.slice(known).map(({ type }) => type as string);
  });
  expectGoodNews(store);
  return { store, types };
}

function ofOrders(types: readonly string[][]): string[][] {
  return types.map((some) => some.filter((type) => type.startsWith('order.')));
}

/** Holds what was told against what there is. */
function expectGoodNews(store: MemoryStore): void {
  store.messages.forEach(expectValid);
  expectGrowingVersions(store.messages);
  expectMovesToldOnce(store);
  expectLastWords(store);
}

function expectValid(message: NewMessage): void {
  const text = JSON.stringify(message);
  if (!validTexts.has(text)) {
    const sent = toSent({
      ...message,
      aggregateId: uuidOf(message.aggregateId),
      subject: uuidOf(message.subject),
      data: asSent(message.data) as NewMessage['data'],
    });
    expect({ sent, problems: problemsOf(sent) }).toEqual({ sent, problems: [] });
    validTexts.add(text);
  }
  seenTypes.add(message.type);
}

/** Versions only grow, and messages of one version carry one snapshot, which has that version. */
function expectGrowingVersions(messages: readonly NewMessage[]): void {
  const last = new Map<string, { version: number; snapshot: unknown }>();
  for (const { aggregate, aggregateId, version, data } of messages) {
    const known = last.get(aggregateId);
    const snapshot = data[aggregate];
    expect(snapshot).toMatchObject({ version });
    if (known?.version === version) expect(snapshot).toEqual(known.snapshot);
    else expect(version).toBeGreaterThan(known?.version ?? 0);
    last.set(aggregateId, { version, snapshot });
  }
}

/** Each move has one message of its new status; no other message has such a type. */
function expectMovesToldOnce({ messages, transitions }: MemoryStore): void {
  const moves = transitions.map((one) => {
    const aggregate = one.paymentId ? 'payment' : one.orderId ? 'order' : 'dispute';
    const id = one.paymentId ?? one.orderId ?? one.disputeId ?? '';
    return [id, one.version, `${aggregate}.${one.to}`, one.from].join(' ');
  });
  const statuses = new Set(transitions.map(({ to }) => to));
  const toldMoves = messages.flatMap(({ aggregate, aggregateId, version, type, data }) => {
    const status = type.slice(aggregate.length + 1);
    const from = data['previousStatus'] as string | null;
    const isMove = statuses.has(status) && status !== from;
    // More was refunded, which moved it to something else than refunded.
    const { status: now } = data[aggregate] as { status: string };
    return isMove && now === status ? [[aggregateId, version, type, from].join(' ')] : [];
  });
  expect(toldMoves.sort()).toEqual(moves.sort());
}

/** Whoever keeps the newest snapshot of everything knows what we know. */
function expectLastWords(store: MemoryStore): void {
  const last = new Map(store.messages.map((message) => [message.aggregateId, message]));
  const openReviews = [...store.reviews.values()].filter(({ status }) => status === 'open');
  for (const row of store.payments.values()) {
    const reference = row.orderId === null ? null : store.orders.get(row.orderId)!.reference;
    expect(last.get(row.id)?.data['payment']).toEqual({
      ...shownRow(row, ['orderId', 'isProvisional', 'startedAs']),
      orderReference: reference,
    });
  }
  for (const row of store.disputes.values()) {
    expect(last.get(row.id)?.data['dispute']).toEqual({
      ...shownRow(row, ['key']),
      providerDisputeId: row.key,
    });
  }
  for (const row of store.orders.values()) {
    const message = last.get(row.id);
    if (row.version === 0) {
      expect(message).toBeUndefined(); // it was named, and nothing came of it
      continue;
    }
    const { payments, reviews, ...order } = message?.data['order'] as {
      payments: readonly { id: string; amountCapturedMinor: number }[];
      reviews: readonly object[];
    };
    expect(order).toEqual(shownRow(row, ['id', 'isCancelRequested']));
    const own = [...store.payments.values()].filter(({ orderId }) => orderId === row.id);
    const held = openReviews.filter(
      (one) => one.orderId === row.id || own.some(({ id }) => id === one.paymentId),
    );
    expect(reviews).toHaveLength(held.length);
    expect(reviews).toEqual(
      expect.arrayContaining(
        held.map(({ reason, status, paymentId }) => ({ reason, status, paymentId })),
      ),
    );
    const withMoney = own.filter(({ amountCapturedMinor }) => amountCapturedMinor > 0n);
    const moneyOf = (one: { id: string; amountCapturedMinor: number | bigint }) =>
      `${one.id} ${one.amountCapturedMinor}`;
    expect(
      payments.filter(({ amountCapturedMinor }) => amountCapturedMinor > 0).map(moneyOf),
    ).toEqual(withMoney.map(moneyOf).sort());
  }
}

/** A row as others are told of it; `without` names what only we know. */
function shownRow(row: object, without: readonly string[]): Record<string, unknown> {
  const shown = Object.entries(row).filter(([column]) => !without.includes(column));
  return Object.fromEntries(shown.map(([column, value]) => [column, toNumber(value)]));
}

function toNumber(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

/** What was told of each aggregate in its order, by the names that do not depend on arrival. */
function storyOf(store: MemoryStore): Record<string, string[]> {
  const names = new Map([
    ...[...store.payments.values()].map((one) => [one.id, one.providerPaymentId] as const),
    ...[...store.orders.values()].map((one) => [one.id, one.reference] as const),
    ...[...store.disputes.values()].map((one) => [one.id, one.key] as const),
  ]);
  const stories: Record<string, string[]> = {};
  for (const message of store.messages) {
    const story = (stories[names.get(message.aggregateId) ?? ''] ??= []);
    const text = JSON.stringify(message);
    story.push([...names].reduce((all, [id, name]) => all.replaceAll(`"${id}"`, name), text));
  }
  return stories;
}

/** `data` as the outbox has it, with ids as they really are. */
function asSent(data: NewMessage['data']): unknown {
  return JSON.parse(JSON.stringify(data), (_key, value: unknown) =>
    typeof value === 'string' ? uuidOf(value) : value,
  );
}

function sentPayment(data: NewMessage['data']) {
  return paymentData.parse(asSent(data));
}

function sentOrder(data: NewMessage['data']) {
  return orderData.parse(asSent(data));
}

/** The ids of the store in memory are words; anything else stays as it is. */
function uuidOf(text: string): string {
  return /^(payment|order) \d+$/.test(text) ? uuidv5(text, uuidv5.URL) : text;
}
