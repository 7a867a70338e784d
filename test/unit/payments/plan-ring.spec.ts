import { describe, expect, it } from '@jest/globals';
import type { StoredFact } from '../../../src/payments/fact-register.js';
import { planRing } from '../../../src/payments/plan-ring.js';
import type { ReviewReason } from '../../../src/payments/review-reasons.js';
import type { ReviewRow } from '../../../src/payments/ring-state.js';
import {
  captured,
  dispute,
  fact,
  refund,
  refundedTotal,
  requested,
  told,
} from '../../support/facts.js';
import { eventOf, orderRow, paymentRow, planRings, ringState } from '../../support/ring-state.js';

const KNOWN = ringState({ payments: [paymentRow()] });
const impossible = expect.objectContaining({ code: 'transition_impossible' });

describe('a ring of one event', () => {
  it('says what the event changed, and nothing else', () => {
    const { facts, transfers, messages, ...changes } = planRing(
      [eventOf('e1', told(requested(5000n), captured(5000n)))],
      KNOWN,
    );
    const news = [requested(5000n), captured(5000n)].map((one) => ({ ...one, inboxId: 'e1' }));
    expect(facts).toEqual(news.map((one) => ({ ...one, paymentId: 'p1' })));
    expect(changes).toEqual({
      outcomes: new Map([['e1', { outcome: 'applied', paymentId: 'p1' }]]),
      transitions: [
        {
          paymentId: 'p1',
          orderId: null,
          disputeId: null,
          version: 1,
          from: null,
          to: 'paid',
          facts: news,
          inboxId: 'e1',
          command: null,
        },
      ],
      reviews: [],
      payments: [expect.objectContaining({ id: 'p1', status: 'paid', version: 1 })],
      disputes: [],
      orders: [],
      parts: [],
      parkedFacts: [],
      unparked: [],
    });
    expect(transfers).toMatchObject([
      { paymentId: 'p1', rule: 'capture', amountMinor: 5000n, inboxId: 'e1', command: null },
    ]);
    expect(messages).toMatchObject([{ type: 'payment.paid', part: '' }]);
  });

  it('posts nothing while no money has moved', () => {
    expect(planRing([eventOf('e1', told(requested(5000n)))], KNOWN).transfers).toEqual([]);
  });

  it('names the command where one has told, which has no outcome', () => {
    const event = eventOf('', told(requested(5000n)), { inboxId: null, command: 'start_payment' });
    const { outcomes, transitions } = planRing([event], KNOWN);
    expect(outcomes.size).toBe(0);
    expect(transitions).toMatchObject([{ inboxId: null, command: 'start_payment' }]);
  });

  it('is about the payment of its own account, although another has the same name', () => {
    const other = paymentRow({ id: 'p2', account: 'other' });
    const third = paymentRow({ id: 'p3', provider: 'paystack' });
    const state = ringState({ payments: [paymentRow(), other, third] });
    for (const [id, given] of [
      ['p1', {}],
      ['p2', { account: 'other' }],
      ['p3', { provider: 'paystack' }],
    ] as const) {
      const { payments } = planRing([eventOf('e1', told(captured(5000n)), given)], state);
      expect(payments.map((row) => row.id)).toEqual([id]);
    }
  });

  it('tells of a move what was news, and leaves out what was known', () => {
    const first = [requested(5000n), fact('pending', { at: 1 })];
    const { changes, last } = planRings(
      KNOWN,
      [eventOf('e1', told(...first))],
      [eventOf('e2', told(...first, captured(5000n)))],
    );
    expect(changes.map(({ transitions }) => transitions.map(({ from, to }) => [from, to]))).toEqual(
      [[[null, 'pending']], [['pending', 'paid']]],
    );
    expect(last.transitions[0]?.facts).toMatchObject([{ kind: 'captured', inboxId: 'e2' }]);
    expect(last.facts).toMatchObject([{ kind: 'captured' }]);
  });

  it('refuses a move that the table calls impossible', () => {
    const paid = ringState({ payments: [paymentRow({ status: 'paid', version: 1 })] });
    expect(() => planRing([eventOf('e1', told(fact('pending')))], paid)).toThrow(impossible);
  });
});

