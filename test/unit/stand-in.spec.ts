import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import type { PaymentFacts } from '../../src/payments/payment-fact.js';
import { parsePayload } from '../../src/providers/payload.js';
import { DEFAULT_ACCOUNT } from '../../src/providers/provider.js';
import { findProviderEntry } from '../../src/providers/providers.js';
import { eventually } from '../support/eventually.js';
import type { Fault, FaultRoute } from '../support/stand-in/faults.js';
import { StandIn } from '../support/stand-in/stand-in.js';
import type { StandInEvent } from '../support/stand-in/stand-in.webhooks.js';
import { asThinEvent } from '../support/stand-in/stripe.events.js';
import { signedHeaders, TEST_SECRETS } from '../support/webhook-client.js';

const STRIPE_KEY = 'sk_test_stand_in';
const PAYSTACK_KEY = 'sk_test_paystack_stand_in';
const ORDER = 'order-1';
const INTENT = { amount: 5000, currency: 'eur', metadata: { order_id: ORDER } };
/** What a client waits for an answer that never comes. */
const IMPATIENCE_MS = 250;

let standIn: StandIn;
let stripe: Stripe;

beforeEach(async () => {
  standIn = await StandIn.start({ keys: { stripe: [STRIPE_KEY], paystack: [PAYSTACK_KEY] } });
  stripe = createStripe();
});

afterEach(() => standIn.close());

function createStripe({ key = STRIPE_KEY, timeout = 10_000 } = {}): Stripe {
  const port = new URL(standIn.url).port;
  return new Stripe(key, {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    timeout,
    telemetry: false,
  });
}

/** What an answer of Paystack is made of. */
interface PaystackAnswer {
  readonly httpStatus: number;
  readonly status: boolean;
  readonly message: string;
  readonly code?: string;
  readonly data: Record<string, unknown>;
}

