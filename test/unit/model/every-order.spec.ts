import { describe, expect, it } from '@jest/globals';
import type { MemoryStore } from '../../support/memory-store.js';
import {
  checkEveryOrder,
  OrderDependence,
  type Happening,
} from '../../support/model/every-order.js';
import { eventSets, type EventSet } from '../../support/model/event-sets.js';

/** Some ten seconds for the largest; more where others work on the same machine. */
const TIMEOUT_MS = 240_000;

const SETS = eventSets();

/** What docs/model-check.md says: the orders in which any of the events of a set can come. */
const COVERED: Readonly<Record<string, { events: number; sets: number; orders: bigint }>> = {
  'a payment with two attempts, refunds, a dispute and a cancellation': {
    events: 13,
    sets: 8192,
    orders: 16_926_797_486n,
  },
  'an authorization that is captured in parts, released, moved and contradicted': {
    events: 12,
    sets: 4096,
    orders: 1_302_061_345n,
  },
  'disputes and refunds that name a charge alone': {
    events: 11,
    sets: 2048,
    orders: 108_505_112n,
  },
  'an order that is created, called off, and paid more than once': {
    events: 11,
    sets: 1536,
    orders: 12_834_775n,
  },
  'refunds with an id and without, and a dispute': {
    events: 12,
    sets: 4096,
    orders: 1_302_061_345n,
  },
};

describe('every order of arrival of every set of', () => {
  const named = SETS.map((set) => {
    const { events, sets, orders } = COVERED[set.name]!;
    const numbers = [events, sets, orders].map((one) => one.toLocaleString('en'));
    return { set, title: `${numbers[0]} events (${numbers[1]} sets, ${numbers[2]} orders)` };
  });

  it.each(named)(
    '$title ends alike, with repetitions and in rings: $set.name',
    ({ set }) => {
      const { sets, orders } = checkEveryOrder(set);
      const events = set.happenings.length;
      expect({ events, sets, orders }).toEqual(COVERED[set.name]);
    },
    TIMEOUT_MS,
  );
});

/** What would be wrong with Tollgate if it worked like many others. */
describe('the check finds', () => {
  const attempts = SETS[0]!;

  it('a refund that is dropped because its payment is not known to be paid', () => {
    const planted = spoil(attempts, (name, store) =>
      name.startsWith('refund.') && !isPaid(store) ? store : null,
    );
    expect(storyOf(planted)).toMatch(
      /first order:\n.*1\. charge\.succeeded\n.*2\. refund\.created\n.*second order:\n.*1\. refund/s,
    );
  });

  it('a state that only three events of thirteen lead to', () => {
    const planted = spoil(attempts, (name, store) => {
      const wasDisputed = store.disputes.size > 0 && isPaid(store);
      return name === 'charge.failed' && wasDisputed ? store : null;
    });
    const story = storyOf(planted);
    expect(story).toContain('3. charge.failed');
    expect(story).not.toContain('4. ');
  });

  it('an event that counts again when it is told again', () => {
    const planted = spoil(attempts, (name, store) => {
      if (name !== 'charge.refund.updated' || !store.outcomes.has(name)) return null;
      const after = store.copy();
      for (const [id, row] of after.payments) {
        after.payments.set(id, { ...row, amountRefundedMinor: row.amountRefundedMinor + 2000n });
      }
      return after;
    });
    expect(storyOf(planted)).toContain('2. charge.refund.updated\nThen:');
  });

  it('a ring that does not do what its events do one by one', () => {
    const { applyTogether } = attempts;
    const planted: EventSet = {
      ...attempts,
      applyTogether: (store, some) => applyTogether!(store, some.slice(0, -1)),
    };
    expect(storyOf(planted)).toContain('1. all at once: payment_intent.created, ');
  });

  it('a move that no table allows', () => {
    const planted = spoil(attempts, (name, store) => {
      if (name !== 'charge.failed' || !isPaid(store)) return null;
      const after = store.copy();
      const [payment] = after.payments.values();
      after.payments.set(payment!.id, { ...payment!, status: 'failed' });
      after.transitions.push({ ...after.transitions[0]!, from: 'paid', to: 'failed' });
      return after;
    });
    expect(storyOf(planted)).toContain('Then: payment 2 moves from paid to failed, which is never');
  });

  it('others who are told something else than what is so', () => {
    const planted = spoil(attempts, (name, store) => {
      if (name !== 'charge.succeeded') return null;
      const after = store.copy();
      after.apply([eventOf(attempts, name)]);
      after.messages.splice(store.messages.length);
      return after;
    });
    expect(storyOf(planted)).toContain('1. charge.succeeded\nThen: nobody was told of payment 2');
  });
});

/** The same events, but some of them have another effect now and then. */
function spoil(
  set: EventSet,
  effect: (name: string, store: MemoryStore) => MemoryStore | null,
): EventSet {
  const happenings = set.happenings.map((happening): Happening<MemoryStore> => {
    const { name, apply } = happening;
    return { ...happening, apply: (store) => effect(name, store) ?? apply(store) };
  });
  return { ...set, happenings };
}

function storyOf(set: EventSet): string {
  try {
    checkEveryOrder(set);
  } catch (error) {
    if (error instanceof OrderDependence) return error.message;
    throw error;
  }
  return 'nothing was found';
}

function isPaid(store: MemoryStore): boolean {
  return [...store.payments.values()].some(({ amountCapturedMinor }) => amountCapturedMinor > 0n);
}

function eventOf({ happenings }: EventSet, name: string) {
  const happening = happenings.find((one) => one.name === name);
  return (happening as unknown as { event: Parameters<MemoryStore['apply']>[0][number] }).event;
}
