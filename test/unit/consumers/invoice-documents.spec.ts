import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  planDocuments,
  targetMinor,
  type IssuedDocuments,
  type NewDocument,
} from '../../../src/consumers/invoices/plan-documents.js';
import type { OrderSnapshot } from '../../../src/outbox/message.js';
import { ORDER_STATUSES } from '../../../src/payments/order.states.js';
import { orderSnapshot } from '../../support/messages.js';

type Given = Partial<OrderSnapshot>;
type Planned = [kind: NewDocument['kind'], amountMinor: bigint][];

const plan = (given: Given, issued: IssuedDocuments | null): Planned =>
  planDocuments(orderSnapshot(given), issued).map(({ kind, amountMinor }) => [kind, amountMinor]);

const refunded = (minor: number, given: Given = {}): Given => ({
  status: minor < 5000 ? 'partially_refunded' : 'refunded',
  amountRefundedMinor: minor,
  ...given,
});
const paid = (minor: number, given: Given = {}): Given => ({ amountPaidMinor: minor, ...given });

describe('the documents of an order without an invoice', () => {
  const CASES: [string, Given, Planned][] = [
    ['paid: an invoice', {}, [['invoice', 5000n]]],
    ['paid without terms: an invoice of it', { amountDueMinor: null }, [['invoice', 5000n]]],
    ['paid more than owed: of what is owed', paid(7000), [['invoice', 5000n]]],
    [
      'refunded in part: an invoice and a credit note',
      refunded(2000),
      [
        ['invoice', 5000n],
        ['credit_note', 2000n],
      ],
    ],
    [
      'refunded: an invoice and a credit note of all',
      refunded(5000),
      [
        ['invoice', 5000n],
        ['credit_note', 5000n],
      ],
    ],
    [
      'refunded more than was paid: a credit note of the invoice, not more',
      refunded(6000),
      [
        ['invoice', 5000n],
        ['credit_note', 5000n],
      ],
    ],
    [
      'paid twice and once refunded: an invoice',
      paid(10_000, { amountRefundedMinor: 5000 }),
      [['invoice', 5000n]],
    ],
    [
      'paid without terms and refunded in part: what was kept',
      refunded(2000, { amountDueMinor: null }),
      [
        ['invoice', 5000n],
        ['credit_note', 2000n],
      ],
    ],
    ['in review: nothing', { status: 'in_review' }, []],
    ['open: nothing', paid(0, { status: 'open' }), []],
    ['paid in part: nothing', paid(3000, { status: 'partially_paid' }), []],
    ['cancelled: nothing', paid(0, { status: 'cancelled' }), []],
    ['paid in part, then refunded: nothing', refunded(5000, paid(3000)), []],
    ['owing nothing: nothing', paid(0, { amountDueMinor: 0 }), []],
    ['owing nothing and paid: nothing', paid(5000, { amountDueMinor: 0 }), []],
    ['paid with nothing: nothing', paid(0, { amountDueMinor: null }), []],
    ['paid in no currency: nothing', { currency: null, amountDueMinor: null }, []],
  ];

  it.each(CASES)('%s', (_name, given, expected) => {
    expect(plan(given, null)).toEqual(expected);
  });
});

describe('the documents of an order with an invoice', () => {
  const CASES: [string, bigint, Given, Planned][] = [
    ['paid: nothing', 5000n, {}, []],
    ['refunded in part: a credit note', 5000n, refunded(2000), [['credit_note', 2000n]]],
    ['refunded more: a credit note of the rest', 3000n, refunded(5000), [['credit_note', 3000n]]],
    ['refunded as credited: nothing', 3000n, refunded(2000), []],
    ['a refund that failed: a debit note', 3000n, {}, [['debit_note', 2000n]]],
    ['a refund of many that failed', 0n, refunded(2000), [['debit_note', 3000n]]],
    ['in review: nothing', 5000n, refunded(5000, { status: 'in_review' }), []],
    [
      'whose payment belongs to another order: a credit note of all',
      5000n,
      paid(0, { status: 'open', currency: null, amountDueMinor: null }),
      [['credit_note', 5000n]],
    ],
    ['cancelled', 5000n, paid(0, { status: 'cancelled' }), [['credit_note', 5000n]]],
    [
      'whose capture turned out to be less than is owed: credited until it is paid in full',
      5000n,
      paid(4000, { status: 'partially_paid' }),
      [['credit_note', 5000n]],
    ],
    [
      'whose terms came later and are more: credited until it is paid in full',
      5000n,
      { status: 'partially_paid', amountDueMinor: 9000 },
      [['credit_note', 5000n]],
    ],
    [
      'whose terms came later, and who paid the rest: a debit note',
      5000n,
      paid(9000, { amountDueMinor: 9000 }),
      [['debit_note', 4000n]],
    ],
    [
      'whose terms came later and are less: a credit note',
      5000n,
      { amountDueMinor: 4000 },
      [['credit_note', 1000n]],
    ],
    ['paid twice: nothing', 5000n, paid(10_000), []],
    ['refunded more than was paid: nothing below nothing', 0n, refunded(9000), []],
  ];

  it.each(CASES)('%s', (_name, netMinor, given, expected) => {
    expect(plan(given, { currency: 'EUR', netMinor })).toEqual(expected);
  });

  it('keep the currency of the invoice', () => {
    const gone = orderSnapshot(paid(0, { status: 'open', currency: null, amountDueMinor: null }));
    expect(planDocuments(gone, { currency: 'NGN', netMinor: 7n })).toEqual([
      { kind: 'credit_note', currency: 'NGN', amountMinor: 7n },
    ]);
  });

  it('go to a person when the order has another currency', () => {
    const issued = { currency: 'NGN', netMinor: 5000n };
    expect(() => plan({}, issued)).toThrow(expect.objectContaining({ code: 'consumer_refused' }));
    expect(plan({ status: 'in_review' }, issued)).toEqual([]);
  });

  it('hold the largest amounts there are', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const given = { amountDueMinor: most, amountPaidMinor: most, amountRefundedMinor: most - 1 };
    expect(plan({ ...given, status: 'partially_refunded' }, null)).toEqual([
      ['invoice', BigInt(most)],
      ['credit_note', BigInt(most) - 1n],
    ]);
  });
});