async function paystack(
  method: string,
  path: string,
  body?: object,
  signal: AbortSignal | null = null,
): Promise<PaystackAnswer> {
  const response = await fetch(`${standIn.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${PAYSTACK_KEY}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal,
  });
  const answer = (await response.json()) as Omit<PaystackAnswer, 'httpStatus'>;
  return { httpStatus: response.status, ...answer };
}

/** A transaction of 5000 that was paid. */
async function payAtPaystack(reference: string): Promise<PaystackAnswer['data']> {
  const start = { email: 'a@example.com', amount: 5000, reference, metadata: { order_id: ORDER } };
  await paystack('POST', '/transaction/initialize', start);
  standIn.paystack.pay(reference);
  return (await paystack('GET', `/transaction/verify/${reference}`)).data;
}

/** Signs an event, and reads it as Tollgate does. */
function understand(event: StandInEvent): PaymentFacts | null {
  const options = {
    secrets: new Map([[DEFAULT_ACCOUNT, [TEST_SECRETS[event.provider]]]]),
    orderReferenceKey: 'order_id',
    api: null,
  };
  const provider = findProviderEntry(event.provider)!.create(options);
  const headers = signedHeaders(event) as Record<string, string>;
  const { eventId, body } = provider.verify({
    headers,
    body: event.body,
    account: DEFAULT_ACCOUNT,
    receivedAtMs: Date.now(),
  });
  expect(eventId).toBe(event.eventId);
  return provider.translate(parsePayload(body));
}

function types(events: readonly StandInEvent[]): string[] {
  return events.map(({ type }) => type);
}

describe('the stand-in of Stripe', () => {
  it('makes an intent, lets it be paid and shows the charge', async () => {
    const made = await stripe.paymentIntents.create(INTENT);
    expect(made).toMatchObject({
      status: 'requires_payment_method',
      amount: 5000,
      amount_received: 0,
      latest_charge: null,
      livemode: false,
      metadata: { order_id: ORDER },
    });
    expect(made.client_secret).toContain(made.id);

    standIn.stripe.pay(made.id);
    const paid = await stripe.paymentIntents.retrieve(made.id, { expand: ['latest_charge'] });
    expect(paid).toMatchObject({
      status: 'succeeded',
      amount_received: 5000,
      latest_charge: { captured: true, amount_captured: 5000, metadata: { order_id: ORDER } },
    });
    expect(standIn.moneyOfOrder(ORDER)).toEqual({
      charges: 1,
      takenMinor: 5000,
      returnedMinor: 0,
    });
  });

  it('refunds up to what was taken', async () => {
    const { id } = await stripe.paymentIntents.create(INTENT);
    await expect(stripe.refunds.create({ payment_intent: id })).rejects.toMatchObject({
      statusCode: 400,
    });
    standIn.stripe.pay(id);
    const first = await stripe.refunds.create({ payment_intent: id, amount: 2000 });
    expect(first).toMatchObject({ amount: 2000, status: 'succeeded', payment_intent: id });

    const tooMuch = stripe.refunds.create({ payment_intent: id, amount: 3001 });
    await expect(tooMuch).rejects.toMatchObject({ statusCode: 400, param: 'amount' });
    await stripe.refunds.create({ charge: first.charge as string });
    await expect(stripe.refunds.create({ payment_intent: id })).rejects.toMatchObject({
      code: 'charge_already_refunded',
    });
    expect(standIn.stripe.refundsOf(id).map((it) => it.amountMinor)).toEqual([2000, 3000]);
    expect(standIn.moneyOfOrder(ORDER).returnedMinor).toBe(5000);
  });

  it('lets refunds take their days, and payments be real', async () => {
    await standIn.close();
    standIn = await StandIn.start({ mode: 'live' });
    stripe = createStripe();
    standIn.stripe.startRefundsAs('pending');
    const { id, livemode } = await stripe.paymentIntents.create(INTENT);
    expect(livemode).toBe(true);
    standIn.stripe.pay(id);
    const refund = await stripe.refunds.create({ payment_intent: id, expand: ['charge'] });
    expect(refund).toMatchObject({ status: 'pending', charge: { refunded: true, livemode } });
    standIn.stripe.settleRefund(refund.id, 'succeeded');
    await expect(stripe.refunds.retrieve(refund.id)).resolves.toMatchObject({
      status: 'succeeded',
    });
    for (const event of standIn.events) expect(understand(event)!.livemode).not.toBe(false);
  });

  it('gives back what a failed refund had taken', async () => {
    const { id } = await stripe.paymentIntents.create(INTENT);
    standIn.stripe.pay(id);
    const refund = await stripe.refunds.create({ payment_intent: id });
    expect(types(standIn.stripe.settleRefund(refund.id, 'failed'))).toEqual([
      'refund.updated',
      'refund.failed',
    ]);
    expect(standIn.moneyOfOrder(ORDER).returnedMinor).toBe(0);
    await expect(stripe.refunds.create({ payment_intent: id })).resolves.toMatchObject({
      amount: 5000,
    });
  });

  it('cancels what has not succeeded', async () => {
    const one = await stripe.paymentIntents.create(INTENT);
    const two = await stripe.paymentIntents.create(INTENT);
    await expect(stripe.paymentIntents.cancel(one.id)).resolves.toMatchObject({
      status: 'canceled',
    });
    standIn.stripe.pay(two.id);
    for (const { id } of [one, two]) {
      await expect(stripe.paymentIntents.cancel(id)).rejects.toMatchObject({
        statusCode: 400,
        code: 'payment_intent_unexpected_state',
      });
    }
    expect(() => standIn.stripe.pay(one.id)).toThrow('canceled');
  });

  it('lists by pages, the newest first', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      ids.unshift((await stripe.paymentIntents.create(INTENT)).id);
    }
    const page = await stripe.paymentIntents.list({ limit: 2 });
    expect(page).toMatchObject({ has_more: true, data: [{ id: ids[0] }, { id: ids[1] }] });

    const listed: string[] = [];
    const created = { gte: page.data[0]!.created - 60, lte: page.data[0]!.created + 60 };
    for await (const { id } of stripe.paymentIntents.list({ limit: 2, created })) listed.push(id);
    expect(listed).toEqual(ids);
    const later = await stripe.paymentIntents.list({ created: { gte: created.lte } });
    expect(later.data).toEqual([]);
  });

  it('lists the refunds of a payment, also inside of its charge', async () => {
    const { id } = await stripe.paymentIntents.create(INTENT);
    const other = await stripe.paymentIntents.create(INTENT);
    for (const intentId of [id, other.id]) standIn.stripe.pay(intentId);
    const metadata = { reference: 'tg-1' };
    const first = await stripe.refunds.create({ payment_intent: id, amount: 1, metadata });
    await stripe.refunds.create({ payment_intent: other.id });
    const second = await stripe.refunds.create({ payment_intent: id, amount: 1 });

    const { data } = await stripe.refunds.list({ payment_intent: id });
    expect(data.map((it) => it.id)).toEqual([second.id, first.id]);
    expect(data[1]!.metadata).toEqual(metadata);
    const intent = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge.refunds'] });
    expect(intent).toMatchObject({ latest_charge: { refunds: { data: [{}, { metadata }] } } });
    await expect(stripe.refunds.retrieve(first.id)).resolves.toMatchObject({ amount: 1 });
    await expect(stripe.charges.retrieve(first.charge as string)).resolves.toMatchObject({
      amount_refunded: 2,
    });
  });

  it('refuses what Stripe refuses', async () => {
    const refusals: [Promise<unknown>, object][] = [
      [createStripe({ key: 'sk_test_other' }).paymentIntents.create(INTENT), { statusCode: 401 }],
      [stripe.paymentIntents.retrieve('pi_none'), { statusCode: 404, code: 'resource_missing' }],
      [stripe.disputes.retrieve('du_none'), { statusCode: 404, code: 'resource_missing' }],
      [stripe.refunds.create({ payment_intent: 'pi_none' }), { statusCode: 404 }],
      [stripe.paymentIntents.create({ ...INTENT, amount: 0 }), { param: 'amount' }],
      [stripe.paymentIntents.create({ ...INTENT, currency: '' }), { code: 'parameter_missing' }],
      // Only together with `confirm`.
      [
        stripe.paymentIntents.create({ ...INTENT, return_url: 'https://shop.example' }),
        { code: 'parameter_unknown', param: 'return_url' },
      ],
      [stripe.customers.list(), { statusCode: 404, type: 'StripeInvalidRequestError' }],
    ];
    for (const [call, error] of refusals) await expect(call).rejects.toMatchObject(error);
    expect(standIn.stripe.paymentIntents).toEqual([]);
    expect(standIn.requests.every(({ actedAt }) => actedAt === null)).toBe(true);
  });
});

describe('the idempotency of Stripe', () => {
  const options = { idempotencyKey: 'key-1' };

  it('answers a repetition with the first answer', async () => {
    const first = await stripe.paymentIntents.create(INTENT, options);
    standIn.stripe.pay(first.id);
    const again = await stripe.paymentIntents.create(INTENT, options);
    // As it was then, although it has been paid since.
    expect(again).toMatchObject({ id: first.id, status: 'requires_payment_method' });
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(first.lastResponse.headers).not.toHaveProperty('idempotent-replayed');
    expect(standIn.requests).toMatchObject([
      { idempotencyKey: 'key-1', actedAt: 1, status: 200, isReplayed: false },
      { idempotencyKey: 'key-1', actedAt: null, status: 200, isReplayed: true },
    ]);
    expect(standIn.stripe.paymentIdsOf(ORDER)).toEqual([first.id]);
  });

  it('repeats a 500 for ever, and acts again once the key is forgotten', async () => {
    standIn.faults.next('POST /v1/payment_intents', { kind: 'status-before' });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await expect(stripe.paymentIntents.create(INTENT, options)).rejects.toMatchObject({
        statusCode: 500,
        type: 'StripeAPIError',
      });
    }
    expect(standIn.stripe.paymentIntents).toEqual([]);
    standIn.idempotencyKeys.forget();
    await stripe.paymentIntents.create(INTENT, options);
    expect(standIn.stripe.paymentIntents).toHaveLength(1);
  });

  it('repeats a 500 that came after it had acted', async () => {
    standIn.faults.next('POST /v1/payment_intents', { kind: 'status-after' });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const call = stripe.paymentIntents.create(INTENT, options);
      await expect(call).rejects.toMatchObject({ statusCode: 500 });
    }
    expect(standIn.stripe.paymentIntents).toHaveLength(1);
  });

  it('tells the truth after an error that came from a proxy', async () => {
    standIn.faults.next('POST /v1/payment_intents', { kind: 'status-after', kept: 'nowhere' });
    await expect(stripe.paymentIntents.create(INTENT, options)).rejects.toThrow();
    const { id } = await stripe.paymentIntents.create(INTENT, options);
    expect(standIn.stripe.paymentIdsOf(ORDER)).toEqual([id]);
  });

  it('refuses another request with the key', async () => {
    await stripe.paymentIntents.create(INTENT, options);
    const calls = [
      stripe.paymentIntents.create({ ...INTENT, amount: 1 }, options),
      stripe.refunds.create({ payment_intent: 'pi_1' }, options),
    ];
    for (const call of calls) {
      await expect(call).rejects.toMatchObject({
        statusCode: 400,
        type: 'StripeIdempotencyError',
      });
    }
  });

  it('refuses a repetition while the first is under way', async () => {
    const gate = standIn.faults.gate('POST /v1/payment_intents', 'before');
    const first = stripe.paymentIntents.create(INTENT, options);
    await gate.reached;
    await expect(stripe.paymentIntents.create(INTENT, options)).rejects.toMatchObject({
      statusCode: 409,
      code: 'idempotency_key_in_use',
    });
    gate.release();
    const { id } = await first;
    await expect(stripe.paymentIntents.create(INTENT, options)).resolves.toMatchObject({ id });
  });

  it('keeps a refusal that it came to, but not that of a bad parameter', async () => {
    const bad = stripe.paymentIntents.create({ ...INTENT, amount: 0 }, options);
    await expect(bad).rejects.toMatchObject({ param: 'amount' });
    const { id } = await stripe.paymentIntents.create(INTENT, options);

    const refund = () => stripe.refunds.create({ payment_intent: id }, { idempotencyKey: 'key-2' });
    await expect(refund()).rejects.toMatchObject({ statusCode: 400 });
    standIn.stripe.pay(id);
    await expect(refund()).rejects.toMatchObject({ statusCode: 400 });
  });
});

describe('the stand-in of Paystack', () => {
  const start = { email: 'a@example.com', amount: '5000', metadata: { order_id: ORDER } };

  it('starts a transaction that is abandoned until it is paid', async () => {
    const begun = await paystack('POST', '/transaction/initialize', {
      ...start,
      reference: 'tg-1',
    });
    expect(begun).toMatchObject({ httpStatus: 200, status: true, data: { reference: 'tg-1' } });
    expect(begun.data).toHaveProperty('authorization_url');

    const verify = () => paystack('GET', '/transaction/verify/tg-1');
    await expect(verify()).resolves.toMatchObject({
      data: { status: 'abandoned', paid_at: null, metadata: { order_id: ORDER } },
    });
    expect(standIn.paystack.failAttempt('tg-1')).toEqual([]);
    await expect(verify()).resolves.toMatchObject({ data: { status: 'failed' } });
    standIn.paystack.pay('tg-1');
    const { data } = await verify();
    expect(data).toMatchObject({ status: 'success', amount: 5000 });
    const byNumber = await paystack('GET', `/transaction/${String(data['id'])}`);
    expect(byNumber.data).toEqual(data);
    expect(standIn.moneyOfOrder(ORDER)).toMatchObject({ charges: 1, takenMinor: 5000 });
  });

  it('refuses what Paystack refuses', async () => {
    await paystack('POST', '/transaction/initialize', { ...start, reference: 'tg-1' });
    const refusals: [Promise<PaystackAnswer>, object][] = [
      [
        paystack('POST', '/transaction/initialize', { ...start, reference: 'tg-1' }),
        {
          httpStatus: 400,
          message: 'Duplicate Transaction Reference',
          code: 'duplicate_reference',
        },
      ],
      [paystack('POST', '/transaction/initialize', { amount: 1 }), { httpStatus: 400 }],
      [
        paystack('GET', '/transaction/verify/tg-2'),
        { httpStatus: 404, code: 'transaction_not_found' },
      ],
      [paystack('POST', '/refund', { transaction: 'tg-1' }), { httpStatus: 400 }],
      [paystack('GET', '/nothing'), { httpStatus: 404, status: false }],
    ];
    for (const [call, answer] of refusals) {
      await expect(call).resolves.toMatchObject({ status: false, ...answer });
    }
    standIn.acceptKeys('paystack', ['sk_test_other']);
    await expect(paystack('GET', '/refund')).resolves.toMatchObject({ httpStatus: 401 });
  });

  it('refunds twice what is asked for twice, up to what was taken', async () => {
    const { id } = await payAtPaystack('tg-1');
    const refund = { transaction: 'tg-1', amount: 2000, merchant_note: 'tg-r1' };
    const first = await paystack('POST', '/refund', refund);
    expect(first.data).toMatchObject({
      status: 'pending',
      amount: 2000,
      merchant_note: 'tg-r1',
      transaction: { id, reference: 'tg-1' },
    });
    await paystack('POST', '/refund', refund);
    await expect(paystack('POST', '/refund', refund)).resolves.toMatchObject({ httpStatus: 400 });
    const refundIds = standIn.paystack.refundsOf('tg-1').map((it) => it.id);
    for (const refundId of refundIds) standIn.paystack.settleRefund(refundId, 'succeeded');
    await paystack('POST', '/refund', { transaction: id });
    const all = await paystack('POST', '/refund', { transaction: id });
    expect(all).toMatchObject({ httpStatus: 400, message: 'Transaction has been fully reversed' });
    expect(standIn.moneyOfOrder(ORDER).returnedMinor).toBe(5000);
  });

  it('lists the refunds of a transaction by pages', async () => {
    const { id } = await payAtPaystack('tg-1');
    await payAtPaystack('tg-2');
    for (const amount of [1, 2, 3]) await paystack('POST', '/refund', { transaction: id, amount });
    await paystack('POST', '/refund', { transaction: 'tg-2' });

    const page = (number: number) =>
      paystack('GET', `/refund?transaction=${String(id)}&perPage=2&page=${number}`);
    await expect(page(1)).resolves.toMatchObject({
      data: [{ amount: 3 }, { amount: 2 }],
      meta: { total: 3, page: 1, perPage: 2, pageCount: 2 },
    });
    const last = await page(2);
    expect(last.data).toMatchObject([{ amount: 1, transaction: id }]);
    const one = await paystack('GET', `/refund/${standIn.paystack.refunds[0]!.id}`);
    expect(one.data).toMatchObject({ amount: 1, status: 'pending' });
  });
});

describe('a fault', () => {
  const route = 'POST /v1/payment_intents';
  const create = (client = stripe) =>
    client.paymentIntents.create(INTENT, { idempotencyKey: 'key-1' });
  const createImpatiently = () => create(createStripe({ timeout: IMPATIENCE_MS }));

  const faults: [Fault, acted: number, error: object][] = [
    [{ kind: 'reset-before' }, 0, { type: 'StripeConnectionError' }],
    [{ kind: 'reset-after' }, 1, { type: 'StripeConnectionError' }],
    [{ kind: 'timeout-before' }, 0, { type: 'StripeConnectionError' }],
    [{ kind: 'timeout-after' }, 1, { type: 'StripeConnectionError' }],
    [{ kind: 'status-before', status: 429 }, 0, { type: 'StripeRateLimitError' }],
    [{ kind: 'status-before', status: 409 }, 0, { statusCode: 409, code: 'lock_timeout' }],
    [{ kind: 'status-before', status: 503 }, 0, { statusCode: 503 }],
    [{ kind: 'status-after', status: 503 }, 1, { statusCode: 503 }],
    [{ kind: 'garbage' }, 1, { type: 'StripeAPIError' }],
  ];

  /** The SDK repeats a request by itself, once, when the connection was reset. */
  function meet(met: FaultRoute, fault: Fault): void {
    standIn.faults.next(met, fault, fault.kind.startsWith('reset') ? 2 : 1);
  }

  it.each(faults)('%j leaves %i payments, and one after a repetition', async (...row) => {
    const [fault, acted, error] = row;
    meet(route, fault);
    const hangs = fault.kind.startsWith('timeout');
    await expect(hangs ? createImpatiently() : create()).rejects.toMatchObject(error);
    expect(standIn.faults.queuedCount).toBe(0);
    expect(standIn.stripe.paymentIntents).toHaveLength(acted);

    const { id } = await create();
    expect(standIn.stripe.paymentIdsOf(ORDER)).toEqual([id]);
  });

  it('meets the route that it is meant for, in the order in which it was programmed', async () => {
    meet('GET /v1/payment_intents/:id', { kind: 'reset-before' });
    standIn.faults.always(route, { kind: 'status-before', status: 503 });
    standIn.faults.next(route, { kind: 'status-before', status: 429 });
    standIn.faults.next(route, null);
    await expect(create()).rejects.toMatchObject({ statusCode: 429 });
    const { id } = await create();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(create()).rejects.toMatchObject({ statusCode: 503 });
    }
    await expect(stripe.paymentIntents.retrieve(id)).rejects.toMatchObject({
      type: 'StripeConnectionError',
    });
    standIn.faults.clear();
    await expect(create()).resolves.toMatchObject({ id });
  });

  it('is the same for the same seed', () => {
    const choices: (Fault | null)[] = [{ kind: 'reset-after' }, { kind: 'garbage' }, null];
    const draw = () => {
      standIn.faults.clear();
      standIn.faults.sometimes('*', 7, choices);
      return Array.from({ length: 20 }, () => standIn.faults.take(route)?.kind ?? null);
    };
    const drawn = draw();
    expect(new Set(drawn).size).toBe(3);
    expect(draw()).toEqual(drawn);
  });

  it('lets the provider act long after the client has given up', async () => {
    const gate = standIn.faults.gate(route, 'before');
    await expect(createImpatiently()).rejects.toMatchObject({ type: 'StripeConnectionError' });
    await gate.reached;
    expect(standIn.stripe.paymentIntents).toEqual([]);
    gate.release();
    const { id } = await eventually(() => create());
    expect(standIn.stripe.paymentIdsOf(ORDER)).toEqual([id]);
  });

  it('holds an answer until the world has moved on', async () => {
    const gate = standIn.faults.gate(route, 'after');
    const answer = create();
    await gate.reached;
    standIn.stripe.pay(standIn.stripe.paymentIntents[0]!.id);
    gate.release();
    await expect(answer).resolves.toMatchObject({ status: 'requires_payment_method' });
  });

  it('is slow, and hooks see the request before and after it took effect', async () => {
    const seen: (number | null)[] = [];
    standIn.faults.next(route, { kind: 'slow', delayMs: 20 });
    standIn.onRequest(({ actedAt }) => void seen.push(actedAt));
    standIn.onActed(({ actedAt }) => void seen.push(actedAt));
    await create();
    expect(seen).toEqual([null, 1]);
  });

  it('takes the provider away and brings it back', async () => {
    await create();
    await standIn.goAway();
    await expect(create()).rejects.toMatchObject({ type: 'StripeConnectionError' });
    await standIn.comeBack();
    await create();
    expect(standIn.stripe.paymentIntents).toHaveLength(1);
  });

  it('leaves nothing behind when the stand-in closes', async () => {
    standIn.faults.next(route, { kind: 'timeout-before' });
    const gate = standIn.faults.gate(route, 'after');
    standIn.faults.next(route, { kind: 'slow', delayMs: 3_600_000 });
    const answers = [createOther(), createOther(), createOther()];
    await gate.reached;
    await eventually(() => expect(standIn.faults.queuedCount).toBe(0));
    // The SDK repeats what was reset.
    standIn.faults.always('*', { kind: 'reset-before' });
    await standIn.close();
    for (const answer of await Promise.allSettled(answers)) expect(answer.status).toBe('rejected');

    function createOther() {
      return stripe.paymentIntents.create(INTENT);
    }
  });

  it('is gone after a reset, unlike what the provider knows', async () => {
    standIn.faults.always('*', { kind: 'reset-before' });
    standIn.onRequest(() => expect('a hook').toBe('gone'));
    standIn.reset();
    const { id } = await create();
    standIn.reset();
    await expect(create()).resolves.toMatchObject({ id });
    expect(standIn.requests).toMatchObject([{ path: '/v1/payment_intents', isReplayed: true }]);
    expect(standIn.events).toEqual([]);
  });

  it('of the stand-in itself fails the test', async () => {
    standIn.onRequest(() => {
      throw new Error('a hook is wrong');
    });
    await expect(create()).rejects.toMatchObject({ type: 'StripeConnectionError' });
    await expect(standIn.close()).rejects.toThrow('the stand-in failed');
    standIn = await StandIn.start();
  });

  it('hits Paystack as well, which knows no keys', async () => {
    await payAtPaystack('tg-1');
    standIn.faults.next('POST /refund', { kind: 'timeout-after' });
    const refund = { transaction: 'tg-1', amount: 1000 };
    const patience = new AbortController();
    standIn.onActed(() => patience.abort());
    await expect(paystack('POST', '/refund', refund, patience.signal)).rejects.toThrow('aborted');
    await paystack('POST', '/refund', refund);
    expect(standIn.paystack.refunds).toHaveLength(2);
  });
});

describe('the events of the stand-in', () => {
  it('tells the life of a Stripe payment in facts', async () => {
    const { id } = await stripe.paymentIntents.create(INTENT);
    standIn.stripe.requireAction(id);
    standIn.stripe.failAttempt(id);
    standIn.stripe.startProcessing(id);
    standIn.stripe.pay(id);
    const refund = await stripe.refunds.create({ payment_intent: id, amount: 2000 });
    standIn.stripe.settleRefund(refund.id, 'failed');
    standIn.stripe.openDispute(id);
    standIn.stripe.closeDispute(standIn.stripe.disputes[0]!.id, 'won');

    expect(standIn.events.map((event) => [event.type, ...kindsOf(event)])).toEqual([
      ['payment_intent.created', 'requested'],
      ['payment_intent.requires_action', 'requested', 'pending'],
      ['charge.failed', 'requested', 'failed'],
      ['payment_intent.payment_failed', 'requested', 'failed'],
      ['charge.pending', 'requested', 'pending'],
      ['payment_intent.processing', 'requested', 'pending'],
      ['charge.succeeded', 'requested', 'captured'],
      ['payment_intent.succeeded', 'requested', 'captured'],
      ['refund.created', 'refund:succeeded'],
      ['charge.refunded', 'requested', 'captured', 'refunded_total'],
      ['refund.updated', 'refund:failed'],
      ['refund.failed', 'refund:failed'],
      ['charge.dispute.created', 'dispute:open'],
      ['charge.dispute.funds_withdrawn', 'dispute:open'],
      ['charge.dispute.closed', 'dispute:won'],
      ['charge.dispute.funds_reinstated', 'dispute:won'],
    ]);
    for (const event of standIn.events) {
      expect(understand(event)).toMatchObject({ providerPaymentId: id, livemode: false });
    }
    const [, , , , , , charged, succeeded] = standIn.events.map(understand);
    expect(charged!.facts[0]!.reference).toBe(ORDER);
    expect(charged!.facts[1]).toMatchObject({ key: id, amountMinor: 5000n, currency: 'EUR' });
    expect(succeeded!.facts[1]).toMatchObject({ key: id, amountMinor: 5000n });
  });

  it('tells of a hold, and of one that is let go', async () => {
    const one = await stripe.paymentIntents.create(INTENT);
    const two = await stripe.paymentIntents.create(INTENT);
    standIn.stripe.authorize(one.id);
    standIn.stripe.authorize(two.id);
    standIn.stripe.capture(one.id, { amountMinor: 3000 });
    await stripe.paymentIntents.cancel(two.id);
    const told = standIn.events.slice(2).map((event) => [event.type, ...kindsOf(event)]);
    expect(told).toEqual([
      ['charge.succeeded', 'requested', 'authorized'],
      ['payment_intent.amount_capturable_updated', 'requested', 'authorized'],
      ['charge.succeeded', 'requested', 'authorized'],
      ['payment_intent.amount_capturable_updated', 'requested', 'authorized'],
      ['charge.captured', 'requested', 'captured'],
      ['payment_intent.succeeded', 'requested', 'captured'],
      ['charge.refunded', 'requested'],
      ['payment_intent.canceled', 'requested', 'cancelled'],
    ]);
    expect(standIn.moneyOfOrder(ORDER)).toEqual({
      charges: 1,
      takenMinor: 3000,
      returnedMinor: 0,
    });
  });

  it('names the request that caused it, and can be thin', async () => {
    const { id } = await stripe.paymentIntents.create(INTENT, { idempotencyKey: 'key-1' });
    const [event] = standIn.webhooks.about(id);
    expect(payloadOf(event!)).toMatchObject({ request: { idempotency_key: 'key-1' } });
    expect(payloadOf(asThinEvent(event!))).toMatchObject({
      id: event!.eventId,
      object: 'v2.core.event',
      type: 'v1.payment_intent.created',
      related_object: { id, type: 'payment_intent', url: `/v1/payment_intents/${id}` },
    });
  });

  it('tells the life of a Paystack payment in facts', async () => {
    await payAtPaystack('tg-1');
    for (let count = 0; count < 2; count += 1) {
      await paystack('POST', '/refund', { transaction: 'tg-1', amount: 1000 });
    }
    const [first, second] = standIn.paystack.refundsOf('tg-1');
    standIn.paystack.settleRefund(first!.id, 'succeeded');
    standIn.paystack.settleRefund(second!.id, 'failed');
    standIn.paystack.openDispute('tg-1', { amountMinor: 3000 });
    standIn.paystack.closeDispute(String(standIn.paystack.disputes[0]!.id), 'lost');

    expect(standIn.events.map((event) => [event.type, ...kindsOf(event)])).toEqual([
      ['charge.success', 'requested', 'captured'],
      ['refund.pending', 'refund:pending'],
      ['refund.pending', 'refund:pending'],
      ['refund.processed', 'refund:succeeded'],
      ['refund.failed', 'refund:failed'],
      ['charge.dispute.create', 'dispute:open'],
      ['charge.dispute.resolve', 'dispute:lost'],
    ]);
    for (const event of standIn.events) {
      expect(understand(event)).toMatchObject({ providerPaymentId: 'tg-1', livemode: false });
    }
    // No id, no time: nothing tells the one refund from the other.
    expect(standIn.events[2]!.body).toEqual(standIn.events[1]!.body);
  });

  function kindsOf(event: StandInEvent): string[] {
    const facts = understand(event)?.facts ?? [];
    return facts.map(({ kind, state }) => (state === null ? kind : `${kind}:${state}`));
  }

  function payloadOf({ body }: StandInEvent): unknown {
    return JSON.parse(body.toString());
  }
});

describe('the webhooks of the stand-in', () => {
  let service: Server;
  let serviceUrl: string;
  /** Path and type of what arrived. */
  let received: string[];
  let answerStatus: number;

  beforeEach(async () => {
    received = [];
    answerStatus = 200;
    service = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const payload = parsePayload(Buffer.concat(chunks));
        received.push(`${incoming.url} ${String(payload['type'] ?? payload['event'])}`);
        outgoing.writeHead(answerStatus).end();
      });
    });
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    serviceUrl = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    const closed = new Promise((resolve) => service.close(resolve));
    service.closeAllConnections();
    await closed;
  });

  it('are delivered before the answer when a test wants it so', async () => {
    standIn.webhooks.deliverTo(serviceUrl, { mode: 'before-answer' });
    const gate = standIn.faults.gate('POST /v1/payment_intents', 'after');
    const answer = stripe.paymentIntents.create(INTENT);
    await gate.reached;
    expect(received).toEqual(['/webhooks/stripe payment_intent.created']);
    gate.release();
    await answer;
  });

  it('are delivered after the answer, and also when there never is one', async () => {
    standIn.webhooks.deliverTo(serviceUrl, { account: 'shop' });
    standIn.faults.next('POST /v1/payment_intents', { kind: 'timeout-after' });
    const impatient = createStripe({ timeout: IMPATIENCE_MS });
    await expect(impatient.paymentIntents.create(INTENT)).rejects.toThrow();
    await standIn.webhooks.delivered();
    expect(received).toEqual(['/webhooks/stripe/shop payment_intent.created']);
  });

  it('are delivered at once of what happens in the world', async () => {
    await paystack('POST', '/transaction/initialize', {
      email: 'a@example.com',
      amount: 1,
      reference: 'tg-1',
    });
    standIn.webhooks.deliverTo(serviceUrl);
    standIn.paystack.pay('tg-1');
    await standIn.webhooks.delivered();
    expect(received).toEqual(['/webhooks/paystack charge.success']);
    standIn.webhooks.hold();
    await paystack('POST', '/refund', { transaction: 'tg-1' });
    expect(types(standIn.events)).toEqual(['charge.success', 'refund.pending']);
    expect(received).toHaveLength(1);
  });

  it('are delivered again as long as they are not accepted', async () => {
    standIn.webhooks.deliverTo(serviceUrl, { mode: 'before-answer' });
    answerStatus = 503;
    const { id } = await stripe.paymentIntents.create(INTENT);
    answerStatus = 200;
    standIn.stripe.failAttempt(id);
    await standIn.webhooks.redeliver();
    await standIn.webhooks.redeliver();
    expect(standIn.webhooks.deliveries.map(({ status }) => status)).toEqual([503, 200, 200, 200]);
    expect(received[3]).toBe('/webhooks/stripe payment_intent.created');
  });
});
