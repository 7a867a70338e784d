import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from '../support/eventually.js';
import { openRaw } from '../support/raw-http.js';
import { TEST_TOKENS } from '../support/service-environment.js';
import { paymentOf, Shop } from '../support/shop.js';

describe('commands that are not as they should be', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.open({ IDEMPOTENCY_TTL_SECONDS: '3600' });
  });

  afterAll(() => shop.close());

  const newOrder = () => ({
    reference: `order-${randomUUID()}`,
    currency: 'EUR',
    amountDueMinor: 1000,
  });

  /** However bad a request was, the next good one succeeds, and nothing of the bad one is there. */
  const isUnharmed = async (reference: string) => {
    expect(await shop.get(`/v1/orders/${encodeURIComponent(reference)}`)).toMatchObject({
      status: 404,
    });
    expect((await shop.post('/v1/orders', newOrder())).status).toBe(201);
  };

  describe('the Idempotency-Key', () => {
    it.each([
      ['missing', null, 'idempotency_key_missing'],
      ['empty', '', 'idempotency_key_missing'],
      ['of 256 characters', 'k'.repeat(256), 'idempotency_key_malformed'],
      ['with a space', 'two words', 'idempotency_key_malformed'],
      ['with a letter beyond ASCII', 'schl\u00fcssel', 'idempotency_key_malformed'],
      ['with a quote that does not end', '"open', 'idempotency_key_malformed'],
      ['of quotes alone', '""', 'idempotency_key_malformed'],
    ])('B46 %s is a 400', async (_name, key, code) => {
      const order = newOrder();
      const answer = await shop.post('/v1/orders', order, { key });
      expect(answer).toMatchObject({ status: 400, json: { code } });
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      await isUnharmed(order.reference);
    });

    it.each([
      '/v1/orders',
      '/v1/orders/some-order/payments',
      '/v1/orders/some-order/cancel',
      `/v1/payments/${randomUUID()}/refunds`,
    ])('B46 must be there for POST %s', async (path) => {
      const keys = () => shop.database.query('select count(*)::int from idempotency_keys');
      const before = await keys();
      const answer = await shop.post(path, {}, { key: null });
      expect(answer).toMatchObject({ status: 400, json: { code: 'idempotency_key_missing' } });
      expect(await keys()).toEqual(before);
      await isUnharmed('nobody-knows-this-order');
    });

    it('B46 twice is a 400, even when both are the same', async () => {
      const body = JSON.stringify(newOrder());
      const raw = await openRaw(shop.service.url);
      raw.write(
        [
          'POST /v1/orders HTTP/1.1',
          'host: localhost',
          `authorization: Bearer ${TEST_TOKENS.service}`,
          'content-type: application/json',
          'idempotency-key: same',
          'idempotency-key: same',
          `content-length: ${Buffer.byteLength(body)}`,
          'connection: close',
          '',
          body,
        ].join('\r\n'),
      );
      expect(await raw.closed()).toEqual([400]);
      expect(raw.received()).toContain('idempotency_key_malformed');
    });

    it.each([
      ['of 255 characters', 'k'.repeat(255)],
      ['of every visible character', '!#$%&\'()*+,-./:;<=>?@[]^_`{|}~"'],
      ['with the words of SQL', `';drop/**/table/**/orders;--$1%`],
    ])('B46 %s is one', async (_name, suffix) => {
      const key = `${suffix.slice(0, 219)}${randomUUID()}`;
      const order = newOrder();
      const [first, second] = [
        await shop.post('/v1/orders', order, { key }),
        await shop.post('/v1/orders', order, { key }),
      ];
      expect(first.status).toBe(201);
      expect(second.text).toBe(first.text);
      expect(second.headers.get('idempotency-replayed')).toBe('true');
    });

    it('B46 is the same bare and in quotes', async () => {
      const key = randomUUID();
      const order = newOrder();
      const bare = await shop.post('/v1/orders', order, { key });
      const quoted = await shop.post('/v1/orders', order, { key: `"${key}"` });
      expect(quoted.text).toBe(bare.text);
      expect(quoted.headers.get('idempotency-replayed')).toBe('true');
    });
  });

  describe('one key', () => {
    it('B47 with another body is a 422, and the first answer stays', async () => {
      const key = randomUUID();
      const order = newOrder();
      const first = await shop.post('/v1/orders', order, { key });
      const other = await shop.post('/v1/orders', { ...order, amountDueMinor: 1001 }, { key });
      expect(other).toMatchObject({ status: 422, json: { code: 'idempotency_key_reused' } });
      expect((await shop.post('/v1/orders', order, { key })).text).toBe(first.text);
    });

    it('B47 with the same body in another spelling is the same request', async () => {
      const key = randomUUID();
      const { reference } = newOrder();
      const first = await shop.post(
        '/v1/orders',
        `{"reference":"${reference}","currency":"EUR","amountDueMinor":1000}`,
        { key },
      );
      const again = await shop.post(
        '/v1/orders',
        `{ "amountDueMinor": 1e3,\n"currency": "EUR", "reference": "${reference}" }`,
        { key },
      );
      expect(again.text).toBe(first.text);
    });

    it('B47 for another order of the same command is a 422', async () => {
      const key = randomUUID();
      const [one, other] = [await shop.order(), await shop.order()];
      expect((await shop.post(`/v1/orders/${one}/cancel`, undefined, { key })).status).toBe(200);
      const reused = await shop.post(`/v1/orders/${other}/cancel`, undefined, { key });
      expect(reused).toMatchObject({ status: 422, json: { code: 'idempotency_key_reused' } });
    });

    it('B47 means nothing to another command or another caller', async () => {
      const key = randomUUID();
      const order = newOrder();
      const mine = await shop.post('/v1/orders', order, { key });
      const theirs = await shop.post('/v1/orders', order, { key, token: TEST_TOKENS.operator });
      expect([mine.status, theirs.status]).toEqual([201, 200]);
      const path = `/v1/orders/${order.reference}/payments`;
      const started = await shop.post(path, paymentOf('stripe'), { key });
      expect(started.status).toBe(201);
      expect(started.headers.get('idempotency-replayed')).toBeNull();
    });
  });

  it('replays a refusal as it was, although it would not be refused any more', async () => {
    const key = randomUUID();
    const { reference } = newOrder();
    const path = `/v1/orders/${reference}/payments`;
    const early = await shop.post(path, paymentOf('stripe'), { key });
    expect(early).toMatchObject({ status: 404, json: { code: 'not_found' } });
    await shop.post('/v1/orders', { reference, currency: 'EUR', amountDueMinor: 1000 });
    const again = await shop.post(path, paymentOf('stripe'), { key });
    expect(again.text).toBe(early.text);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await shop.post(path, paymentOf('stripe'))).status).toBe(201);
  });

  it('B47 sent fifty times at once runs once, and all get its answer', async () => {
    const key = randomUUID();
    const order = newOrder();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => shop.post('/v1/orders', order, { key })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const replayed = answers.filter(({ headers }) => headers.get('idempotency-replayed') !== null);
    expect(replayed).toHaveLength(49);
    const rows = await shop.database.query('select version from orders where reference = $1', [
      order.reference,
    ]);
    expect(rows).toHaveLength(1);
  });

  it.each([
    'command.claimed',
    'command.before_call',
    'command.after_call',
    'command.before_commit',
    'command.committed',
  ])(
    'B48 goes on with the same key where its process died, at %s: one effect',
    async (point) => {
      const [doomed, reference] = await Promise.all([
        shop.startAnother({ FAILPOINTS: point, ROLES: 'api' }),
        shop.order(),
      ]);
      const key = randomUUID();
      const path = `/v1/orders/${reference}/payments`;
      const body = paymentOf('stripe');
      await expect(shop.post(path, body, { key, service: doomed })).rejects.toThrow('fetch failed');
      expect(await doomed.exited).toBe('SIGKILL');
      const answer = await eventually(async () => {
        const again = await shop.post(path, body, { key });
        expect(again.status).toBe(201);
        return again;
      });
      expect((await shop.post(path, body, { key })).text).toBe(answer.text);
      expect(shop.standIn.stripe.paymentIdsOf(reference)).toEqual([answer.json.providerPaymentId]);
      expect((await shop.get(`/v1/orders/${reference}`)).json.payments).toHaveLength(1);
      const keys = await shop.database.query('select status from idempotency_keys where key = $1', [
        key,
      ]);
      expect(keys).toEqual([{ status: 'done' }]);
      await isUnharmed('nobody-knows-this-order');
    },
    60_000,
  );

  it('B48 answers after a restart what it answered before', async () => {
    const key = randomUUID();
    const reference = await shop.order();
    const path = `/v1/orders/${reference}/payments`;
    const first = await shop.post(path, paymentOf('stripe'), { key });
    await shop.kill();
    await shop.start();
    const again = await shop.post(path, paymentOf('stripe'), { key });
    expect(again.text).toBe(first.text);
    expect(again.status).toBe(201);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(shop.standIn.stripe.paymentIdsOf(reference)).toHaveLength(1);
  });

  describe('a body', () => {
    const reference = 'never-created';
    it.each([
      ['that is no JSON', '{"reference":'],
      ['that is an array', '[]'],
      ['that is empty', ''],
      ['without a currency', { reference, amountDueMinor: 1 }],
      ['with a currency that is none', { reference, currency: 'XXQ', amountDueMinor: 1 }],
      ['with an amount below zero', { reference, currency: 'EUR', amountDueMinor: -1 }],
      ['with a part of a cent', { reference, currency: 'EUR', amountDueMinor: 1.5 }],
      ['with an amount as text', { reference, currency: 'EUR', amountDueMinor: '100' }],
      [
        'with an amount of 2^53',
        `{"reference":"${reference}","currency":"EUR","amountDueMinor":9007199254740992}`,
      ],
      [
        'with a number without end',
        `{"reference":"${reference}","currency":"EUR","amountDueMinor":1e400}`,
      ],
      [
        'with a field that nobody knows',
        { reference, currency: 'EUR', amountDueMinor: 1, discount: 1 },
      ],
      ['with a reference that is empty', { reference: '', currency: 'EUR', amountDueMinor: 1 }],
      [
        'with a reference of 256 characters',
        { reference: 'r'.repeat(256), currency: 'EUR', amountDueMinor: 1 },
      ],
      [
        'with U+0000 in the reference',
        { reference: 'a\u0000b', currency: 'EUR', amountDueMinor: 1 },
      ],
      ['with half a character', '{"reference":"\\ud800","currency":"EUR","amountDueMinor":1}'],
      [
        'with U+0000 in the metadata',
        { reference, currency: 'EUR', amountDueMinor: 1, metadata: { a: '\u0000' } },
      ],
      [
        'with metadata in metadata',
        { reference, currency: 'EUR', amountDueMinor: 1, metadata: { a: {} } },
      ],
      [
        'with __proto__',
        `{"reference":"${reference}","currency":"EUR","amountDueMinor":1,"__proto__":{}}`,
      ],
      ['that is nested without end', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ])('%s is a 400', async (_name, body) => {
      const answer = await shop.post('/v1/orders', body);
      expect(answer).toMatchObject({ status: 400, json: { code: 'bad_request' } });
      await isUnharmed(reference);
    });

    it('of more than 64 kB is a 413', async () => {
      const body = {
        reference,
        currency: 'EUR',
        amountDueMinor: 1,
        metadata: { a: 'x'.repeat(70_000) },
      };
      expect(await shop.post('/v1/orders', body)).toMatchObject({ status: 413 });
      await isUnharmed(reference);
    });

    it.each([
      'text/plain',
      'application/json garbage',
      'application/jsonp',
      'application/x-www-form-urlencoded',
      'application/merge-patch+json',
      'multipart/form-data; boundary=x',
      '*/*',
      'null',
    ])('B42 in the type %s is no JSON and a 415 (CVE-2026-3419)', async (type) => {
      const order = newOrder();
      const headers = { 'content-type': type };
      const answer = await shop.post('/v1/orders', JSON.stringify(order), { headers });
      expect(answer).toMatchObject({ status: 415, json: { code: 'unsupported_media_type' } });
      await isUnharmed(order.reference);
    });

    it.each([
      `'; drop table orders; --`,
      '$1 %s %00 \\ \\u0000 ${7*7}',
      '../../etc/passwd',
      'na\u00efve \u20ac \u{1f600} \u202e',
      'constructor',
    ])('B49 names an order %j, and it is stored as it is', async (name) => {
      const order = { reference: `${name} ${randomUUID()}`, currency: 'EUR', amountDueMinor: 5 };
      const created = await shop.post('/v1/orders', { ...order, metadata: { [name]: name } });
      expect(created).toMatchObject({ status: 201, json: { reference: order.reference } });
      const found = await shop.get(`/v1/orders/${encodeURIComponent(order.reference)}`);
      expect(found.json).toMatchObject({ ...order, metadata: { [name]: name } });
    });
  });

  describe('who may not', () => {
    it.each([
      ['without a token', '', 401, 'unauthenticated'],
      ['with a token that nobody has', 'a-token-that-nobody-has', 401, 'unauthenticated'],
      ['as a viewer', TEST_TOKENS.viewer, 403, 'forbidden'],
    ])('%s: nothing is done', async (_name, token, status, code) => {
      const order = newOrder();
      const answer = await shop.post('/v1/orders', order, { token });
      expect(answer).toMatchObject({ status, json: { code } });
      await isUnharmed(order.reference);
      const keys = await shop.database.query(
        'select 1 from idempotency_keys where request like $1',
        [`%${order.reference}%`],
      );
      expect(keys).toEqual([]);
    });
  });

  describe('a payment that cannot be started', () => {
    it.each([
      ['at a provider that there is not', { provider: 'nobody' }, 400, 'bad_request'],
      ['at Paystack without an address', { provider: 'paystack' }, 400, 'bad_request'],
      [
        'for an account that there is not',
        { provider: 'stripe', account: 'other' },
        400,
        'bad_request',
      ],
      [
        'with an address that is none',
        { provider: 'stripe', customer: { email: 'nobody' } },
        400,
        'bad_request',
      ],
      [
        'with a return that is no page',
        { provider: 'stripe', returnUrl: 'javascript:alert(1)' },
        400,
        'bad_request',
      ],
    ])('%s', async (_name, body, status, code) => {
      const reference = await shop.order();
      const answer = await shop.post(`/v1/orders/${reference}/payments`, body);
      expect(answer).toMatchObject({ status, json: { code } });
      expect((await shop.get(`/v1/orders/${reference}`)).json.payments).toEqual([]);
      expect((await shop.payment(reference)).status).toBe('pending');
    });

    it('because the provider refuses it: that is the answer, and another may be started', async () => {
      const reference = await shop.order(5000, 'USD');
      const key = randomUUID();
      const path = `/v1/orders/${reference}/payments`;
      shop.standIn.faults.next('POST /v1/payment_intents', { kind: 'status-before', status: 400 });
      const refused = await shop.post(path, paymentOf('stripe'), { key });
      expect(refused).toMatchObject({ status: 422, json: { code: 'provider_refused' } });
      const again = await shop.post(path, paymentOf('stripe'), { key });
      expect(again.text).toBe(refused.text);
      const { json } = await shop.get(`/v1/orders/${reference}`);
      expect(json.payments).toMatchObject([{ status: 'failed', unknownOutcome: false }]);
      expect((await shop.payment(reference)).status).toBe('pending');
    });
  });

  it('refuses a refund of what was never captured, and of what nobody knows', async () => {
    const { id } = await shop.payment(await shop.order());
    const early = await shop.post(`/v1/payments/${id}/refunds`, { amountMinor: 1 });
    expect(early).toMatchObject({ status: 422, json: { code: 'refund_exceeds_captured' } });
    const unknown = await shop.post(`/v1/payments/${randomUUID()}/refunds`, { amountMinor: 1 });
    expect(unknown).toMatchObject({ status: 404, json: { code: 'not_found' } });
    const malformed = await shop.post(`/v1/payments/not-a-uuid/refunds`, { amountMinor: 1 });
    expect(malformed).toMatchObject({ status: 400, json: { code: 'bad_request' } });
    expect(await shop.post(`/v1/payments/${randomUUID()}/verify`)).toMatchObject({ status: 404 });
  });
});

describe('a key whose time is over', () => {
  it('is gone, and a late retry is a new request', async () => {
    const shop = await Shop.open({
      IDEMPOTENCY_TTL_SECONDS: '1',
      IDEMPOTENCY_CLEANUP_SECONDS: '1',
    });
    try {
      const reference = await shop.order();
      const key = randomUUID();
      const path = `/v1/orders/${reference}/payments`;
      const first = await shop.post(path, paymentOf('stripe'), { key });
      expect(first.status).toBe(201);
      await shop.database.query('select pg_sleep(1.1)');
      const late = await shop.post(path, paymentOf('stripe'), { key });
      expect(late).toMatchObject({
        status: 409,
        json: { code: 'payment_in_progress', payment: { id: first.json.id } },
      });
      expect(late.headers.get('idempotency-replayed')).toBeNull();
      expect(shop.standIn.stripe.paymentIdsOf(reference)).toHaveLength(1);
      await eventually(async () => {
        expect(await shop.database.query('select key from idempotency_keys')).toEqual([]);
      });
    } finally {
      await shop.close();
    }
  });
});
