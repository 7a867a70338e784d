import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  isMoney,
  POSTING_RULES,
  postingsOf,
  type PostedPayment,
  type Posting,
} from '../../../src/ledger/posting-rules.js';
import { derivePayment } from '../../../src/payments/derive-payment.js';
import type { StoredFact } from '../../../src/payments/fact-register.js';
import { DISPUTE_STATES, FACT_KINDS } from '../../../src/payments/payment-fact.js';
import { captured, dispute, fact, refund, refundedTotal } from '../../support/facts.js';

const ID = '0196a000-0001-7000-8000-000000000001';
const ORDER = { id: '0196a000-0002-7000-8000-000000000001', reference: 'order-1' };
const AT_PROVIDER = 'provider:stripe:acme';

describe('POSTING_RULES', () => {
  it('decides about every kind of fact', () => {
    expect(Object.keys(POSTING_RULES).sort()).toEqual([...FACT_KINDS].sort());
  });

  it('gives each rule a name of its own', () => {
    const names = Object.values(POSTING_RULES).flatMap((rule) => rule?.name ?? []);
    expect(names).toEqual(['capture', 'refund', 'dispute']);
  });

  it.each(FACT_KINDS)('calls %s money if anything is posted after it', (kind) => {
    // A refund has no rule of its own: it is part of what the payment has refunded.
    expect(isMoney(kind)).toBe(POSTING_RULES[kind] !== null || kind === 'refund');
  });
});

describe('postingsOf', () => {
  it('posts a capture from the provider to the order', () => {
    expect(postingsOf(payment([captured(5000n, { key: 'ch_1' })]))).toEqual([
      {
        factKind: 'captured',
        factKey: 'ch_1',
        rule: 'capture',
        orderId: ORDER.id,
        debitAccount: AT_PROVIDER,
        creditAccount: 'order:order-1',
        currency: 'NGN',
        amountMinor: 5000n,
      },
    ]);
  });

  it('keeps what is only played in test mode apart from money', () => {
    const [posting] = postingsOf({ ...payment([captured(5000n)]), livemode: false });
    expect(posting).toMatchObject({ debitAccount: `${AT_PROVIDER}:test`, amountMinor: 5000n });
  });

  it('posts each capture of a payment by itself', () => {
    const facts = [captured(5000n, { key: 'ch_1' }), captured(200n, { key: 'ch_2' })];
    const postings = postingsOf(payment(facts));
    expect(postings.map(({ factKey, amountMinor }) => [factKey, amountMinor])).toEqual([
      ['ch_1', 5000n],
      ['ch_2', 200n],
    ]);
  });

  it('keeps a payment without an order in suspense', () => {
    const [posting] = postingsOf(payment([captured(5000n)], { order: null }));
    expect(posting).toMatchObject({ orderId: null, creditAccount: `suspense:${ID}` });
  });

  it('posts what is refunded as one number of the payment', () => {
    const facts = [
      captured(5000n),
      refund('re_1', 1000n),
      refund('re_2', 500n),
      refundedTotal(1500n),
    ];
    const refunds = postingsOf(payment(facts)).filter(({ rule }) => rule === 'refund');
    expect(refunds).toMatchObject([
      {
        factKind: 'refunded_total',
        factKey: 'payment',
        debitAccount: `refund:${ID}`,
        creditAccount: AT_PROVIDER,
        amountMinor: 1500n,
      },
    ]);
  });

  it('posts no refund that has failed, nor one that is told before its capture', () => {
    const failed = [captured(5000n), refund('re_1', 1000n, { state: 'failed' })];
    expect(rulesOf(postingsOf(payment(failed)))).toEqual(['capture']);
    expect(postingsOf(payment([refund('re_1', 1000n), refundedTotal(1000n)]))).toEqual([]);
  });

  it.each(DISPUTE_STATES)('posts a dispute that is %s while its money is gone', (state) => {
    const postings = postingsOf(payment([dispute('dp_1', state)]));
    const isGone = state === 'open' || state === 'lost';
    expect(postings).toMatchObject(
      isGone
        ? [
            {
              rule: 'dispute',
              factKey: 'dp_1',
              debitAccount: `dispute:${ID}:dp_1`,
              creditAccount: AT_PROVIDER,
              amountMinor: 5000n,
            },
          ]
        : [],
    );
  });

  it.each(FACT_KINDS.filter((kind) => !isMoney(kind)))('posts nothing for %s', (kind) => {
    expect(postingsOf(payment([fact(kind, { amountMinor: 5000n })]))).toEqual([]);
  });

  it.each([null, 0n])('posts nothing for a capture of %s', (amountMinor) => {
    expect(postingsOf(payment([fact('captured', { amountMinor })]))).toEqual([]);
  });

  it('takes the currency of the payment where a fact names none, and waits if nothing does', () => {
    const facts = [captured(5000n, { currency: null })];
    expect(postingsOf(payment(facts, { currency: 'EUR' }))).toMatchObject([{ currency: 'EUR' }]);
    expect(postingsOf(payment(facts))).toEqual([]);
  });

  it('posts a fact in its own currency, even if it is not that of the payment', () => {
    const facts = [captured(5000n, { key: 'ch_1' })];
    expect(postingsOf(payment(facts, { currency: 'EUR' }))).toMatchObject([{ currency: 'NGN' }]);
  });

  it('moves an amount from one account to another, never to itself', () => {
    fc.assert(
      fc.property(fc.array(anyFact), (facts) => {
        for (const posting of postingsOf(payment(facts))) {
          expect(posting.amountMinor).toBeGreaterThan(0n);
          expect(posting.debitAccount).not.toBe(posting.creditAccount);
        }
      }),
    );
  });

  it('depends on the set of facts alone, not on their order', () => {
    const shuffled = fc
      .uniqueArray(anyFact, { selector: ({ kind, key }) => `${kind} ${key}`, maxLength: 12 })
      .chain((facts) =>
        fc.tuple(
          fc.constant(facts),
          fc.shuffledSubarray(facts, { minLength: facts.length, maxLength: facts.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([facts, others]) => {
        expect(sorted(postingsOf(payment(others)))).toEqual(sorted(postingsOf(payment(facts))));
      }),
    );
  });
});

const anyFact: fc.Arbitrary<StoredFact> = fc.record({
  kind: fc.constantFrom(...FACT_KINDS),
  key: fc.constantFrom('a', 'b', 'c'),
  amountMinor: fc.option(fc.bigInt({ min: 0n, max: 10n })),
  currency: fc.constantFrom('NGN', 'EUR', null),
  occurredAtMs: fc.option(fc.nat({ max: 3 })),
  state: fc.constantFrom(...DISPUTE_STATES),
  reference: fc.constant(null),
  livemode: fc.constant(true),
});

/** A payment at Stripe, with what follows from its facts. */
function payment(
  facts: readonly StoredFact[],
  given: Partial<Pick<PostedPayment, 'order' | 'currency'>> = {},
): PostedPayment {
  const { currency, amountRefundedMinor } = derivePayment(facts);
  const derived = { currency, amountRefundedMinor, order: ORDER };
  return {
    id: ID,
    provider: 'stripe',
    account: 'acme',
    livemode: true,
    facts,
    ...derived,
    ...given,
  };
}

function rulesOf(postings: readonly Posting[]): string[] {
  return postings.map(({ rule }) => rule);
}

function sorted(postings: readonly Posting[]): string[] {
  return postings
    .map((one) => JSON.stringify({ ...one, amountMinor: one.amountMinor.toString() }))
    .sort();
}