describe('an event that changes nothing', () => {
  const paid = [eventOf('e1', told(requested(5000n), captured(5000n)))];

  it.each([
    ['repeated', 'everything was known', [captured(5000n)]],
    ['repeated', 'it tells the same of a later time', [captured(5000n, { at: 9 })]],
    ['stale', 'something was not', [captured(5000n), fact('pending')]],
    ['stale', 'it tells of less than is known', [captured(3000n)]],
  ] as const)('is %s when %s', (reason, _why, facts) => {
    const { last } = planRings(KNOWN, paid, [eventOf('e2', told(...facts))]);
    const outcome = { outcome: 'noop', reason, paymentId: 'p1', partId: null };
    expect(last).toMatchObject({
      outcomes: new Map([['e2', outcome]]),
      payments: [],
      messages: [],
    });
  });

  it('keeps a stale fact, and no repeated one', () => {
    const { last } = planRings(KNOWN, paid, [eventOf('e2', told(captured(5000n), fact('failed')))]);
    expect(last.facts.map(({ kind }) => kind)).toEqual(['failed']);
  });

  it('is applied all the same when the ledger does not know yet what it says', () => {
    const { state } = planRings(KNOWN, paid);
    const unposted = { ...state, transfers: [] };
    const { outcomes, transfers, payments } = planRing(
      [eventOf('e2', told(captured(5000n)))],
      unposted,
    );
    expect(outcomes.get('e2')).toEqual({ outcome: 'applied', paymentId: 'p1' });
    expect(transfers).toMatchObject([{ rule: 'capture', amountMinor: 5000n, inboxId: 'e2' }]);
    expect(payments).toMatchObject([{ version: 2 }]);
  });
});

describe('a ring of several events', () => {
  it('posts each movement once', () => {
    const { transfers } = planRing(
      [
        eventOf('e1', told(captured(5000n))),
        eventOf('e2', told(fact('pending'))),
        eventOf('e3', told(refundedTotal(2000n, { at: 2 }))),
      ],
      KNOWN,
    );
    expect(transfers.map(({ rule, amountMinor, inboxId }) => [rule, amountMinor, inboxId])).toEqual(
      [
        ['capture', 5000n, 'e1'],
        ['refund', 2000n, 'e3'],
      ],
    );
  });

  it('posts for a payment whatever stands for another one', () => {
    const state = ringState({
      payments: [paymentRow(), paymentRow({ id: 'p2', providerPaymentId: 'pi_2' })],
    });
    const facts = told(captured(5000n));
    const { last } = planRings(
      state,
      [eventOf('e1', { ...facts, providerPaymentId: 'pi_2' })],
      [eventOf('e2', facts)],
    );
    expect(last.transfers).toMatchObject([{ paymentId: 'p1', amountMinor: 5000n }]);
  });

  it('writes the last word about a review', () => {
    const { reviews } = planRing(
      [
        eventOf('e1', told(captured(4000n), refundedTotal(5000n, { at: 2 }))),
        eventOf('e2', told(refundedTotal(6000n, { at: 3 }))),
      ],
      KNOWN,
    );
    expect(reviews).toEqual([
      {
        reason: 'refund_exceeds_capture',
        amountMinor: 2000n,
        status: 'open',
        isNews: false,
        paymentId: 'p1',
        orderId: null,
        inboxId: 'e2',
      },
    ]);
  });

  it('writes a review of each payment and each order', () => {
    const orders = [orderRow(), orderRow({ id: 'o2', reference: 'order-2' })];
    const rows = [paymentRow(), paymentRow({ id: 'p2', providerPaymentId: 'pi_2' })];
    const events = ['order-1', 'order-2'].map((reference, index) => {
      const facts = told(requested(6000n, { reference }), captured(6000n), fact('cancelled'));
      return eventOf(`e${index}`, { ...facts, providerPaymentId: `pi_${index + 1}` });
    });
    const { reviews } = planRing(events, ringState({ payments: rows, orders }));
    expect(reviews.map((one) => [one.paymentId ?? one.orderId, one.reason])).toEqual([
      ['p1', 'captured_after_cancel'],
      ['p2', 'captured_after_cancel'],
      ['o1', 'amount_mismatch'],
      ['o2', 'amount_mismatch'],
    ]);
  });
});

