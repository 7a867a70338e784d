import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { DEFAULT_ACCOUNT } from '../../../src/providers/provider.js';
import { StandIn } from '../../support/stand-in/stand-in.js';
import { asThinEvent } from '../../support/stand-in/stripe.events.js';
import { parsePayload } from '../../../src/providers/payload.js';
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
import { ScriptedServer } from './scripted-server.js';

const START_MS = Date.UTC(2026, 0, 15, 10);

let standIn: StandIn;
let stripe: ReturnType<typeof createAsked>;
let nowMs: number;
let id: string;

beforeEach(async () => {
  nowMs = START_MS;
  standIn = await StandIn.start({ now: () => nowMs });
  stripe = createAsked('stripe', standIn.url);
  id = await startAt(stripe);
});

afterEach(() => standIn.close());

const later = (seconds = 10) => (nowMs += seconds * 1000);
const refund = (amountMinor = 2000n, reference = REFUND_REFERENCE) =>
  stripe.api.refundPayment(
    refundOrder(id, { amountMinor, reference, idempotencyKey: `key-${reference}` }),
  );
const chargeOf = () => standIn.events.map(({ body }) => /"(ch_\w+)"/.exec(body.toString())?.[1]);
const chargeId = () => chargeOf().find((one) => one !== undefined);

describe('what is seen of a payment at Stripe', () => {
  it('is who asked for it, for which order, and how much', async () => {
    later();
    const observation = await look(stripe, id);
    expect(observation).toMatchObject({
      eventType: 'payment_intent.observed',
      occurredAtMs: nowMs,
      livemode: false,
      providerPaymentId: id,
      refunds: [],
    });
    expect(factsOf(stripe, observation)).toMatchObject({
      providerPaymentId: id,
      partIds: [],
      startedAs: REFERENCE,
      livemode: false,
      facts: [
        {
          kind: 'requested',
          key: id,
          amountMinor: 5000n,
          currency: 'NGN',
          reference: 'order-1',
          occurredAtMs: nowMs,
        },
      ],
    });
  });

  it('is the money, at the time of its charge', async () => {
    standIn.stripe.pay(id);
    const paidAtMs = nowMs;
    later();
    const observation = await look(stripe, id);
    expect(toldBy(stripe, observation)).toEqual([['captured', id, 5000n, paidAtMs]]);
    expect(factsOf(stripe, observation).partIds).toEqual([chargeId()]);
  });

  it('is what of a hold was taken; what was released is no refund', async () => {
    standIn.stripe.authorize(id);
    later();
    expect(toldBy(stripe, await look(stripe, id))).toEqual([['authorized', id, 5000n, nowMs]]);
    standIn.stripe.capture(id, { amountMinor: 3000 });
    expect(toldBy(stripe, await look(stripe, id))).toEqual([['captured', id, 3000n, START_MS]]);
  });

  it('is what it waits for, or that an attempt failed', async () => {
    standIn.stripe.requireAction(id);
    expect(toldBy(stripe, await look(stripe, id))).toEqual([['pending', id, nowMs]]);
    standIn.stripe.failAttempt(id);
    expect(toldBy(stripe, await look(stripe, id))).toEqual([['failed', chargeId(), nowMs]]);
    standIn.stripe.startProcessing(id);
    expect(toldBy(stripe, await look(stripe, id))).toEqual([['pending', id, nowMs]]);
  });

  it('is that it was cancelled, and when', async () => {
    await stripe.api.cancelPayment({ account: DEFAULT_ACCOUNT, providerPaymentId: id });
    const cancelledAtMs = nowMs;
    later();
    expect(toldBy(stripe, await look(stripe, id))).toEqual([['cancelled', id, cancelledAtMs]]);
  });

  it('is each refund and the total, which counts those that failed no more', async () => {
    standIn.stripe.pay(id);
    standIn.stripe.startRefundsAs('pending');
    const first = await refund(2000n);
    const second = await refund(3000n, 'tg-another');
    standIn.stripe.settleRefund(first.providerRefundId, 'failed');
    later();
    const observation = await look(stripe, id);
    expect(toldBy(stripe, observation)).toEqual([
      ['captured', id, 5000n, START_MS],
      ['refund', second.providerRefundId, 3000n, nowMs, 'pending'],
      ['refund', first.providerRefundId, 2000n, nowMs, 'failed'],
      ['refunded_total', id, 3000n, nowMs + 1],
    ]);
    expect(observation.refunds).toEqual([
      { providerRefundId: second.providerRefundId, reference: 'tg-another' },
      { providerRefundId: first.providerRefundId, reference: REFUND_REFERENCE },
    ]);
  });

  it('is every refund when there are several pages of them', async () => {
    standIn.stripe.pay(id);
    for (let number = 0; number < 120; number += 1) await refund(1n, `tg-${number}`);
    const { refunds } = await look(stripe, id);
    expect(new Set(refunds.map(({ reference }) => reference)).size).toBe(120);
  });

  it('is refused for a payment that Stripe does not know', async () => {
    expect(await codeOf(look(stripe, 'pi_unknown'))).toBe('provider_refused');
  });
});

