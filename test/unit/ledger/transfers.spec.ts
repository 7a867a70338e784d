import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Posting } from '../../../src/ledger/posting-rules.js';
import { transfersBetween, type Transfer } from '../../../src/ledger/transfers.js';

const PAYMENT = '0196a000-0001-7000-8000-000000000001';
const AT_PROVIDER = 'provider:stripe:default';

describe('transfersBetween', () => {
  it('posts what is missing, as revision 1 of its fact and rule', () => {
    expect(next([capture(5000n)])).toEqual([
      { ...capture(5000n), paymentId: PAYMENT, revision: 1 },
    ]);
  });

  it('posts nothing when all is as it should be, however often it is told', () => {
    const posted = next([capture(5000n), refund(1000n)]);
    expect(next([refund(1000n), capture(5000n)], posted)).toEqual([]);
    expect(next([])).toEqual([]);
  });

  it('posts the difference of what has grown', () => {
    const posted = next([capture(2000n)]);
    expect(next([capture(4500n)], posted)).toEqual([
      { ...capture(2500n), paymentId: PAYMENT, revision: 2 },
    ]);
  });

  it('turns the difference of what has shrunk around', () => {
    const posted = next([refund(3000n)]);
    const { debitAccount, creditAccount } = refund(1n);
    expect(next([refund(1000n)], posted)).toEqual([
      {
        ...refund(2000n),
        debitAccount: creditAccount,
        creditAccount: debitAccount,
        paymentId: PAYMENT,
        revision: 2,
      },
    ]);
  });

  it('takes back all of what should not stand there any more', () => {
    const posted = next([capture(5000n), refund(1000n)]);
    const all = [...posted, ...next([], posted)];
    expect(all.slice(2)).toMatchObject([
      { rule: 'capture', amountMinor: 5000n, creditAccount: AT_PROVIDER },
      { rule: 'refund', amountMinor: 1000n, debitAccount: AT_PROVIDER },
    ]);
    expect(next([], all)).toEqual([]);
  });

  it('posts again what was taken back', () => {
    let posted = next([capture(5000n)]);
    posted = [...posted, ...next([], posted)];
    expect(next([capture(5000n)], posted)).toMatchObject([
      { debitAccount: AT_PROVIDER, amountMinor: 5000n, revision: 3 },
    ]);
  });

  it('moves a payment by taking it from one order and giving it to the other', () => {
    const posted = next([capture(5000n, null)]);
    const moved = next([capture(5000n, 'b')], posted);
    expect(moved).toMatchObject([
      { orderId: null, debitAccount: 'suspense:p', creditAccount: AT_PROVIDER, revision: 2 },
      { orderId: 'b', debitAccount: AT_PROVIDER, creditAccount: 'order:b', revision: 3 },
    ]);
    expect(next([capture(5000n, 'b')], [...posted, ...moved])).toEqual([]);
  });

  it('takes what changed its order but not its accounts from the one to the other', () => {
    const posted = next([refund(1000n, 'a')]);
    expect(next([refund(1000n, 'b')], posted)).toMatchObject([
      { orderId: 'a', creditAccount: 'refund:p', amountMinor: 1000n, revision: 2 },
      { orderId: 'b', debitAccount: 'refund:p', amountMinor: 1000n, revision: 3 },
    ]);
  });

  it('never mixes currencies', () => {
    const posted = next([capture(5000n)]);
    expect(next([capture(5000n, 'a', 'EUR')], posted)).toMatchObject([
      { currency: 'USD', creditAccount: AT_PROVIDER, amountMinor: 5000n },
      { currency: 'EUR', debitAccount: AT_PROVIDER, amountMinor: 5000n },
    ]);
  });

  it('ends at the target after any history, and never posts one difference twice', () => {
    fc.assert(
      fc.property(fc.array(anyTarget, { minLength: 1, maxLength: 12 }), (targets) => {
        const posted: Transfer[] = [];
        for (const target of targets) {
          posted.push(...next(target, posted));
          expect(balances(posted)).toEqual(balances(target));
          expect(next(target, posted)).toEqual([]);
        }
        const keys = posted.map(({ factKind, factKey, rule, revision }) =>
          JSON.stringify([factKind, factKey, rule, revision]),
        );
        expect(new Set(keys).size).toBe(keys.length);
        expect(posted.filter(({ amountMinor }) => amountMinor <= 0n)).toEqual([]);
        const ofItself = posted.filter((one) => one.debitAccount === one.creditAccount);
        expect(ofItself).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on the order in which the target or the ledger is read', () => {
    const history = fc.array(anyTarget, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(history, anyTarget, (targets, target) => {
        const posted: Transfer[] = [];
        for (const one of targets) posted.push(...next(one, posted));
        const either = next(target, posted);
        const other = next(target.toReversed(), posted.toReversed());
        expect(balances([...posted, ...other])).toEqual(balances([...posted, ...either]));
        expect(other).toHaveLength(either.length);
      }),
    );
  });
});

function next(target: readonly Posting[], posted: readonly Transfer[] = []): Transfer[] {
  return transfersBetween(PAYMENT, target, posted);
}

/** @param order null: none */
function capture(
  amountMinor: bigint,
  order: string | null = 'a',
  currency = 'USD',
  factKey = 'ch_1',
): Posting {
  return {
    factKind: 'captured',
    factKey,
    rule: 'capture',
    orderId: order,
    debitAccount: AT_PROVIDER,
    creditAccount: order === null ? 'suspense:p' : `order:${order}`,
    currency,
    amountMinor,
  };
}

function refund(amountMinor: bigint, order: string | null = 'a', currency = 'USD'): Posting {
  return {
    factKind: 'refunded_total',
    factKey: 'payment',
    rule: 'refund',
    orderId: order,
    debitAccount: 'refund:p',
    creditAccount: AT_PROVIDER,
    currency,
    amountMinor,
  };
}

/** What should stand in the ledger at some moment; a fact is there at most once. */
const anyTarget: fc.Arbitrary<Posting[]> = fc
  .record({
    order: fc.constantFrom('a', 'b', null),
    currency: fc.constantFrom('USD', 'EUR'),
    captures: fc.array(fc.bigInt({ min: 1n, max: 4n }), { maxLength: 3 }),
    refunded: fc.bigInt({ min: 0n, max: 4n }),
  })
  .map(({ order, currency, captures, refunded }) => [
    ...captures.map((amountMinor, at) => capture(amountMinor, order, currency, `ch_${at}`)),
    ...(refunded > 0n ? [refund(refunded, order, currency)] : []),
  ]);

/** What stands on each account, for each order; accounts at zero are left out. */
function balances(list: readonly Posting[]): Record<string, bigint> {
  const sums: Record<string, bigint> = {};
  for (const { orderId, currency, debitAccount, creditAccount, amountMinor } of list) {
    for (const [account, change] of [
      [debitAccount, amountMinor],
      [creditAccount, -amountMinor],
    ] as const) {
      const key = `${orderId ?? 'none'} ${account} ${currency}`;
      sums[key] = (sums[key] ?? 0n) + change;
    }
  }
  const standing = Object.entries(sums).filter(([, sum]) => sum !== 0n);
  return Object.fromEntries(standing.sort(([one], [other]) => (one < other ? -1 : 1)));
}
