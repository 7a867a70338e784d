import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EventFacts } from '../../../src/payments/ring-state.js';
import { MemoryStore } from '../../support/memory-store.js';
import { checkStep } from '../../support/model/check-step.js';
import { randomEvents } from '../../support/model/random-events.js';
import { keyOfStore } from '../../support/model/store-world.js';

const SETS = 5000;
const ORDERS_OF_EACH = 20;

/** Some fifteen seconds; more where others work on the same machine. */
const TIMEOUT_MS = 180_000;

describe('random events of Stripe and Paystack', () => {
  it(
    'F28: end alike in 100,000 random orders, with repetitions and in rings of any size',
    () => {
      const seeds = fc.array(fc.nat(), { minLength: ORDERS_OF_EACH, maxLength: ORDERS_OF_EACH });
      let orders = 0;
      fc.assert(
        fc.property(randomEvents, seeds, (events, chosen) => {
          const inOrder = events.map((event) => [event]);
          const expected = ended(inOrder);
          for (const seed of chosen) {
            const rings = arrival(events, seed);
            const found = ended(rings);
            // Equal strings need no report, and most of the time would go into making one.
            if (found !== expected) expect(told(rings, found)).toEqual(told(inOrder, expected));
            orders += 1;
          }
        }),
        { numRuns: SETS },
      );
      expect(orders).toBe(100_000);
    },
    TIMEOUT_MS,
  );
});

/** What all of them come to, once every move on the way was allowed. */
function ended(rings: readonly (readonly EventFacts[])[]): string {
  const store = new MemoryStore();
  for (const ring of rings) store.apply(ring);
  checkStep(NOTHING, store);
  return keyOfStore(store);
}

const NOTHING = new MemoryStore();

/** The events in another order, some more than once, in rings of one to four. */
function arrival(events: readonly EventFacts[], seed: number): EventFacts[][] {
  const random = randomFrom(seed);
  const repeated = events.filter(() => random(4) === 0);
  const left = [...events, ...repeated.map((one) => ({ ...one, inboxId: `${one.inboxId} again` }))];
  const rings: EventFacts[][] = [];
  while (left.length > 0) {
    const size = 1 + random(4);
    const ring = Array.from({ length: Math.min(size, left.length) }, () =>
      left.splice(random(left.length), 1),
    );
    rings.push(ring.flat());
  }
  return rings;
}

/** A state and the order that led to it, so that a failure shows both. */
function told(rings: readonly (readonly EventFacts[])[], state: string) {
  return { rings, state: state.split('\n') };
}

/** Whole numbers below a limit; the same ones for the same seed. */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