describe('an observation of Stripe', () => {
  it('holds nothing that could be used to pay, nor who pays', async () => {
    standIn.stripe.pay(id);
    await refund();
    const body = (await look(stripe, id)).body.toString();
    expect(body).not.toMatch(/secret|4242|visa|buyer@example|billing|payment_method_details/);
    expect(JSON.parse(body)).toMatchObject({ payment: { metadata: { order_id: 'order-1' } } });
  });

  it('is the same event each time when money was seen, however late', async () => {
    standIn.stripe.pay(id);
    const one = await look(stripe, id);
    later();
    const other = await look(stripe, id);
    expect(other.eventId).toBe(one.eventId);
    expect(other.fingerprint).toEqual(one.fingerprint);
    expect(one.eventId).toMatch(/^verify:[0-9a-f]{64}$/);
    expect(one.fingerprint).toHaveLength(createHash('sha256').digest().length);
    expect(bodyOf(one)).toMatchObject({ id: one.eventId, object: 'tollgate.observation' });
  });

  it('is another when something else is seen', async () => {
    standIn.stripe.pay(id);
    const before = await look(stripe, id);
    await refund();
    const after = await look(stripe, id);
    expect(after.eventId).not.toBe(before.eventId);
    expect(after.fingerprint).not.toEqual(before.fingerprint);
  });

  it('is another for a state that may have come back, when it is seen later', async () => {
    standIn.stripe.requireAction(id);
    const one = await look(stripe, id);
    expect((await look(stripe, id)).eventId).toBe(one.eventId);
    later();
    expect((await look(stripe, id)).eventId).not.toBe(one.eventId);
  });

  it('is another when refunds have failed, whose order a total depends on', async () => {
    standIn.stripe.pay(id);
    const { providerRefundId } = await refund();
    standIn.stripe.settleRefund(providerRefundId, 'failed');
    const one = await look(stripe, id);
    later();
    expect((await look(stripe, id)).eventId).not.toBe(one.eventId);
  });

  it('is dated by our clock when Stripe tells no time', async () => {
    const server = await ScriptedServer.start();
    server.answer = ({ url }) => ({
      headers: { date: 'soon' },
      json: url.startsWith('/v1/refunds')
        ? { object: 'list', data: [], has_more: false }
        : { id: 'pi_1', status: 'succeeded', amount: 5, amount_received: 5, currency: 'eur' },
    });
    const before = Math.floor(Date.now() / 1000) * 1000;
    const { occurredAtMs, livemode } = await look(createAsked('stripe', server.url), 'pi_1');
    expect(occurredAtMs).toBeGreaterThanOrEqual(before);
    expect(occurredAtMs).toBeLessThanOrEqual(Date.now());
    expect(livemode).toBeNull();
    await server.close();
  });

  it('never fails otherwise than with a code for a dead letter', async () => {
    standIn.stripe.pay(id);
    await refund();
    const [opened] = standIn.stripe.openDispute(id);
    const pointer = stripe.pointsAt(parsePayload(asThinEvent(opened!).body));
    const observation = await stripe.api.observeObject(DEFAULT_ACCOUNT, pointer!);
    expectSoundWhenBroken(stripe, observation!);
  });

  it('is a dead letter when it is broken', () => {
    const broken = { id: 'verify:1', object: 'tollgate.observation', type: 'x', payment: {} };
    expect(() => stripe.translate(broken)).toThrow('observation');
  });
});

