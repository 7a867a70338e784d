import { parseAmount } from '../../../src/console/parse-amount.js';
import { readDecision } from '../../../src/console/reviews/read-decision.js';

describe('parseAmount', () => {
  it.each([
    ['12.50', 'EUR', 1250],
    ['12.5', 'EUR', 1250],
    ['12', 'EUR', 1200],
    ['0.01', 'EUR', 1],
    ['1250', 'JPY', 1250],
    ['1.234', 'KWD', 1234],
    ['1250', null, 1250],
  ])('reads %s of %s', (text, currency, amountMinor) => {
    expect(parseAmount(text, currency)).toBe(amountMinor);
  });

  it.each([
    ['1,250', 'EUR'],
    ['12,50', 'EUR'],
    ['12.505', 'EUR'],
    ['12.5', 'JPY'],
    ['12.5', null],
    ['-5', 'EUR'],
    ['0', 'EUR'],
    ['1e3', 'EUR'],
    ['0x10', 'EUR'],
    ['9999999999999.99', 'KWD'],
    [' ', 'EUR'],
  ])('refuses %s of %s, which is no amount or could be read in two ways', (text, currency) => {
    expect(() => parseAmount(text, currency)).toThrow(/^amount: expected/);
  });
});

describe('readDecision', () => {
  const euro = { id: 'payment-1', currency: 'EUR' };
  const yen = { id: 'payment-2', currency: 'JPY' };
  const refund = { resolution: 'refund', reason: 'paid twice', _csrf: 'x', key: 'y' };

  it('is about what is at stake when nothing else is said', () => {
    expect(readDecision({ ...refund, paymentId: '', amount: '' }, [euro, yen])).toEqual({
      resolution: 'refund',
      reason: 'paid twice',
    });
  });

  it('reads an amount in the currency of the payment that was chosen', () => {
    const form = { ...refund, paymentId: 'payment-2', amount: '500' };
    expect(readDecision(form, [euro, yen])).toMatchObject({
      paymentId: 'payment-2',
      amountMinor: 500,
    });
  });

  it('takes the only payment there is for the one that is meant', () => {
    expect(readDecision({ ...refund, amount: '5' }, [euro])).toMatchObject({
      paymentId: 'payment-1',
      amountMinor: 500,
    });
  });

  it('refuses an amount of nobody knows which payment', () => {
    expect(() => readDecision({ ...refund, amount: '5' }, [euro, yen])).toThrow(
      'choose the payment',
    );
    expect(() => readDecision({ ...refund, amount: '5', paymentId: 'other' }, [euro])).toThrow(
      'choose the payment',
    );
  });
});
