import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { permutations } from '../../support/facts.js';
import { lifecycles } from '../../support/lifecycles.js';
import { MemoryStore } from '../../support/memory-store.js';
import { translateLife } from '../../support/translate-events.js';

const EXPECTED: Record<string, { status: string; order: string; reviews: string[] }> = {
  'stripe: success after a failed attempt': { status: 'paid', order: 'paid', reviews: [] },
  'stripe: authorized and captured in part': {
    status: 'partially_paid',
    order: 'partially_paid',
    reviews: [],
  },
  'stripe: refunded in two parts': { status: 'refunded', order: 'refunded', reviews: [] },
  'stripe: a refund that fails': { status: 'paid', order: 'paid', reviews: [] },
  'stripe: a dispute that is won': { status: 'paid', order: 'paid', reviews: [] },
  'stripe: a dispute that is lost after an inquiry': {
    status: 'paid',
    order: 'paid',
    reviews: [],
  },
  'stripe: cancelled': { status: 'cancelled', order: 'open', reviews: [] },
  'stripe: cancelled and captured all the same': {
    status: 'refunded',
    order: 'in_review',
    reviews: ['pi_x: captured_after_cancel open'],
  },
  'stripe: moved to another order and back': { status: 'paid', order: 'paid', reviews: [] },
  'stripe: everything in one second': { status: 'paid', order: 'paid', reviews: [] },
  'paystack: paid, refunded in part, disputed and won': {
    status: 'partially_refunded',
    order: 'partially_refunded',
    reviews: [],
  },
  'paystack: a refund that fails and a dispute that is lost': {
    status: 'paid',
    order: 'paid',
    reviews: [],
  },
};

describe.each(lifecycles('x'))('$name', (life) => {
  const events = translateLife(life);
  const inOrder = new MemoryStore();
  for (const event of events) inOrder.apply([event]);
  const expected = inOrder.result();

  it('ends as a person reading it would say', () => {
    const { status, order, reviews } = EXPECTED[life.name] ?? {};
    expect(expected.payments.map((one) => one.status)).toEqual([status]);
    const withMoney = expected.orders.filter((one) => one.amountPaidMinor > 0n);
    const orders = withMoney.length > 0 ? withMoney : expected.orders;
    expect(orders.map((one) => one.status)).toEqual([order]);
    expect(expected.reviews).toEqual(reviews);
    expect(expected.parked).toBe(0);
  });

  it(`F28: ends the same in all ${factorial(events.length)} orders of arrival`, () => {
    for (const order of permutations(events)) {
      const store = new MemoryStore();
      for (const event of order) store.apply([event]);
      expect(store.result()).toEqual(expected);
    }
  });

  it('ends the same with repetitions, however the events are grouped into rings', () => {
    const some = fc.array(fc.nat({ max: events.length - 1 }), { maxLength: 12 });
    const shuffled = fc.shuffledSubarray(events, { minLength: events.length });
    const cuts = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(shuffled, some, cuts, (all, repeated, sizes) => {
        const arriving = [...all];
        for (const index of repeated) {
          const event = events[index];
          if (event) arriving.splice((index * 7) % (arriving.length + 1), 0, event);
        }
        const store = new MemoryStore();
        for (let from = 0, turn = 0; from < arriving.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          store.apply(arriving.slice(from, from + size));
          from += size;
        }
        expect(store.result()).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('calls a second telling of anything a no-op', () => {
    const store = new MemoryStore();
    for (const event of events) store.apply([event]);
    const before = store.result();
    for (const event of events) {
      store.apply([{ ...event, inboxId: `again ${event.inboxId}` }]);
      expect(store.outcomes.get(`again ${event.inboxId}`)).toMatch(/^noop: (repeated|stale)$/);
    }
    expect(store.result()).toEqual(before);
  });
});

describe('two payments of one order', () => {
  const terms = { reference: 'order-a', currency: 'EUR', amountDueMinor: 5000n };
  const first = lifecycles('a').find((one) => one.name.endsWith('failed attempt'));
  const other = lifecycles('b').find((one) => one.name.endsWith('refund that fails'));

  it('are paid twice in every order of arrival, and the order is held', () => {
    const events = [first, other]
      .flatMap((life) => (life ? translateLife(life).slice(-4) : []))
      .map((event, index) => ({
        ...event,
        inboxId: String(index),
        facts: {
          ...event.facts,
          facts: event.facts.facts.map((fact) => ({
            ...fact,
            reference: fact.reference === null ? null : 'order-a',
          })),
        },
      }))
      .slice(2);
    const results = permutations(events).map((order) => {
      const store = new MemoryStore([terms]);
      for (const event of order) store.apply([event]);
      return store.result();
    });
    expect(results[0]?.reviews).toEqual(['order-a: paid_twice open']);
    expect(results[0]?.orders).toMatchObject([{ status: 'in_review', amountPaidMinor: 10_000n }]);
    for (const result of results) expect(result).toEqual(results[0]);
  });
});

function factorial(count: number): number {
  return count <= 1 ? 1 : count * factorial(count - 1);
}