describe('what a thin event of Stripe points at', () => {
  const follow = async (thin: Buffer) => {
    const pointer = stripe.pointsAt(parsePayload(thin));
    if (pointer === null) throw new Error('it points at nothing');
    return stripe.api.observeObject(DEFAULT_ACCOUNT, pointer);
  };

  it('is the whole payment, whichever part of it the event names', async () => {
    standIn.stripe.pay(id);
    await refund();
    const kinds = new Set<unknown>();
    for (const event of standIn.events) {
      const thin = asThinEvent(event);
      kinds.add(stripe.pointsAt(parsePayload(thin.body))?.kind);
      const observation = await follow(thin.body);
      expect(observation?.providerPaymentId).toBe(id);
      expect(observation?.eventType).toBe('payment_intent.observed');
    }
    expect(kinds).toEqual(new Set(['payment_intent', 'charge', 'refund']));
  });

  it('is the dispute too, when the event names one', async () => {
    standIn.stripe.pay(id);
    const [opened] = standIn.stripe.openDispute(id);
    later();
    const observation = await follow(asThinEvent(opened!).body);
    expect(toldBy(stripe, observation!)).toContainEqual([
      'dispute',
      expect.stringMatching(/^du_/),
      5000n,
      nowMs,
      'open',
    ]);
  });

  it('is nothing for a kind of object that has nothing to do with payments', async () => {
    const pointer = { kind: 'billing.meter', id: 'mtr_1' };
    expect(await stripe.api.observeObject(DEFAULT_ACCOUNT, pointer)).toBeNull();
  });

  it('is refused for an object that Stripe does not know', async () => {
    const pointer = { kind: 'charge', id: 'ch_unknown' };
    expect(await codeOf(stripe.api.observeObject(DEFAULT_ACCOUNT, pointer))).toBe(
      'provider_refused',
    );
  });

  const thin = {
    id: 'evt_1',
    object: 'v2.core.event',
    type: 'v1.charge.updated',
    related_object: { id: 'ch_1', type: 'charge', url: '/v1/charges/ch_1' },
  };

  it.each([
    ['a thin event', thin, { kind: 'charge', id: 'ch_1' }],
    ['the ping', { ...thin, type: 'v2.core.event_destination.ping' }, null],
    ['a thin event of no object', { ...thin, related_object: null }, null],
    ['one whose object has no id', { ...thin, related_object: { type: 'charge' } }, null],
    ['a snapshot event', { ...thin, object: 'event' }, null],
  ])('is told for %s', (_what, payload, expected) => {
    expect(stripe.pointsAt(payload)).toEqual(expected);
  });
});

describe('what is seen of a charge without an intent', () => {
  const CHARGE = {
    id: 'ch_1',
    status: 'succeeded',
    created: 1_768_471_200,
    amount: 5000,
    amount_captured: 5000,
    amount_refunded: 0,
    captured: true,
    paid: true,
    refunded: false,
    currency: 'usd',
    livemode: true,
    metadata: { order_id: 'order-1', secret_of_a_shop: 'x' },
    billing_details: { name: 'Sample Buyer' },
    payment_intent: null,
  };
  const CREATED_MS = 1_768_471_200_000;
  let server: ScriptedServer;

  beforeEach(async () => {
    server = await ScriptedServer.start();
  });

  afterEach(() => server.close());

  const seen = async (charge: object, refunds: readonly object[] = []) => {
    const date = new Date(START_MS).toUTCString();
    server.answer = ({ url }) => ({
      headers: { date },
      json: url.startsWith('/v1/refunds')
        ? { object: 'list', data: refunds, has_more: false }
        : { ...CHARGE, ...charge },
    });
    const asked = createAsked('stripe', server.url);
    const pointer = { kind: 'charge', id: 'ch_1' };
    const observation = await asked.api.observeObject(DEFAULT_ACCOUNT, pointer);
    if (observation === null) throw new Error('nothing was seen');
    return { observation, told: toldBy(asked, observation) };
  };

  it('is the money and the refunds, under the id of the charge', async () => {
    const refunds = [{ id: 're_1', amount: 2000, currency: 'usd', status: 'succeeded' }];
    const { observation, told } = await seen({ amount_refunded: 2000 }, refunds);
    expect(observation).toMatchObject({ eventType: 'charge.observed', livemode: true });
    expect(observation.body.toString()).not.toMatch(/secret_of_a_shop|Sample Buyer/);
    expect(told).toEqual([
      ['captured', 'ch_1', 5000n, CREATED_MS],
      ['refund', 're_1', 2000n, START_MS, 'succeeded'],
      ['refunded_total', 'ch_1', 2000n, START_MS + 1],
    ]);
    expect(server.paths).toContain('GET /v1/refunds?charge=ch_1&limit=100');
  });

  it.each([
    ['failed', { status: 'failed', captured: false, paid: false }, 'failed'],
    ['is pending', { status: 'pending', captured: false, paid: false }, 'pending'],
    ['is held', { captured: false, amount_captured: 0 }, 'authorized'],
    [
      'was released',
      { captured: false, amount_captured: 0, amount_refunded: 5000, refunded: true },
      'cancelled',
    ],
  ])('is that it %s', async (_what, charge, kind) => {
    const { told } = await seen(charge);
    expect(told.map(([first]) => first)).toEqual([kind]);
  });
});
