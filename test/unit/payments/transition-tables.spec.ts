import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { derivePayment } from '../../../src/payments/derive-payment.js';
import { DISPUTE_TRANSITIONS } from '../../../src/payments/dispute.states.js';
import { mergeFacts, registerOf, type StoredFact } from '../../../src/payments/fact-register.js';
import { ORDER_STATUSES, ORDER_TRANSITIONS } from '../../../src/payments/order.states.js';
import { DISPUTE_STATES, FACT_KINDS } from '../../../src/payments/payment-fact.js';
import { PAYMENT_STATUSES, PAYMENT_TRANSITIONS } from '../../../src/payments/payment.states.js';
import { assertMove, type Verdict } from '../../../src/payments/verdict.js';

const TABLES: [string, readonly string[], Record<string, Record<string, Verdict>>][] = [
  ['payment', PAYMENT_STATUSES, PAYMENT_TRANSITIONS],
  ['order', ORDER_STATUSES, ORDER_TRANSITIONS],
  ['dispute', DISPUTE_STATES, DISPUTE_TRANSITIONS],
];

describe.each(TABLES)('the table of %s transitions', (_name, statuses, table) => {
  it('has a verdict for every pair, and `same` on the diagonal alone', () => {
    expect(Object.keys(table).sort()).toEqual([...statuses].sort());
    for (const from of statuses) {
      expect(Object.keys(table[from] ?? {}).sort()).toEqual([...statuses].sort());
      for (const to of statuses) expect(table[from]?.[to] === 'same').toBe(from === to);
    }
  });
});

const anyFact: fc.Arbitrary<StoredFact> = fc.record({
  kind: fc.constantFrom(...FACT_KINDS),
  key: fc.constantFrom('a', 'b'),
  amountMinor: fc.constantFrom(0n, 50n, 100n, 150n),
  currency: fc.constantFrom(null, 'NGN', 'USD'),
  occurredAtMs: fc.constantFrom(null, 1000, 2000, 3000),
  state: fc.constantFrom('pending' as const, 'succeeded' as const, 'failed' as const),
  reference: fc.constantFrom(null, 'order'),
  livemode: fc.boolean(),
});

describe('what facts can lead to', () => {
  const walk = (facts: readonly StoredFact[], see: (before: Derived, after: Derived) => void) => {
    const registers = new Map<string, StoredFact>();
    let before = derivePayment([]);
    for (const one of facts) {
      const known = registers.get(registerOf(one));
      registers.set(registerOf(one), known ? mergeFacts(known, one) : one);
      const after = derivePayment([...registers.values()]);
      see(before, after);
      before = after;
    }
  };
  type Derived = ReturnType<typeof derivePayment>;

  it('is never a move that the payment table calls impossible', () => {
    fc.assert(
      fc.property(fc.array(anyFact, { maxLength: 12 }), (facts) => {
        walk(facts, (before, after) => {
          expect(PAYMENT_TRANSITIONS[before.status][after.status]).not.toBe('never');
        });
      }),
      { numRuns: 5000 },
    );
  });

  it('always names the contradiction where the table says review', () => {
    fc.assert(
      fc.property(fc.array(anyFact, { maxLength: 12 }), (facts) => {
        walk(facts, (before, after) => {
          if (PAYMENT_TRANSITIONS[before.status][after.status] !== 'review') return;
          expect(after.contradictions.map(({ reason }) => reason)).toContain(
            'captured_after_cancel',
          );
        });
      }),
      { numRuns: 5000 },
    );
  });
});

describe('assertMove', () => {
  it('throws transition_impossible for never, and for nothing else', () => {
    for (const verdict of ['same', 'move', 'review'] as const) {
      expect(() => {
        assertMove(verdict, 'paid', 'refunded');
      }).not.toThrow();
    }
    expect(() => {
      assertMove('never', 'paid', 'pending');
    }).toThrow(
      expect.objectContaining({
        code: 'transition_impossible',
        message: expect.stringContaining('from paid to pending'),
      }),
    );
  });
});
