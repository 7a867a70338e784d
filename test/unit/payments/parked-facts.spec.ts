import { describe, expect, it } from '@jest/globals';
import type { StoredFact } from '../../../src/payments/fact-register.js';
import type { EventFacts } from '../../../src/payments/ring-state.js';
import { captured, dispute, permutations, told } from '../../support/facts.js';
import { MemoryStore } from '../../support/memory-store.js';

const PART = 'ch_1';

describe('facts that wait for their payment', () => {
  it('end alike in every order, when one is told again at a later time', () => {
    const events = [
      aboutPart('asked', dispute('dp_1', 'inquiry', { at: 1 })),
      aboutPart('asked again', dispute('dp_1', 'inquiry', { at: 3 })),
      aboutPart('opened in between', dispute('dp_1', 'open', { at: 2 })),
      {
        ...aboutPart('paid', captured(5000n)),
        facts: { ...told(captured(5000n)), partIds: [PART] },
      },
    ];
    for (const order of permutations(events)) {
      const store = new MemoryStore();
      for (const event of order) store.apply([event]);
      expect(store.result()).toMatchObject({ disputes: [{ status: 'inquiry' }], parked: 0 });
    }
  });

  it('are repeated when they say the same, whatever the time', () => {
    const store = new MemoryStore();
    store.apply([aboutPart('first', dispute('dp_1', 'open', { at: 1 }))]);
    store.apply([aboutPart('second', dispute('dp_1', 'open', { at: 2 }))]);
    expect(Object.fromEntries(store.outcomes)).toEqual({
      first: 'noop: waiting_for_payment',
      second: 'noop: repeated',
    });
  });
});

/** An event that knows the part alone. */
function aboutPart(inboxId: string, fact: StoredFact): EventFacts {
  const facts = { ...told(fact), providerPaymentId: null, partIds: [PART] };
  return { inboxId, command: null, provider: 'stripe', account: 'default', facts };
}