const minor = fc.oneof(fc.constantFrom(0, 1, 4000, 5000, 9000), fc.maxSafeNat());

/** Anything that could be told of an order, also what no order ever is. */
const snapshot = fc.record({
  status: fc.constantFrom(...ORDER_STATUSES),
  currency: fc.constantFrom('EUR', null),
  amountDueMinor: fc.option(minor),
  amountPaidMinor: minor,
  amountRefundedMinor: minor,
});

/** Whatever else, all that is owed was paid. */
const snapshotPaidInFull = fc
  .record({
    status: fc.constantFrom('paid', 'partially_refunded', 'refunded'),
    isDueKnown: fc.boolean(),
    amounts: fc.tuple(minor, minor),
    amountRefundedMinor: minor,
  })
  .map(({ status, isDueKnown, amounts, amountRefundedMinor }) => {
    const [less, more] = amounts.toSorted((one, other) => one - other) as [number, number];
    const amountDueMinor = isDueKnown ? Math.max(less, 1) : null;
    const amountPaidMinor = Math.max(more, 1);
    return { status, currency: 'EUR', amountDueMinor, amountPaidMinor, amountRefundedMinor };
  });

/** Versions of one order, and an order of arrival with repetitions. */
const storyEndingIn = (last: fc.Arbitrary<Given>) =>
  fc
    .tuple(fc.array(snapshot, { maxLength: 6 }), last)
    .map(([before, end]) =>
      [...before, end].map((one, index) => orderSnapshot({ ...one, version: index + 1 })),
    )
    .chain((versions) =>
      fc.record({ versions: fc.constant(versions), arriving: arrivalOf(versions) }),
    );

const arrivalOf = (versions: readonly OrderSnapshot[]) =>
  fc.array(fc.constantFrom(...versions), { maxLength: 8 }).chain((again) => {
    const all = [...versions, ...again];
    return fc.shuffledSubarray(all, { minLength: all.length });
  });

describe('the documents of an order of which anything is told in any order', () => {
  it('have one invoice at most, no amount below 1 and never a net below nothing', () => {
    fc.assert(
      fc.property(storyEndingIn(snapshot), ({ arriving }) => {
        const documents: NewDocument[] = [];
        for (const told of steps(arriving)) {
          const planned = planDocuments(told, issuedOf(documents));
          documents.push(...planned);
          expect(planned.every(({ amountMinor }) => amountMinor >= 1n)).toBe(true);
          expect(netOf(documents) >= 0n).toBe(true);
        }
        expect(documents.slice(1).filter(({ kind }) => kind === 'invoice')).toEqual([]);
        expect(documents.slice(0, 1).filter(({ kind }) => kind !== 'invoice')).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('add up to what the last version says, unless a review holds it', () => {
    fc.assert(
      fc.property(storyEndingIn(snapshot), ({ versions, arriving }) => {
        const last = versions.at(-1)!;
        if (last.status === 'in_review' || last.currency === null) return;
        expect(netOf(deliver(arriving))).toBe(targetMinor(last));
      }),
      { numRuns: 1000 },
    );
  });

  it('add up to the same in every order of arrival once the last version was paid in full', () => {
    fc.assert(
      fc.property(storyEndingIn(snapshotPaidInFull), ({ versions, arriving }) => {
        const documents = deliver(arriving);
        expect(documents[0]).toMatchObject({ kind: 'invoice' });
        expect(netOf(documents)).toBe(netOf(deliver(versions)));
        expect(netOf(documents)).toBe(targetMinor(versions.at(-1)!));
      }),
      { numRuns: 1000 },
    );
  });

  it('are not touched by a version that is told again', () => {
    fc.assert(
      fc.property(snapshot, (given) => {
        const order = orderSnapshot(given);
        const documents = planDocuments(order, null);
        expect(planDocuments(order, issuedOf(documents))).toEqual([]);
      }),
    );
  });
});

/** What of all that arrives is news: greater than every version before it. */
function steps(arriving: readonly OrderSnapshot[]): OrderSnapshot[] {
  return arriving.filter(({ version }, index) =>
    arriving.slice(0, index).every((before) => before.version < version),
  );
}

function deliver(arriving: readonly OrderSnapshot[]): NewDocument[] {
  const documents: NewDocument[] = [];
  for (const told of steps(arriving)) {
    documents.push(...planDocuments(told, issuedOf(documents)));
  }
  return documents;
}

function issuedOf(documents: readonly NewDocument[]): IssuedDocuments | null {
  const invoice = documents.find(({ kind }) => kind === 'invoice');
  return invoice ? { currency: invoice.currency, netMinor: netOf(documents) } : null;
}

function netOf(documents: readonly NewDocument[]): bigint {
  return documents.reduce(
    (net, { kind, amountMinor }) => net + (kind === 'credit_note' ? -amountMinor : amountMinor),
    0n,
  );
}
