import { describe, expect, it } from '@jest/globals';
import {
  deriveOrder,
  type OrderPayment,
  type OrderTerms,
} from '../../../src/payments/derive-order.js';

const TERMS: OrderTerms = { currency: 'NGN', amountDueMinor: 5000n, isCancelled: false };

function payment(capturedMinor: bigint, given: Partial<OrderPayment> = {}): OrderPayment {
  return {
    currency: 'NGN',
    livemode: true,
    amountMinor: 5000n,
    amountCapturedMinor: capturedMinor,
    amountRefundedMinor: 0n,
    ...given,
  };
}

describe('deriveOrder', () => {
  it('is open without money, and cancelled when it was called off', () => {
    expect(deriveOrder(TERMS, [payment(0n)]).moneyStatus).toBe('open');
    expect(deriveOrder({ ...TERMS, isCancelled: true }, []).moneyStatus).toBe('cancelled');
  });

  it('is paid when nothing is owed', () => {
    const free = { ...TERMS, amountDueMinor: 0n };
    expect(deriveOrder(free, []).moneyStatus).toBe('paid');
    expect(deriveOrder({ ...free, isCancelled: true }, []).moneyStatus).toBe('cancelled');
    expect(deriveOrder({ ...free, amountDueMinor: null }, []).moneyStatus).toBe('open');
  });

  it('follows its money', () => {
    expect(deriveOrder(TERMS, [payment(2000n)]).moneyStatus).toBe('partially_paid');
    expect(deriveOrder(TERMS, [payment(5000n)]).moneyStatus).toBe('paid');
    const partly = payment(5000n, { amountRefundedMinor: 1000n });
    expect(deriveOrder(TERMS, [partly]).moneyStatus).toBe('partially_refunded');
    const fully = payment(5000n, { amountRefundedMinor: 5000n });
    expect(deriveOrder(TERMS, [fully]).moneyStatus).toBe('refunded');
  });

  it.each([
    ['a part of too little was given back', [payment(3000n, { amountRefundedMinor: 1n })]],
    [
      'what was given back was replaced by too little',
      [payment(3000n, { amountRefundedMinor: 3000n }), payment(2500n)],
    ],
    [
      'no terms are known, and less was captured than was asked for',
      [payment(3000n, { amountRefundedMinor: 500n })],
    ],
  ])('is not paid when %s', (why, payments) => {
    const terms = why.startsWith('no terms') ? { ...TERMS, amountDueMinor: null } : TERMS;
    expect(deriveOrder(terms, payments).moneyStatus).toBe('partially_paid');
  });

  it('is partially refunded when a payment in full replaced another, and a part is back', () => {
    const first = payment(5000n, { amountRefundedMinor: 5000n });
    const second = payment(5000n, { amountRefundedMinor: 1000n });
    expect(deriveOrder(TERMS, [first, second]).moneyStatus).toBe('partially_refunded');
    const unknown = { ...TERMS, amountDueMinor: null };
    expect(deriveOrder(unknown, [first, second]).moneyStatus).toBe('partially_refunded');
  });

  it('is not paid with money of which nobody says the currency: a person looks at it', () => {
    const unknown = payment(5000n, { currency: null });
    for (const terms of [TERMS, { ...TERMS, currency: null, amountDueMinor: null }]) {
      expect(deriveOrder(terms, [unknown])).toMatchObject({
        moneyStatus: 'open',
        amountPaidMinor: 0n,
        contradictions: [{ reason: 'currency_mismatch', amountMinor: 5000n }],
      });
    }
    const known = deriveOrder(TERMS, [payment(5000n), payment(0n, { currency: null })]);
    expect(known).toMatchObject({ moneyStatus: 'paid', contradictions: [] });
  });

  it('is paid by two payments that together bring what it owes', () => {
    expect(deriveOrder(TERMS, [payment(2000n), payment(3000n)])).toMatchObject({
      moneyStatus: 'paid',
      amountPaidMinor: 5000n,
      contradictions: [],
    });
  });

  it('names a second payment of a paid order', () => {
    const twice = deriveOrder(TERMS, [payment(5000n), payment(5000n)]);
    expect(twice).toMatchObject({
      moneyStatus: 'paid',
      contradictions: [{ reason: 'paid_twice', amountMinor: 5000n }],
    });
  });

  it('does not call it twice when the first payment was given back', () => {
    const first = payment(5000n, { amountRefundedMinor: 5000n });
    expect(deriveOrder(TERMS, [first, payment(5000n)])).toMatchObject({
      moneyStatus: 'paid',
      contradictions: [],
    });
  });

  it('names one payment that brought more than is owed', () => {
    expect(deriveOrder(TERMS, [payment(5001n)]).contradictions).toEqual([
      { reason: 'amount_mismatch', amountMinor: 1n },
    ]);
  });

  it('calls it too much of one payment when the other was given back', () => {
    const first = payment(5000n, { amountRefundedMinor: 5000n });
    expect(deriveOrder(TERMS, [first, payment(6000n)]).contradictions).toEqual([
      { reason: 'amount_mismatch', amountMinor: 1000n },
    ]);
  });

  it('names money in another currency and does not count it', () => {
    const order = deriveOrder(TERMS, [payment(5000n, { currency: 'USD' })]);
    expect(order).toMatchObject({
      moneyStatus: 'open',
      amountPaidMinor: 0n,
      contradictions: [{ reason: 'currency_mismatch', amountMinor: 5000n }],
    });
  });

  it('names money for a cancelled order', () => {
    const order = deriveOrder({ ...TERMS, isCancelled: true }, [payment(5000n)]);
    expect(order).toMatchObject({
      moneyStatus: 'paid',
      contradictions: [{ reason: 'captured_after_cancel', amountMinor: 5000n }],
    });
  });

  it('counts what was given back no more as being at stake', () => {
    const returned = payment(5000n, { amountRefundedMinor: 4000n });
    const order = deriveOrder({ ...TERMS, isCancelled: true }, [returned]);
    expect(order.contradictions).toEqual([{ reason: 'captured_after_cancel', amountMinor: 1000n }]);
  });

  it('takes nothing off what is at stake where more was given back than taken', () => {
    const tooMuch = payment(1000n, { amountRefundedMinor: 3000n });
    const order = deriveOrder({ ...TERMS, isCancelled: true }, [tooMuch, payment(2000n)]);
    expect(order.contradictions).toEqual([{ reason: 'captured_after_cancel', amountMinor: 2000n }]);
  });

  it('contradicts no cancellation without money', () => {
    const order = deriveOrder({ ...TERMS, isCancelled: true }, [payment(0n)]);
    expect(order.contradictions).toEqual([]);
  });

  it('names test money beside real money', () => {
    const order = deriveOrder(TERMS, [payment(2000n), payment(500n, { livemode: false })]);
    expect(order.contradictions).toEqual([{ reason: 'livemode_mismatch', amountMinor: 500n }]);
  });

  it('names no mode of a payment that has brought nothing', () => {
    const order = deriveOrder(TERMS, [payment(2000n), payment(0n, { livemode: false })]);
    expect(order.contradictions).toEqual([]);
  });

  describe('before the order is created', () => {
    const UNKNOWN: OrderTerms = { currency: null, amountDueMinor: null, isCancelled: false };

    it('is paid when its payments brought what they asked for', () => {
      expect(deriveOrder(UNKNOWN, [payment(5000n)])).toMatchObject({
        moneyStatus: 'paid',
        currency: 'NGN',
      });
      expect(deriveOrder(UNKNOWN, [payment(3000n)]).moneyStatus).toBe('partially_paid');
    });

    it('owes nothing for a payment that has brought nothing', () => {
      const order = deriveOrder(UNKNOWN, [payment(0n), payment(3000n, { amountMinor: 3000n })]);
      expect(order.moneyStatus).toBe('paid');
    });

    it('has the first currency of its payments by the alphabet, whoever came first', () => {
      const currencies = ['USD', null, 'NGN'];
      const payments = currencies.map((currency) => payment(1000n, { currency }));
      expect(deriveOrder(UNKNOWN, payments).currency).toBe('NGN');
      expect(deriveOrder(UNKNOWN, payments.toReversed()).currency).toBe('NGN');
    });

    it('contradicts no amount that nobody named', () => {
      expect(deriveOrder(UNKNOWN, [payment(5000n), payment(5000n)]).contradictions).toEqual([]);
    });
  });
});