describe('the disputes of a ring', () => {
  const opened = told(
    captured(9000n),
    refund('dp_1', 10n, { at: 2 }),
    dispute('dp_1', 'open', { at: 3 }),
    dispute('dp_2', 'inquiry', { at: 3 }),
  );

  it('move each by what was told of it', () => {
    const { disputes, transitions, messages } = planRing([eventOf('e1', opened)], KNOWN);
    expect(disputes).toMatchObject([
      { key: 'dp_1', status: 'open', paymentId: 'p1', version: 1, amountMinor: 5000n },
      { key: 'dp_2', status: 'inquiry', paymentId: 'p1', version: 1, amountMinor: 5000n },
    ]);
    const [one, other] = disputes;
    expect(transitions.filter(({ disputeId }) => disputeId !== null)).toEqual([
      {
        paymentId: null,
        orderId: null,
        disputeId: one?.id,
        version: 1,
        from: null,
        to: 'open',
        facts: [expect.objectContaining({ kind: 'dispute', key: 'dp_1' })],
        inboxId: 'e1',
        command: null,
      },
      expect.objectContaining({
        disputeId: other?.id,
        to: 'inquiry',
        facts: [expect.objectContaining({ kind: 'dispute', key: 'dp_2' })],
      }),
    ]);
    const told = messages.filter(({ aggregate }) => aggregate === 'dispute');
    expect(told.map(({ type, part }) => [type, part])).toEqual([
      ['dispute.open', ''],
      ['dispute.inquiry', ''],
    ]);
  });

  it('are written only where they have changed', () => {
    const { last } = planRings(
      KNOWN,
      [eventOf('e1', opened)],
      [eventOf('e2', told(dispute('dp_2', 'open', { at: 4 })))],
    );
    expect(last.disputes).toMatchObject([{ key: 'dp_2', status: 'open', version: 2 }]);
    expect(last.transitions.filter(({ disputeId }) => disputeId !== null)).toMatchObject([
      { from: 'inquiry', to: 'open', version: 2 },
    ]);
  });

  it('change without a move when only their money does', () => {
    const { last } = planRings(
      KNOWN,
      [eventOf('e1', opened)],
      [eventOf('e2', told(dispute('dp_1', 'open', { at: 4, currency: 'USD' })))],
    );
    expect(last.disputes).toMatchObject([{ key: 'dp_1', currency: 'USD', version: 2 }]);
    expect(last.transitions.filter(({ disputeId }) => disputeId !== null)).toEqual([]);
  });

  it('are those of their own payment, although another has one of the same name', () => {
    const theirs = { id: 'd9', paymentId: 'p2', key: 'dp_1', status: 'open', version: 7 } as const;
    const state = { ...KNOWN, disputes: [{ ...theirs, amountMinor: 5000n, currency: 'NGN' }] };
    const { disputes } = planRing([eventOf('e1', told(dispute('dp_1', 'open')))], state);
    expect(disputes).toMatchObject([{ paymentId: 'p1', version: 1 }]);
    expect(disputes[0]?.id).not.toBe('d9');
  });
});

