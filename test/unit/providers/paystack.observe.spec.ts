import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parsePayload } from '../../../src/providers/payload.js';
import { DEFAULT_ACCOUNT } from '../../../src/providers/provider.js';
import { StandIn } from '../../support/stand-in/stand-in.js';
import { codeOf, REFERENCE, refundOrder, REFUND_REFERENCE } from './api-harness.js';
import {
  bodyOf,
  createAsked,
  expectSoundWhenBroken,
  factsOf,
  look,
  startAt,
  toldBy,
} from './observed.js';

const START_MS = Date.UTC(2026, 0, 15, 10);

let standIn: StandIn;
let paystack: ReturnType<typeof createAsked>;
let nowMs: number;
let id: string;

beforeEach(async () => {
  nowMs = START_MS;
  standIn = await StandIn.start({ now: () => nowMs });
  paystack = createAsked('paystack', standIn.url);
  id = await startAt(paystack);
});

afterEach(() => standIn.close());

const later = (seconds = 10) => (nowMs += seconds * 1000);
const refund = (amountMinor = 2000n, reference = REFUND_REFERENCE) =>
  paystack.api.refundPayment(refundOrder(id, { amountMinor, reference }));

describe('what is seen of a payment at Paystack', () => {
  it('is who asked for it, for which order, and that it waits', async () => {
    later();
    const observation = await look(paystack, id);
    expect(observation).toMatchObject({
      eventType: 'transaction.observed',
      occurredAtMs: nowMs,
      livemode: false,
      providerPaymentId: REFERENCE,
      refunds: [],
    });
    expect(factsOf(paystack, observation)).toMatchObject({
      providerPaymentId: REFERENCE,
      partIds: [expect.stringMatching(/^\d+$/)],
      startedAs: REFERENCE,
      facts: [
        { kind: 'requested', key: id, amountMinor: 5000n, reference: 'order-1' },
        { kind: 'pending', key: id, occurredAtMs: nowMs },
      ],
    });
  });

  it('is the money, at the time of the payment', async () => {
    standIn.paystack.pay(id);
    const paidAtMs = nowMs;
    later();
    expect(toldBy(paystack, await look(paystack, id))).toEqual([['captured', id, 5000n, paidAtMs]]);
  });

  it('is that it failed, which no event tells', async () => {
    standIn.paystack.failAttempt(id);
    later();
    expect(toldBy(paystack, await look(paystack, id))).toEqual([['failed', id, nowMs]]);
  });

  it('is each refund under its own id, with its state', async () => {
    standIn.paystack.pay(id);
    const first = await refund();
    const second = await refund(2000n, 'tg-another');
    later();
    standIn.paystack.settleRefund(first.providerRefundId, 'failed');
    const failedAtMs = nowMs;
    later();
    const observation = await look(paystack, id);
    expect(toldBy(paystack, observation)).toEqual([
      ['captured', id, 5000n, START_MS],
      ['refund', second.providerRefundId, 2000n, START_MS, 'pending'],
      ['refund', first.providerRefundId, 2000n, failedAtMs, 'failed'],
    ]);
    expect(observation.refunds).toEqual([
      { providerRefundId: second.providerRefundId, reference: 'tg-another' },
      { providerRefundId: first.providerRefundId, reference: REFUND_REFERENCE },
    ]);
  });

  it('is that all of it went back', async () => {
    standIn.paystack.pay(id);
    const { providerRefundId } = await refund(5000n);
    standIn.paystack.settleRefund(providerRefundId, 'succeeded');
    later();
    expect(toldBy(paystack, await look(paystack, id))).toEqual([
      ['captured', id, 5000n, START_MS],
      ['refund', providerRefundId, 5000n, START_MS, 'succeeded'],
      ['refunded_total', id, 5000n, nowMs + 1],
    ]);
  });

  it('is refused for a payment that Paystack does not know', async () => {
    expect(await codeOf(look(paystack, 'unknown'))).toBe('provider_refused');
  });
});

