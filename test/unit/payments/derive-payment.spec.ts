import { describe, expect, it } from '@jest/globals';
import { derivePayment } from '../../../src/payments/derive-payment.js';
import { captured, dispute, fact, refund, refundedTotal, requested } from '../../support/facts.js';

const NO_TIME = { occurredAtMs: null };

describe('derivePayment', () => {
  it('is initiated when nothing but the request is known', () => {
    expect(derivePayment([])).toMatchObject({ status: 'initiated', currency: null });
    expect(derivePayment([requested(5000n, { reference: 'order-1' })])).toMatchObject({
      status: 'initiated',
      amountMinor: 5000n,
      currency: 'NGN',
      orderReference: 'order-1',
    });
  });

  it('follows the newest of pending, failed and authorized', () => {
    const pending = fact('pending', { at: 1 });
    const failed = fact('failed', { at: 2 });
    const authorized = fact('authorized', { at: 3, amountMinor: 5000n });
    expect(derivePayment([pending]).status).toBe('pending');
    expect(derivePayment([pending, requested(5000n)]).status).toBe('pending');
    expect(derivePayment([pending, failed]).status).toBe('failed');
    expect(derivePayment([authorized, failed, pending])).toMatchObject({
      status: 'authorized',
      amountAuthorizedMinor: 5000n,
    });
  });

  it('takes the one further along when two happen in one second', () => {
    const facts = [fact('pending'), fact('failed'), fact('authorized')];
    expect(derivePayment(facts).status).toBe('authorized');
    expect(derivePayment(facts.toReversed()).status).toBe('authorized');
  });

  it('is paid whatever attempt failed before or after', () => {
    const late = fact('failed', { at: 9 });
    expect(derivePayment([captured(5000n, { at: 2 }), late])).toMatchObject({
      status: 'paid',
      amountCapturedMinor: 5000n,
      contradictions: [],
    });
  });

  it('is partially paid when less was captured than requested', () => {
    expect(derivePayment([requested(5000n), captured(3000n)]).status).toBe('partially_paid');
    expect(derivePayment([requested(5000n), captured(5000n)]).status).toBe('paid');
  });

  it('is paid when nobody says how much was asked for', () => {
    const paid = derivePayment([captured(5000n)]);
    expect(paid).toMatchObject({ status: 'paid', amountMinor: null, livemode: true });
  });

  it('keeps the amount that was asked for when a newer request names none', () => {
    const facts = [requested(5000n), fact('requested', { at: 2, reference: 'order-1' })];
    expect(derivePayment(facts)).toMatchObject({ amountMinor: 5000n, orderReference: 'order-1' });
  });

  it('keeps its order when a newer request names none', () => {
    const facts = [requested(5000n, { reference: 'order-1' }), requested(6000n, { at: 2 })];
    expect(derivePayment(facts)).toMatchObject({ amountMinor: 6000n, orderReference: 'order-1' });
  });

  it('keeps its currency when a newer fact names none', () => {
    const facts = [requested(5000n), requested(5000n, { at: 2, currency: null })];
    expect(derivePayment(facts)).toMatchObject({ currency: 'NGN', contradictions: [] });
  });

  it('counts money of which nobody has said the currency', () => {
    const facts = [captured(2000n), captured(3000n, { key: 'two', currency: null })];
    expect(derivePayment(facts)).toMatchObject({
      status: 'paid',
      amountCapturedMinor: 5000n,
      contradictions: [],
    });
  });

  it('takes the greater of two requests of one moment, whoever comes first', () => {
    const facts = [requested(5000n, { key: 'one' }), requested(6000n, { key: 'two' })];
    expect(derivePayment(facts).amountMinor).toBe(6000n);
    expect(derivePayment(facts.toReversed()).amountMinor).toBe(6000n);
  });

  it.each([
    ['currency', { currency: 'EUR' }, { currency: 'USD' }, { currency: 'USD' }],
    ['reference', { reference: 'a' }, { reference: 'b' }, { orderReference: 'b' }],
  ])('takes the last %s by the alphabet of two in one moment', (_what, one, other, expected) => {
    const facts = [
      requested(5000n, { key: 'x', ...one }),
      requested(5000n, { key: 'y', ...other }),
    ];
    expect(derivePayment(facts)).toMatchObject(expected);
    expect(derivePayment(facts.toReversed())).toMatchObject(expected);
  });

  it('is in the mode that its events name, and in none as long as they name none', () => {
    const nobody = { livemode: null };
    expect(derivePayment([captured(5000n, nobody)])).toMatchObject({
      livemode: null,
      contradictions: [],
    });
    expect(derivePayment([captured(5000n, { livemode: false })]).livemode).toBe(false);
    expect(derivePayment([captured(5000n), fact('pending', nobody)])).toMatchObject({
      livemode: true,
      contradictions: [],
    });
  });

  it('adds up captures with keys of their own', () => {
    const facts = [captured(2000n, { key: 'one' }), captured(3000n, { key: 'two' })];
    expect(derivePayment([requested(5000n), ...facts])).toMatchObject({
      status: 'paid',
      amountCapturedMinor: 5000n,
    });
  });

  it('is cancelled when nothing was captured', () => {
    expect(derivePayment([fact('cancelled', { at: 1 }), fact('pending', { at: 2 })]).status).toBe(
      'cancelled',
    );
  });

  describe('refunds', () => {
    const paid = [requested(5000n), captured(5000n, { at: 1 })];

    it('adds up refunds that have not failed when there is no total', () => {
      const facts = [...paid, refund('re_1', 2000n), refund('re_2', 1000n, { state: 'pending' })];
      expect(derivePayment(facts)).toMatchObject({
        status: 'partially_refunded',
        amountRefundedMinor: 3000n,
      });
    });

    it('believes the newest total', () => {
      expect(derivePayment([...paid, refundedTotal(5000n, { at: 5 })]).status).toBe('refunded');
      const both = [...paid, refund('re_1', 2000n, { at: 4 }), refundedTotal(3000n, { at: 5 })];
      expect(derivePayment(both).amountRefundedMinor).toBe(3000n);
    });

    it.each(['failed', 'cancelled'] as const)('gives the money back when a refund %s', (state) => {
      const facts = [...paid, refundedTotal(5000n, { at: 5 })];
      expect(derivePayment([...facts, refund('re_1', 5000n, { at: 6, state })])).toMatchObject({
        status: 'paid',
        amountRefundedMinor: 0n,
        contradictions: [],
      });
    });

    it('does not take off twice what failed before the total', () => {
      const failed = refund('re_1', 2000n, { at: 4, state: 'failed' });
      const facts = [...paid, failed, refundedTotal(3000n, { at: 5 })];
      expect(derivePayment(facts).amountRefundedMinor).toBe(3000n);
    });

    it('takes off what failed in the second of the total', () => {
      const failed = refund('re_1', 2000n, { at: 5, state: 'failed' });
      const facts = [...paid, refundedTotal(3000n, { at: 5 }), failed];
      expect(derivePayment(facts).amountRefundedMinor).toBe(1000n);
    });

    it('never takes more off a total than there is', () => {
      const failed = refund('re_1', 4000n, { at: 6, state: 'failed' });
      const facts = [...paid, refundedTotal(3000n, { at: 5 }), failed];
      expect(derivePayment(facts)).toMatchObject({ status: 'paid', amountRefundedMinor: 0n });
    });

    it.each(['failed', 'cancelled'] as const)(
      'counts no refund that %s without a total',
      (state) => {
        const facts = [...paid, refund('re_1', 2000n, { state }), refund('re_2', 500n)];
        expect(derivePayment(facts).amountRefundedMinor).toBe(500n);
      },
    );

    it('waits for its capture, and counts once that arrives', () => {
      const early = [requested(5000n), refundedTotal(5000n, { at: 5 })];
      expect(derivePayment(early)).toMatchObject({ status: 'initiated', amountRefundedMinor: 0n });
      expect(derivePayment([...early, captured(5000n, { at: 1 })]).status).toBe('refunded');
    });

    it('counts a hint only while no refund of its amount is known by an id', () => {
      const hint = refund('hint:2000', 2000n);
      expect(derivePayment([...paid, hint]).amountRefundedMinor).toBe(2000n);
      expect(derivePayment([...paid, hint, refund('7', 2000n)]).amountRefundedMinor).toBe(2000n);
      expect(derivePayment([...paid, hint, refund('7', 500n)]).amountRefundedMinor).toBe(2500n);
    });
  });

  describe('contradictions', () => {
    it('names money captured for a cancelled payment, whichever came first', () => {
      const facts = [captured(5000n, { at: 1 }), fact('cancelled', { at: 2 })];
      expect(derivePayment(facts)).toMatchObject({
        status: 'paid',
        contradictions: [{ reason: 'captured_after_cancel', amountMinor: 5000n }],
      });
    });

    it('counts what was given back no more as being at stake', () => {
      const facts = [fact('cancelled'), captured(5000n), refund('re_1', 5000n)];
      expect(derivePayment(facts).contradictions).toEqual([
        { reason: 'captured_after_cancel', amountMinor: 0n },
      ]);
    });

    it('names money captured after a refund', () => {
      const facts = [captured(9000n, { at: 9 }), refund('re_1', 5000n, { at: 5 })];
      expect(derivePayment(facts).contradictions).toEqual([
        { reason: 'captured_after_refund', amountMinor: 4000n },
      ]);
    });

    it('says nothing of money for a cancelled payment as long as there is none', () => {
      const facts = [captured(0n), fact('cancelled')];
      expect(derivePayment(facts)).toMatchObject({ status: 'cancelled', contradictions: [] });
    });

    it('leaves nothing at stake where more was given back than captured', () => {
      const facts = [fact('cancelled'), captured(5000n), refund('re_1', 6000n)];
      expect(derivePayment(facts).contradictions).toEqual([
        { reason: 'captured_after_cancel', amountMinor: 0n },
        { reason: 'refund_exceeds_capture', amountMinor: 1000n },
      ]);
    });

    it.each([
      ['it came before the refund', [captured(9000n, { at: 4 }), refund('re_1', 5000n, { at: 5 })]],
      [
        'it came in the same second',
        [captured(9000n, { at: 5 }), refund('re_1', 5000n, { at: 5 })],
      ],
      ['it was all given back', [captured(5000n, { at: 9 }), refund('re_1', 5000n, { at: 5 })]],
      ['nobody says when', [captured(9000n, { at: 9 }), refund('re_1', 5000n, NO_TIME)]],
      ['nobody says when it was taken', [captured(9000n, NO_TIME), refund('re_1', 5000n)]],
      ['nothing was given back', [captured(9000n, { at: 9 }), refundedTotal(0n, { at: 5 })]],
      [
        'a later refund gave back as well',
        [
          captured(9000n, { at: 7 }),
          refund('re_1', 5000n, { at: 5 }),
          refund('re_2', 1000n, { at: 8 }),
        ],
      ],
      [
        'the total was told of later',
        [captured(9000n, { at: 7 }), refund('re_1', 5000n), refundedTotal(5000n, { at: 8 })],
      ],
    ])('calls money not captured after a refund when %s', (_why, facts) => {
      expect(derivePayment(facts).contradictions).toEqual([]);
      expect(derivePayment(facts.toReversed()).contradictions).toEqual([]);
    });

    it.each([
      ['told of as a total', [refundedTotal(5000n, { at: 5 })]],
      [
        'followed by one that failed',
        [refund('re_1', 5000n, { at: 5 }), refund('re_2', 1000n, { at: 9, state: 'failed' })],
      ],
    ])('names money captured after a refund that is %s', (_how, refunds) => {
      const facts = [
        captured(4000n, { at: 1 }),
        captured(5000n, { at: 7, key: 'two' }),
        ...refunds,
      ];
      expect(derivePayment(facts).contradictions).toEqual([
        { reason: 'captured_after_refund', amountMinor: 4000n },
      ]);
    });

    it('names a refund of more than was captured', () => {
      const facts = [captured(5000n), refund('re_1', 6000n, { at: 5 })];
      expect(derivePayment(facts)).toMatchObject({
        status: 'refunded',
        contradictions: [{ reason: 'refund_exceeds_capture', amountMinor: 1000n }],
      });
    });

    it('names a second currency and counts only money of the first', () => {
      const facts = [
        requested(5000n, { currency: 'NGN' }),
        captured(5000n, { currency: 'NGN' }),
        captured(9000n, { key: 'other', currency: 'USD', at: 0 }),
      ];
      expect(derivePayment(facts)).toMatchObject({
        currency: 'NGN',
        amountCapturedMinor: 5000n,
        contradictions: [{ reason: 'currency_mismatch', amountMinor: 9000n }],
      });
    });

    it('counts as foreign money only what was captured', () => {
      const facts = [
        captured(5000n),
        captured(300n, { key: 'other', currency: 'USD', at: 0 }),
        refund('re_1', 200n, { currency: 'USD' }),
      ];
      expect(derivePayment(facts)).toMatchObject({
        status: 'paid',
        amountRefundedMinor: 0n,
        contradictions: [{ reason: 'currency_mismatch', amountMinor: 300n }],
      });
    });

    it('has the currency of the money that was taken, not that of a capture of nothing', () => {
      const facts = [captured(5000n), captured(0n, { key: 'two', currency: 'USD', at: 9 })];
      expect(derivePayment(facts)).toMatchObject({ status: 'paid', currency: 'NGN' });
    });

    it('stays with the money when a later request names another currency', () => {
      const facts = [
        captured(5000n, { currency: 'NGN' }),
        requested(1n, { currency: 'USD', at: 9 }),
      ];
      expect(derivePayment(facts)).toMatchObject({ status: 'paid', currency: 'NGN' });
    });

    it('names test money and real money in one payment', () => {
      const facts = [captured(5000n), fact('pending', { livemode: false })];
      expect(derivePayment(facts)).toMatchObject({
        livemode: true,
        contradictions: [{ reason: 'livemode_mismatch', amountMinor: 5000n }],
      });
    });
  });

  it('tells the disputes by their newest facts', () => {
    const facts = [captured(5000n), dispute('dp_2', 'won', { at: 4 }), dispute('dp_1', 'open')];
    expect(derivePayment(facts)).toMatchObject({
      status: 'paid',
      disputes: [
        { key: 'dp_1', status: 'open', amountMinor: 5000n, currency: 'NGN' },
        { key: 'dp_2', status: 'won', amountMinor: 5000n, currency: 'NGN' },
      ],
    });
  });
});
