import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { failDispatch } from '../../src/outbox/dispatch.queries.js';
import { createAgreement, routesOf, type ApiDocument } from '../support/api-document.js';
import { eventually } from '../support/eventually.js';
import { TEST_TOKENS } from '../support/service-environment.js';
import { paymentOf, Shop, type CommandOptions } from '../support/shop.js';
import { TEST_SECRETS } from '../support/webhook-client.js';

const NOBODY = randomUUID();
/** What the service of the shop asks with. */
const ACCEPTED_KEYS = {
  stripe: ['sk_test_of_the_stand_in'],
  paystack: [TEST_SECRETS.paystack],
};

describe('the OpenAPI document and what the service really answers', () => {
  let shop: Shop;
  let document: ApiDocument;
  let told: ReturnType<typeof createAgreement>;

  beforeAll(async () => {
    shop = await Shop.open({
      CONSUMERS: 'invoices,access',
      OUTSIDE_CONSUMERS: 'shipping=order.*', // nobody reads its queue
    });
    document = (await shop.get('/docs-json')).json as ApiDocument;
    told = createAgreement(document);
  });

  beforeEach(() => {
    shop.standIn.reset();
  });

  afterAll(() => shop.close());

  const send = async (
    route: string,
    path: string,
    body?: unknown,
    options?: CommandOptions,
  ): Promise<string | number> => told(route, await shop.post(path, body, options));

  it('agree about creating orders', async () => {
    const route = 'POST /v1/orders';
    const order = { reference: randomUUID(), currency: 'EUR', amountDueMinor: 900 };
    const create = (body: unknown, options?: CommandOptions) =>
      send(route, '/v1/orders', body, options);
    const key = randomUUID();
    expect(await create(order, { key })).toBe(201);
    expect(await create(order, { key })).toBe(201);
    expect(await create(order)).toBe(200);
    expect(await create({ ...order, amountDueMinor: 901 })).toBe('order_exists');
    expect(await create({ ...order, amountDueMinor: 901 }, { key })).toBe('idempotency_key_reused');
    expect(await create({ ...order, amountDueMinor: -1 })).toBe('bad_request');
    expect(await create('{')).toBe('bad_request');
    expect(await create(order, { key: null })).toBe('idempotency_key_missing');
    expect(await create(order, { key: 'two words' })).toBe('idempotency_key_malformed');
    expect(await create(order, { token: 'of nobody' })).toBe('unauthenticated');
    expect(await create(order, { token: TEST_TOKENS.viewer })).toBe('forbidden');
    const headers = { 'content-type': 'text/plain' };
    expect(await create(order, { headers })).toBe('unsupported_media_type');
    expect(await create({ ...order, padding: 'x'.repeat(70_000) })).toBe('body_too_large');
  });

  it.each(['stripe', 'paystack'] as const)('agree about payments at %s', async (provider) => {
    const route = 'POST /v1/orders/{reference}/payments';
    const reference = await shop.order(5000, provider === 'stripe' ? 'USD' : 'NGN');
    const start = (given: object = {}, of = reference) =>
      send(route, `/v1/orders/${of}/payments`, { ...paymentOf(provider), ...given });
    expect(await start({}, NOBODY)).toBe('not_found');
    expect(await start({ account: 'acme' })).toBe('bad_request');
    await shop.standIn.goAway();
    expect(await start()).toBe('provider_unavailable');
    await shop.standIn.comeBack();
    expect(await start()).toBe('payment_in_progress');
    shop.standIn.acceptKeys(provider, ['another-key']);
    const refused = await shop.order(5000, provider === 'stripe' ? 'USD' : 'NGN');
    expect(await start({}, refused)).toBe('provider_not_configured');
    shop.standIn.acceptKeys(provider, ACCEPTED_KEYS[provider]);

    const other = await shop.order(5000, provider === 'stripe' ? 'USD' : 'NGN');
    const { id } = await shop.payment(other, provider);
    expect(await send('POST /v1/payments/{id}/verify', `/v1/payments/${id}/verify`)).toBe(200);
    expect(await send('POST /v1/orders/{reference}/cancel', `/v1/orders/${other}/cancel`)).toBe(
      200,
    );
    expect(await start({}, other)).toBe('order_cancelled');
  });

  it('agree about outcomes that nobody knows', async () => {
    const reference = await shop.order();
    shop.standIn.faults.always('POST /v1/payment_intents', { kind: 'reset-before' });
    const path = `/v1/orders/${reference}/payments`;
    const key = randomUUID();
    const answer = await shop.post(path, paymentOf('stripe'), { key });
    const route = 'POST /v1/orders/{reference}/payments';
    expect(told(route, answer)).toBe('provider_outcome_unknown');
    expect(answer.json).toMatchObject({
      payment: { unknownOutcome: true, providerPaymentId: null },
    });
    shop.standIn.faults.clear();
    expect(await send(route, path, paymentOf('stripe'), { key })).toBe(201);
  });

  it('agree about refunds, and about all that can be read of them', async () => {
    const route = 'POST /v1/payments/{id}/refunds';
    const reference = await shop.order();
    const { id, providerPaymentId } = await shop.payment(reference);
    const refund = (body?: unknown, options?: CommandOptions) =>
      send(route, `/v1/payments/${id}/refunds`, body, options);
    expect(await refund()).toBe('refund_exceeds_captured');
    shop.standIn.stripe.pay(providerPaymentId);
    expect(await send('POST /v1/payments/{id}/verify', `/v1/payments/${id}/verify`)).toBe(200);
    expect(await refund({ amountMinor: 2000, reason: 'a scratch' })).toBe(201);
    const key = randomUUID();
    shop.standIn.faults.next('POST /v1/refunds', { kind: 'reset-after' });
    expect(await refund({ amountMinor: 500 }, { key })).toBe('provider_outcome_unknown');
    expect(await refund({ amountMinor: 500 }, { key })).toBe(201);
    const fault = { kind: 'status-before', status: 402 } as const;
    shop.standIn.faults.next('POST /v1/refunds', fault);
    expect(await refund({ amountMinor: 1 })).toBe('provider_refused');
    expect(await send(route, `/v1/payments/${NOBODY}/refunds`)).toBe('not_found');
    expect(await send(route, '/v1/payments/1/refunds')).toBe('bad_request');
    const again = `/v1/orders/${reference}`;
    expect(await send('POST /v1/orders/{reference}/cancel', `${again}/cancel`)).toBe('order_paid');

    const read = async (of: string, path: string) => told(of, await shop.get(path));
    expect(await read('GET /v1/orders/{reference}', again)).toBe(200);
    expect(await read('GET /v1/orders/{reference}', `/v1/orders/${NOBODY}`)).toBe('not_found');
    expect(await read('GET /v1/payments/{id}', `/v1/payments/${id}`)).toBe(200);
    expect(await read('GET /v1/payments/{id}', `/v1/payments/${NOBODY}`)).toBe('not_found');
    const events = (await shop.get('/v1/events?limit=3')).json as { data: { id: string }[] };
    for (const event of events.data) {
      expect(await read('GET /v1/events/{id}', `/v1/events/${event.id}`)).toBe(200);
    }
    expect(await read('GET /health/live', '/health/live')).toBe(200);
    expect(await read('GET /health/ready', '/health/ready')).toBe(200);
  });

  it('agree about what follows from money: the ledger, the invoice and the access', async () => {
    const read = async (route: string, path: string) => told(route, await shop.get(path));
    const reference = await paidOrder();
    const ledger = `/v1/ledger?order=${reference}`;
    expect(await read('GET /v1/ledger', ledger)).toBe(200);
    expect(await read('GET /v1/ledger', `${ledger}&limit=1`)).toBe(200);
    expect(await read('GET /v1/ledger', `${ledger}&limit=0`)).toBe('bad_request');
    expect(await read('GET /v1/ledger', '/v1/ledger')).toBe('bad_request');
    expect(await read('GET /v1/ledger', `/v1/ledger?order=${NOBODY}`)).toBe('not_found');
    await eventually(async () => {
      const invoices = await shop.get(`/v1/invoices?order=${reference}`);
      expect(told('GET /v1/invoices', invoices)).toBe(200);
      expect(invoices.json).toMatchObject({ data: [{ kind: 'invoice', amountMinor: 5000 }] });
      const access = await shop.get(`/v1/access/${reference}`);
      expect(told('GET /v1/access/{reference}', access)).toBe(200);
      expect(access.json).toMatchObject({ status: 'granted' });
    });
    expect(await read('GET /v1/invoices', '/v1/invoices?number=1')).toBe('bad_request');
    const route = 'GET /v1/access/{reference}';
    expect(await read(route, `/v1/access/${NOBODY}`)).toBe('not_found');
    expect(await read(route, `/v1/access/${'x'.repeat(256)}`)).toBe('bad_request');
  });

  it('agree about how the service fares and what it is configured with', async () => {
    const read = async (route: string, path: string) => told(route, await shop.get(path));
    expect(await read('GET /v1/overview', '/v1/overview')).toBe(200);
    expect(await read('GET /v1/overview', '/v1/overview?minutes=10080')).toBe(200);
    expect(await read('GET /v1/overview', '/v1/overview?minutes=0')).toBe('bad_request');
    expect(await read('GET /v1/queues', '/v1/queues')).toBe(200);
    expect(await read('GET /v1/settings', '/v1/settings')).toBe(200);
  });

  it('agree about consumers, their messages and dead letters', async () => {
    const reference = await paidOrder();
    const route = 'GET /v1/consumers/{consumer}/messages';
    const messages = async (query = '') => {
      const answer = await shop.get(`/v1/consumers/shipping/messages${query}`);
      expect(told(route, answer)).toBe(200);
      return (answer.json as { data: { id: string; type: string; subject: string }[] }).data;
    };
    const message = await eventually(async () => {
      const ours = (await messages('?status=pending')).find(
        ({ type, subject }) => type === 'order.paid' && subject === reference,
      );
      if (!ours) throw new Error('the message is not on its way yet');
      return ours;
    });
    await refuse(message.id);
    expect((await messages('?status=dead&limit=1')).map(({ id }) => id)).toEqual([message.id]);
    expect(told('GET /v1/consumers', await shop.get('/v1/consumers'))).toBe(200);
    expect(await messages(`?cursor=${Buffer.from(NOBODY).toString('base64url')}`)).toBeDefined();
    expect(told(route, await shop.get('/v1/consumers/nobody/messages'))).toBe('not_found');
    const wrong = await shop.get('/v1/consumers/shipping/messages?status=lost');
    expect(told(route, wrong)).toBe('bad_request');

    const path = `/v1/consumers/shipping/messages/${message.id}/replay`;
    const operator = { key: null, token: TEST_TOKENS.operator };
    const replay = async (of: string, options: CommandOptions = operator, body?: unknown) => {
      const answer = await shop.post(of, body, options);
      const outcome = told('POST /v1/consumers/{consumer}/messages/{id}/replay', answer);
      return typeof outcome === 'string'
        ? outcome
        : [outcome, (answer.json as { isReplayed: boolean }).isReplayed];
    };
    for (const role of ['viewer', 'service'] as const) {
      expect(await replay(path, { key: null, token: TEST_TOKENS[role] })).toBe('forbidden');
    }
    expect(await replay(path, { key: null, token: 'of nobody' })).toBe('unauthenticated');
    expect(await replay(path)).toEqual([200, true]);
    expect(await replay(path)).toEqual([200, false]);
    expect(await replay(path.replace('shipping', 'nobody'))).toBe('not_found');
    expect(await replay(path.replace(message.id, NOBODY))).toBe('not_found');
    expect(await replay(path.replace(message.id, '1'))).toBe('bad_request');
    expect(await replay(path, operator, '{')).toBe('bad_request');
    expect(await replay(path, operator, { padding: 'x'.repeat(70_000) })).toBe('body_too_large');
    const headers = { 'content-type': 'text/plain' };
    expect(await replay(path, { ...operator, headers }, 'x')).toBe('unsupported_media_type');
  });

  it('agree about the removal of a consumer', async () => {
    const remove = async (name: string, token: string = TEST_TOKENS.operator) => {
      const answer = await shop.delete(`/v1/consumers/${name}`, token);
      return told('DELETE /v1/consumers/{consumer}', answer);
    };
    await shop.database.query(`insert into consumers (name, patterns, seen_at)
      values ('gone', '{%}', now() - interval '1 hour')`);
    expect(await remove('gone', TEST_TOKENS.service)).toBe('forbidden');
    expect(await remove('gone', 'of nobody')).toBe('unauthenticated');
    expect(await remove('gone')).toBe(200);
    expect(await remove('gone')).toBe('not_found');
    expect(await remove('shipping')).toBe('consumer_configured');
  });

  /** Somebody bought something: the reference of his order. */
  async function paidOrder(): Promise<string> {
    const reference = await shop.order();
    const { id, providerPaymentId } = await shop.payment(reference);
    shop.standIn.stripe.pay(providerPaymentId);
    await shop.post(`/v1/payments/${id}/verify`, undefined, { key: null });
    await shop.orderIs(reference, 'paid');
    return reference;
  }

  /** The consumer reports that it can never use a message. */
  async function refuse(messageId: string): Promise<void> {
    const client = new pg.Client({ connectionString: shop.database.url });
    await client.connect();
    const failure = { code: 'consumer_refused', message: 'no such article', isFinal: true };
    const key = { messageId, tries: 0, retryInMs: 0, attemptsMax: 8 };
    const refused = await failDispatch(client, 'shipping', { ...failure, ...key });
    await client.end();
    expect(refused).toEqual({ status: 'dead', attempts: 1 });
  }

  it.each([
    '/v1/payments',
    '/v1/events',
    '/v1/invoices',
    '/v1/replays',
    '/v1/reviews',
    '/v1/audit',
    '/v1/consumers/shipping/messages',
  ])('agree about the filters of %s', async (path) => {
    const route = `GET ${path.replace('shipping', '{consumer}')}`;
    expect(told(route, await shop.get(path))).toBe(200);
    expect(told(route, await shop.get(`${path}?colour=red`))).toBe('bad_request');
    const values: Readonly<Record<string, string>> = { ...VALUES, ...VALUES_OF[path] };
    const { parameters } = routesOf(document).get(route)!;
    for (const { name } of parameters.filter((one) => one.in === 'query')) {
      const value = values[name] ?? 'x';
      const query = new URLSearchParams({ [name]: value });
      // What failed is looked for among dead letters only.
      if (path === '/v1/events' && ['code', 'text'].includes(name)) query.set('status', 'dead');
      const answer = await shop.get(`${path}?${query.toString()}`);
      expect([name, told(route, answer)]).toEqual([name, 200]);
    }
  });
});

/** What filters are tried with; any other text is `x`. */
const VALUES: Readonly<Record<string, string>> = {
  provider: 'stripe',
  limit: '1',
  cursor: Buffer.from(NOBODY).toString('base64url'),
  from: '2026-01-01T00:00:00Z',
  to: '2036-01-01T00:00:00Z',
  olderThanSeconds: '60',
  action: 'replay.start',
};
const VALUES_OF: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/v1/payments': { status: 'paid' },
  '/v1/events': { status: 'applied' },
  '/v1/replays': { status: 'done' },
  '/v1/reviews': { status: 'open', reason: 'paid_twice' },
  '/v1/consumers/shipping/messages': { status: 'discarded' },
};