describe('parts of payments', () => {
  const part = (paymentId: string | null, given = {}) => {
    return { provider: 'stripe', account: 'default', partId: 'ch_1', paymentId, ...given };
  };
  const ofPart = (...facts: readonly StoredFact[]) => {
    return { ...told(...facts), providerPaymentId: null, partIds: ['ch_1'] };
  };
  const waiting = ringState({ payments: [paymentRow()], parts: [part(null)] });
  const open = dispute('dp_1', 'open', { at: 3 });
  const parked = [eventOf('e1', ofPart(open))];
  const naming = eventOf('e2', { ...told(captured(5000n)), partIds: ['ch_1'] });
  const noop = (reason: string) => ({ outcome: 'noop', reason, paymentId: null, partId: 'ch_1' });

  it('wait, with what is told of them, until somebody says whose they are', () => {
    const { outcomes, parkedFacts, parts, unparked, payments } = planRing(parked, waiting);
    expect(outcomes.get('e1')).toEqual(noop('waiting_for_payment'));
    expect(parkedFacts).toEqual([
      { ...open, inboxId: 'e1', provider: 'stripe', account: 'default', partId: 'ch_1' },
    ]);
    expect([parts, unparked, payments]).toEqual([[], [], []]);
  });

  it.each([
    ['the same again', 'repeated', [open], []],
    ['nothing', 'waiting_for_payment', [], []],
    ['an older report', 'waiting_for_payment', [dispute('dp_1', 'inquiry')], []],
    ['a newer report', 'waiting_for_payment', [dispute('dp_1', 'won', { at: 9 })], ['won']],
    ['one of two again', 'waiting_for_payment', [open, dispute('dp_2', 'lost')], ['lost']],
  ] as const)('wait on when they are told %s', (_what, reason, facts, kept) => {
    const { last } = planRings(waiting, parked, [eventOf('e9', ofPart(...facts))]);
    expect(last.outcomes.get('e9')).toEqual(noop(reason));
    expect(last.parkedFacts.map(({ state }) => state)).toEqual(kept);
  });

  it('keep the newer of two reports of one ring', () => {
    const won = dispute('dp_1', 'won', { at: 9 });
    const { parkedFacts } = planRing([...parked, eventOf('e9', ofPart(won))], waiting);
    expect(parkedFacts).toMatchObject([{ state: 'won', inboxId: 'e9' }]);
  });

  it('bring what waited to their payment', () => {
    const { last } = planRings(waiting, parked, [naming]);
    expect(last.parts).toEqual([part('p1')]);
    expect(last.unparked).toEqual([part('p1')]);
    expect(last.parkedFacts).toEqual([]);
    const fromPart = { ...open, inboxId: 'e1', paymentId: 'p1' };
    expect(last.facts).toEqual([expect.objectContaining({ kind: 'captured' }), fromPart]);
    expect(last.disputes).toMatchObject([{ key: 'dp_1', status: 'open', paymentId: 'p1' }]);
  });

  it('bring it within one ring as well, and nothing stays parked', () => {
    const { parkedFacts, unparked, disputes } = planRing([...parked, naming], waiting);
    expect([parkedFacts, unparked]).toEqual([[], [part('p1')]]);
    expect(disputes).toHaveLength(1);
  });

  it('are noted where nothing has waited', () => {
    const { parts, unparked } = planRing([naming], waiting);
    expect([parts, unparked]).toEqual([[part('p1')], []]);
  });

  it('belong to whom they were told to belong first', () => {
    const { parts, facts } = planRing([naming], { ...waiting, parts: [part('p2')] });
    expect(parts).toEqual([]);
    expect(facts).toMatchObject([{ kind: 'captured', inboxId: 'e2' }]);
  });

  it('name the payment that they belong to', () => {
    const state = { ...waiting, parts: [part('p1')] };
    const { outcomes, disputes } = planRing(parked, state);
    expect(outcomes.get('e1')).toEqual({ outcome: 'applied', paymentId: 'p1' });
    expect(disputes).toHaveLength(1);
  });

  it.each([{ account: 'other' }, { provider: 'paystack' }, { partId: 'ch_2' }])(
    'are not those of %j',
    (given) => {
      const { outcomes } = planRing(parked, { ...waiting, parts: [part('p1', given)] });
      expect(outcomes.get('e1')).toEqual(noop('waiting_for_payment'));
    },
  );

  it('are named by every event that names no payment', () => {
    const nobody = { ...told(open), providerPaymentId: null };
    expect(() => planRing([eventOf('e1', nobody)], waiting)).toThrow(
      'an event names neither a payment nor a part',
    );
  });
});