describe('an observation of Paystack', () => {
  it('holds nothing of the customer', async () => {
    standIn.paystack.pay(id);
    await refund();
    const { body } = await look(paystack, id);
    expect(body.toString()).not.toMatch(/customer|@|ip_address|192\.0\.2|note/);
  });

  it('is the same event each time when money was seen, however late', async () => {
    standIn.paystack.pay(id);
    const one = await look(paystack, id);
    later();
    const other = await look(paystack, id);
    expect(other.eventId).toBe(one.eventId);
    expect(other.fingerprint).toEqual(one.fingerprint);
    expect(bodyOf(one)).toMatchObject({ id: one.eventId, observed_at: START_MS / 1000 });
  });

  it('is another for a state that may have come back, when it is seen later', async () => {
    const one = await look(paystack, id);
    expect((await look(paystack, id)).eventId).toBe(one.eventId);
    later();
    expect((await look(paystack, id)).eventId).not.toBe(one.eventId);
  });
});

describe('a broken observation of Paystack', () => {
  it('never fails otherwise than with a code for a dead letter', async () => {
    standIn.paystack.pay(id);
    const { providerRefundId } = await refund(5000n);
    standIn.paystack.settleRefund(providerRefundId, 'succeeded');
    expectSoundWhenBroken(paystack, await look(paystack, id));
  });
});

describe('what an event of Paystack points at', () => {
  const refundEvent = (data: object) => ({
    event: 'refund.processed',
    data: { status: 'processed', amount: 5, transaction_reference: 'ref', ...data },
  });
  const whole = { id: 8, updated_at: '2026-01-20T08:00:00.000Z' };

  it('is the transaction, whose refunds are then told by their own ids', async () => {
    standIn.paystack.pay(id);
    await refund();
    await refund(2000n, 'tg-another');
    const told = standIn.events.filter(({ type }) => type === 'refund.pending');
    const pointer = paystack.pointsAt(parsePayload(told[0]!.body));
    expect(pointer).toEqual({ kind: 'transaction', id });
    const observation = await paystack.api.observeObject(DEFAULT_ACCOUNT, pointer!);
    expect(observation?.refunds).toHaveLength(2);
  });

  it('is found by its number alone', async () => {
    standIn.paystack.pay(id);
    const [number = ''] = factsOf(paystack, await look(paystack, id)).partIds;
    const event = refundEvent({ transaction_reference: null, transaction: Number(number) });
    const pointer = paystack.pointsAt(event);
    expect(pointer).toEqual({ kind: 'transaction_number', id: number });
    const observation = await paystack.api.observeObject(DEFAULT_ACCOUNT, pointer!);
    expect(observation?.providerPaymentId).toBe(id);
  });

  it.each([
    ['without an id', refundEvent({ ...whole, id: null }), { kind: 'transaction', id: 'ref' }],
    [
      'without a time',
      refundEvent({ ...whole, updated_at: null }),
      { kind: 'transaction', id: 'ref' },
    ],
    ['that says it all', refundEvent(whole), null],
    ['that names no transaction', refundEvent({ transaction_reference: null }), null],
  ])('is told for a refund %s', (_what, payload, expected) => {
    expect(paystack.pointsAt(payload)).toEqual(expected);
  });

  it('is nothing for an event that is not of a refund, or is broken', () => {
    for (const payload of [
      { event: 'charge.success', data: { reference: 'ref' } },
      { event: 'refund.pending', data: null },
      { event: 5, data: {} },
      {},
    ]) {
      expect(paystack.pointsAt(payload)).toBeNull();
    }
  });

  it('is nothing for another kind of object', async () => {
    const pointer = { kind: 'customer', id: 'CUS_1' };
    expect(await paystack.api.observeObject(DEFAULT_ACCOUNT, pointer)).toBeNull();
  });
});