describe('the orders of a ring', () => {
  const paying = (minor: bigint, reference = 'order-1') =>
    told(requested(minor, { reference }), captured(minor));
  const typesOf = (messages: readonly { readonly type: string }[]) =>
    messages.map(({ type }) => type).filter((type) => type.startsWith('order.'));
  const review = (given: Partial<ReviewRow>): ReviewRow => ({
    paymentId: null,
    orderId: null,
    reason: 'captured_after_cancel' satisfies ReviewReason,
    status: 'open',
    amountMinor: 5000n,
    resolvedMinor: null,
    ...given,
  });
  const two = ringState({
    payments: [paymentRow()],
    orders: [orderRow(), orderRow({ id: 'o2', reference: 'order-2' })],
  });

  it('are written where they have changed, with their own cause', () => {
    const { orders, transitions } = planRing([eventOf('e1', paying(5000n))], two);
    expect(orders).toMatchObject([{ id: 'o1', status: 'paid', version: 2 }]);
    expect(transitions.filter(({ orderId }) => orderId !== null)).toMatchObject([
      { orderId: 'o1', from: 'open', to: 'paid', version: 2, inboxId: 'e1' },
    ]);
  });

  it('are all locked before', () => {
    expect(() => planRing([eventOf('e1', paying(5000n, 'order-3'))], two)).toThrow(
      'an order of the ring was not locked',
    );
  });

  it('know only their own payments, in one order, whoever came first', () => {
    const rows = ['p2', 'p3'].map((id) =>
      paymentRow({ id, providerPaymentId: id, orderId: 'o1', currency: 'NGN', version: 1 }),
    );
    const foreign = paymentRow({ id: 'p4', orderId: 'o2', amountCapturedMinor: 9000n, version: 1 });
    const state = { ...two, orderPayments: [...rows, { ...foreign, currency: 'NGN' }] };
    const { orders, messages } = planRing([eventOf('e1', paying(5000n))], state);
    expect(orders).toMatchObject([{ id: 'o1', amountPaidMinor: 5000n }]);
    const about = messages.find(({ aggregate }) => aggregate === 'order');
    expect(about?.data).toMatchObject({
      order: { payments: [{ id: 'p1' }, { id: 'p2' }, { id: 'p3' }] },
    });
  });

  it('tell of a review once, although more comes to be at stake', () => {
    const { changes } = planRings(
      two,
      [eventOf('e1', paying(6000n))],
      [eventOf('e2', told(captured(7000n)))],
      [eventOf('e3', told(refund('re_1', 1000n, { at: 2 })))],
    );
    expect(changes.map(({ messages }) => typesOf(messages))).toEqual([
      ['order.in_review', 'order.review_opened'],
      ['order.updated'],
      ['order.updated'],
    ]);
    expect(changes.flatMap(({ reviews }) => reviews)).toMatchObject([
      { orderId: 'o1', amountMinor: 1000n, isNews: true, inboxId: 'e1' },
      { orderId: 'o1', amountMinor: 2000n, isNews: false, inboxId: 'e2' },
      { orderId: 'o1', amountMinor: 1000n, isNews: false, inboxId: 'e3' },
    ]);
  });

  it('tell of a second review that changes nothing else', () => {
    const { last } = planRings(
      two,
      [eventOf('e1', paying(6000n))],
      [eventOf('e2', told(fact('cancelled')))],
    );
    expect(typesOf(last.messages)).toEqual(['order.review_opened']);
    expect(last.messages.at(-1)).toMatchObject({ part: 'captured_after_cancel p1' });
  });

  it('are held by the reviews of a payment that comes to them, and let go when it leaves', () => {
    const { last, changes } = planRings(
      two,
      [
        eventOf(
          'e1',
          told(...[requested(5000n, { reference: 'order-1' }), captured(5000n)], fact('cancelled')),
        ),
      ],
      [eventOf('e2', told(requested(5000n, { at: 5, reference: 'order-2' })))],
    );
    expect(changes[0]?.orders).toMatchObject([{ id: 'o1', status: 'in_review' }]);
    expect(last.orders).toMatchObject([
      { id: 'o1', status: 'open', amountPaidMinor: 0n },
      { id: 'o2', status: 'in_review', amountPaidMinor: 5000n },
    ]);
    const tidings = last.messages.filter(({ aggregate }) => aggregate === 'order');
    expect(tidings.map(({ type, data }) => [type, (data as { review?: object }).review])).toEqual([
      ['order.open', undefined],
      [
        'order.review_resolved',
        { reason: 'captured_after_cancel', status: 'withdrawn', paymentId: 'p1' },
      ],
      ['order.in_review', undefined],
      ['order.review_opened', { reason: 'captured_after_cancel', status: 'open', paymentId: 'p1' }],
    ]);
  });

  it.each([
    ['open', 'in_review'],
    ['resolved', 'paid'],
    ['withdrawn', 'paid'],
  ] as const)('with an %s review of one of their payments are %s', (status, expected) => {
    const first = paymentRow({ id: 'p2', providerPaymentId: 'pi_2', orderId: 'o1', version: 1 });
    const state = {
      ...two,
      orderPayments: [{ ...first, currency: 'NGN' }],
      reviews: [
        review({ paymentId: 'p2', status }),
        review({ paymentId: 'p9', reason: 'livemode_mismatch' }),
        review({ orderId: 'o2', reason: 'paid_twice' }),
      ],
    };
    const { orders, reviews } = planRing([eventOf('e1', paying(5000n))], state);
    expect(orders).toMatchObject([{ id: 'o1', status: expected }]);
    expect(reviews).toEqual([]);
  });

  it('are not held by a review that a person has resolved', () => {
    const decided = { status: 'resolved', amountMinor: 5000n, resolvedMinor: 5000n } as const;
    const state = { ...two, reviews: [review({ paymentId: 'p1', ...decided })] };
    const cancelled = told(
      requested(5000n, { reference: 'order-1' }),
      captured(5000n),
      fact('cancelled'),
    );
    const { orders, messages } = planRing([eventOf('e1', cancelled)], state);
    expect(orders).toMatchObject([{ id: 'o1', status: 'paid' }]);
    expect(typesOf(messages)).toEqual(['order.paid']);
  });

  describe('that nobody has created yet', () => {
    const unknown = { amountDueMinor: null, version: 1 };

    it('have the currency of their payments, not one that was believed before', () => {
      const state = { ...two, orders: [orderRow({ ...unknown, currency: 'NGN' })] };
      const dollars = { currency: 'USD' };
      const facts = told(
        requested(5000n, { ...dollars, reference: 'order-1' }),
        captured(5000n, dollars),
      );
      const { orders, reviews } = planRing([eventOf('e1', facts)], state);
      expect(orders).toMatchObject([{ status: 'paid', currency: 'USD', amountPaidMinor: 5000n }]);
      expect(reviews).toEqual([]);
    });

    it('are written when nothing but their currency becomes known', () => {
      const state = { ...two, orders: [orderRow({ ...unknown, currency: null })] };
      const facts = told(requested(5000n, { reference: 'order-1' }));
      const { orders } = planRing([eventOf('e1', facts)], state);
      expect(orders).toMatchObject([{ status: 'open', currency: 'NGN', version: 2 }]);
    });
  });
});
