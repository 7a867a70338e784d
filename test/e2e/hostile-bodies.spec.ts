import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { inTransaction } from '../../src/database/transaction.js';
import { createOrder } from '../../src/payments/create-order.js';
import type { ProviderName } from '../../src/providers/providers.js';
import { ACME_SECRETS } from '../support/hostile-cases.js';
import {
  edited,
  HostileDoor,
  paid,
  PAYMENT,
  PROVIDER_NAMES as BOTH,
} from '../support/hostile-door.js';
import { nested } from '../support/hostile-values.js';
import type { InboxRow } from '../support/observe.js';
import { TEST_TOKENS } from '../support/service-environment.js';
import { objectOf, rawEvent, Story, type Payload, type StoryEvent } from '../support/story.js';

const AS_VIEWER = { authorization: `Bearer ${TEST_TOKENS.viewer}` };

const door = new HostileDoor();

describe('an authentic body that is no event', () => {
  type Case = readonly [what: string, code: string, body: (event: StoryEvent) => Buffer | string];
  const CASES: readonly Case[] = [
    ['B18 empty', 'payload_unreadable', () => ''],
    ['B19 null', 'payload_malformed', () => 'null'],
    ['B19 []', 'payload_malformed', () => '[]'],
    ['B19 "x"', 'payload_malformed', () => '"x"'],
    ['B19 123', 'payload_malformed', () => '123'],
    ['B20 truncated', 'payload_unreadable', ({ body }) => body.subarray(0, -20)],
    ['B20 with garbage behind it', 'payload_unreadable', ({ body }) => `${body.toString()}x`],
    [
      'B23 with a raw NUL in a string',
      'payload_unreadable',
      ({ body }) =>
        body
          .toString()
          .replace('sample', 'sam\u0000ple')
          .replace(/"(US|NG|us|ng)/, '"\u0000$1'),
    ],
    [
      'B25 with an overlong UTF-8 sequence',
      'payload_unreadable',
      ({ body }) =>
        Buffer.concat([
          Buffer.from('{"a":"'),
          Buffer.from([0xc0, 0xaf]),
          Buffer.from('",'),
          body.subarray(1),
        ]),
    ],
    [
      'B25 with a UTF-8 sequence that breaks off',
      'payload_unreadable',
      ({ body }) =>
        Buffer.concat([
          Buffer.from('{"a":"'),
          Buffer.from([0xc3, 0x28]),
          Buffer.from('",'),
          body.subarray(1),
        ]),
    ],
    [
      'B25 with a byte 0xFF',
      'payload_unreadable',
      ({ body }) => Buffer.concat([body, Buffer.from([0xff])]),
    ],
    ['B26 in UTF-16', 'payload_unreadable', ({ body }) => Buffer.from(body.toString(), 'utf16le')],
    ['B36 of 100 000 nested arrays', 'payload_malformed', () => nested(100_000)],
    ['B36 of half a million open arrays', 'payload_unreadable', () => '['.repeat(500_000)],
  ];
  const rows = CASES.flatMap(([what, code, body]) =>
    BOTH.map((provider) => [what, code, provider, body] as const),
  );

  it.each(rows)('%s is kept as a dead letter: %s (%s)', async (_what, code, provider, body) => {
    await door.expectDead(code, rawEvent(provider, body(paid(provider))));
  });

  it('B26 is not decoded by the charset that its header claims', async () => {
    const event = paid(
      'paystack',
      (payload) => void Object.assign(payload.data, { message: 'Zoë' }),
    );
    const headers = { 'content-type': 'application/json; charset=iso-8859-1' };
    const row = await door.expectStored(event, { headers });
    expect(await door.paymentOf(row)).toMatchObject({ amount_captured_minor: '500000' });
    const { payload } = JSON.parse((await door.show(row)).text) as { payload: Payload };
    expect(payload.data['message']).toBe('Zoë');
    const utf16 = rawEvent('stripe', Buffer.from(paid('stripe').body.toString(), 'utf16le'));
    await door.expectDead('payload_unreadable', utf16, {
      headers: { 'content-type': 'application/json; charset=utf-16' },
    });
  });
});

describe('an authentic event with strange content', () => {
  const withId = (id: unknown) => (payload: Payload) => void Object.assign(payload, { id });

  it.each([
    ['none', undefined],
    ['null', null],
    ['a number', 12_345],
    ['an object', { id: 'evt_1' }],
    ['a list', ['evt_1']],
    ['empty', ''],
    ['256 characters', 'e'.repeat(256)],
    ['10 kB', 'e'.repeat(10_000)],
    ['with a NUL', 'evt_\u0000'],
    ['with a line end', 'evt_\r\n"}'],
  ])('B21 has no usable id and is a dead letter: %s', async (_what, id) => {
    const { body } = paid('stripe', withId(id));
    await door.expectDead('event_id_unusable', rawEvent('stripe', body));
  });

  it.each([':', '/', '../..', '🧾', "'; drop table inbox; --", '$1', '%', '\\', '0', '__proto__'])(
    'B21 has an odd but usable id: %s',
    async (odd) => {
      const eventId = `${odd}${new Story().tag}${odd}`;
      const event = { ...paid('stripe', withId(eventId)), eventId };
      expect(await door.expectStored(event)).toMatchObject({
        event_id: eventId,
        status: 'applied',
      });
    },
  );

  it.each([
    ['none', undefined],
    ['a number', 12_345],
    ['10 kB', 'r'.repeat(10_000)],
    ['with a NUL', 'r\u0000'],
  ])('B21 has no usable payment reference and is a dead letter: %s', async (_what, reference) => {
    const event = paid('paystack', (payload) => void Object.assign(payload.data, { reference }));
    await door.expectDead('payload_malformed', event);
  });

  it.each(BOTH)(
    'B22 has U+0000 in values and keys, which no pattern removes from JSON (kodus #1683), and is applied (%s)',
    async (provider) => {
      const event = paid(provider, (payload) => {
        payload['k\u0000ey'] = 'v\u0000alue';
        const object = objectOf(provider, payload);
        object['metadata'] = { order_id: 'o\u0000rder', 'm\u0000': '\u0000' };
      });
      const row = await door.expectStored(event);
      expect(row.status).toBe('applied');
      expect(await door.paymentOf(row)).toMatchObject({ status: 'paid', order_id: null });
      await expectShown(row, 'v\u0000alue');
    },
  );

  it.each(BOTH)('B24 has lone surrogates (kodus #1683) and is applied (%s)', async (provider) => {
    const event = paid(provider, (payload) => {
      payload['k\ud800'] = '\udc00';
      const object = objectOf(provider, payload);
      object['metadata'] = { order_id: 'o\ud800' };
    });
    expect(event.body.toString()).toContain('\\ud800');
    const row = await door.expectStored(event);
    expect(row.status).toBe('applied');
    expect(await door.paymentOf(row)).toMatchObject({ status: 'paid', order_id: null });
    await expectShown(row, '\udc00');
  });

  it('B27 has a key twice, and the last one counts everywhere', async () => {
    const stripe = edited(paid('stripe'), /(?="amount_received": 5000)/, '"amount_received": 1, ');
    expect(await door.paymentOf(await door.expectStored(stripe))).toMatchObject({
      amount_captured_minor: '5000',
    });
    const paystack = edited(paid('paystack'), /(?="amount": 500000)/, '"amount": 1, ');
    expect(await door.paymentOf(await door.expectStored(paystack))).toMatchObject({
      amount_captured_minor: '500000',
    });
  });

  it.each([
    ['the id of the event', /(?="id": "evt_)/, '"id": "evt_of_somebody_else", '],
    ['its type', /(?="type": "payment_intent)/, '"type": "charge.failed", '],
    ['the whole object', /(?="object": \{)/, '"object": { "id": "pi_other", "amount": 1 }, '],
    ['an amount under an escaped key', /(?="amount_received")/, '"amount_\\u0072eceived": 9, '],
    ['an amount under a key in other letters', /(?="amount_received")/, '"Amount_Received": 9, '],
    ['a number of 400 digits', /(?="amount_received")/, `"amount_received": ${'9'.repeat(400)}, `],
  ])(
    'B27 says %s twice, and the last one counts, as everywhere (Bishop Fox)',
    async (_what, at, more) => {
      const row = await door.expectStored(edited(paid('stripe'), at, more));
      expect(row).toMatchObject({ status: 'applied', event_type: 'payment_intent.succeeded' });
      expect(await door.paymentOf(row)).toMatchObject({ amount_captured_minor: '5000' });
      const { payload } = JSON.parse((await door.show(row)).text) as { payload: Payload };
      expect(payload).toMatchObject({
        id: row.event_id,
        data: { object: { amount_received: 5000 } },
      });
    },
  );

  it.each(BOTH)('B28 has keys of prototypes and is applied (%s)', async (provider) => {
    const plain = paid(provider);
    const text = plain.body.toString();
    const body = `{"__proto__":{"polluted":true,"status":"x"},"constructor":{"prototype":{"polluted":true}},${text.slice(1)}`;
    const event =
      provider === 'stripe' ? { ...plain, body: Buffer.from(body) } : rawEvent(provider, body);
    const row = await door.expectStored(event);
    expect(row.status).toBe('applied');
    expect(await door.paymentOf(row)).toMatchObject({ status: 'paid' });
    const answer = await door.client.get('/health/live');
    expect(answer.text).not.toContain('polluted');
  });

  describe('amounts', () => {
    const FIELD = {
      stripe: /"amount_received": 5000/,
      paystack: /"amount": 500000/,
    } as const;
    const NAME = { stripe: 'amount_received', paystack: 'amount' } as const;
    const unusable = [
      '9007199254740993',
      '1e21',
      '1e400',
      '-0',
      '-5',
      '10.5',
      '"10.5"',
      '"-5"',
      '"1e3"',
      '""',
      'null',
      'true',
      '{}',
      '[5000]',
    ];
    const rows = BOTH.flatMap((provider) => unusable.map((value) => [value, provider] as const));

    it.each([...rows, ['"1000"', 'stripe'] as const])(
      'B29 %s is a dead letter and not rounded (%s)',
      async (value, provider) => {
        const event = edited(paid(provider), FIELD[provider], `"${NAME[provider]}": ${value}`);
        await door.expectDead('amount_unusable', event);
      },
    );

    it.each(BOTH)('B29 an absent one is a dead letter (%s)', async (provider) => {
      const event = edited(paid(provider), FIELD[provider], '"nothing": 1');
      await door.expectDead('amount_unusable', event);
    });

    it.each(BOTH)('B29 2^53-1 is kept to the last digit (%s)', async (provider) => {
      const value = `"${NAME[provider]}": 9007199254740991`;
      const row = await door.expectStored(edited(paid(provider), FIELD[provider], value));
      expect(await door.paymentOf(row)).toMatchObject({
        amount_captured_minor: '9007199254740991',
      });
    });

    it('B29 amounts whose sum no number holds are a dead letter at once, and change nothing', async () => {
      const story = new Story();
      const most = (suffix: string) =>
        story.stripe('payment_intent.succeeded', (payload) => {
          const { object } = payload.data;
          object.id = `${object.id}${suffix}`;
          object['amount_received'] = Number.MAX_SAFE_INTEGER;
        });
      const row = await door.expectStored(most(''));
      const before = [await door.paymentOf(row), await orderOf(story)];
      expect(before[1]).toMatchObject({ amount_paid_minor: '9007199254740991' });
      await door.expectDead('amount_unusable', most('b'));
      expect([await door.paymentOf(row), await orderOf(story)]).toEqual(before);
    });

    it('B29 digits in a string are an amount where Paystack writes them so', async () => {
      const event = edited(paid('paystack'), FIELD.paystack, '"amount": "500000"');
      expect(await door.paymentOf(await door.expectStored(event))).toMatchObject({
        amount_captured_minor: '500000',
      });
    });
  });

  describe('currencies', () => {
    const withCurrency = (provider: ProviderName, currency: unknown) =>
      paid(provider, (payload) => {
        const object = objectOf(provider, payload);
        object['currency'] = currency;
      });
    const of = (...values: readonly unknown[]) =>
      BOTH.flatMap((provider) => values.map((value) => [value, provider] as const));

    it.each(of('zzz', 'us', 'usdx', 'U$D', '', 840, 'ıqd', ['usd']))(
      'B30 %j is a dead letter (%s)',
      async (currency, provider) => {
        await door.expectDead('currency_unusable', withCurrency(provider, currency));
      },
    );

    it.each(of('usd', 'USD', 'uSd', 'jpy', 'KWD'))(
      'B30 %j is known, and the amount stays in minor units (%s)',
      async (currency, provider) => {
        const row = await door.expectStored(withCurrency(provider, currency));
        expect(await door.paymentOf(row)).toMatchObject({
          status: 'paid',
          currency: String(currency).toUpperCase(),
          amount_captured_minor: provider === 'stripe' ? '5000' : '500000',
        });
      },
    );
  });

  it.each(BOTH)('B32 is of a type that nobody knows, and ignored (%s)', async (provider) => {
    const event = paid(provider, (payload) => {
      payload[provider === 'stripe' ? 'type' : 'event'] = 'payment.teleported';
    });
    expect(await door.expectStored(event)).toMatchObject({ status: 'ignored', payment_id: null });
  });

  it('B32 is of a future API version with fields that nobody knows, and applied', async () => {
    const event = paid('stripe', (payload) => {
      payload['api_version'] = '2099-01-01.zinnia';
      payload.data.object['teleport'] = { to: ['moon'] };
    });
    expect((await door.expectStored(event)).status).toBe('applied');
  });

  it.each([
    0,
    253_402_300_799,
    253_402_300_800,
    1_768_644_000_000,
    -1,
    1.5,
    'NaN',
    null,
    {},
    1e308,
  ])('B35 has an odd time, and is applied: %j', async (created) => {
    const event = paid('stripe', (payload) => void Object.assign(payload, { created }));
    const row = await door.expectStored(event);
    expect(row.status).toBe('applied');
    expect(await door.paymentOf(row)).toMatchObject({ status: 'paid' });
  });

  it.each([
    '1970-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '0000-00-00',
    'NaN',
    1_768_644_000,
    null,
  ])('B35 has an odd time of payment, and is applied: %j', async (paidAt) => {
    const event = paid(
      'paystack',
      (payload) => void Object.assign(payload.data, { paid_at: paidAt }),
    );
    expect((await door.expectStored(event)).status).toBe('applied');
  });

  it.each([
    `'; drop table inbox; --`,
    `' or 1=1 --`,
    '$1',
    '%',
    '_%\\_',
    '\\',
    "E'\\'",
    '$$;select pg_sleep(60)$$',
    ':name',
    '{"a":1}',
    '{a,b}',
    '(1,2)',
  ])('B49 has %j in every text, and it is stored as it is', async (meta) => {
    for (const provider of BOTH) {
      const spoiled = paid(provider, (payload) => spoil(payload, meta));
      const isStripe = provider === 'stripe';
      const eventId = isStripe ? `${meta}${spoiled.eventId}` : spoiled.eventId;
      const row = await door.expectStored({ ...spoiled, eventId });
      expect(row.status).toBe('applied');
      const payment = await door.paymentOf(row);
      const [paidOrder] = await door.database.query('select reference from orders where id = $1', [
        payment['order_id'],
      ]);
      for (const text of [payment['provider_payment_id'], paidOrder?.['reference']]) {
        expect(String(text).startsWith(meta)).toBe(true);
      }
      const query = `provider=${provider}&eventId=${encodeURIComponent(eventId)}`;
      const found = await door.client.get(`/v1/events?${query}`, AS_VIEWER);
      expect(JSON.parse(found.text)).toMatchObject({ data: [{ id: row.id, eventId }] });
      await expectShown(row, meta);
    }
  });

  it.each(BOTH)('B36 nests 100 000 deep somewhere, and is applied (%s)', async (provider) => {
    const plain = paid(provider);
    const body = Buffer.from(`{"deep":${nested(100_000)},${plain.body.toString().slice(1)}`);
    const event = provider === 'stripe' ? { ...plain, body } : rawEvent(provider, body);
    const row = await door.expectStored(event);
    expect(row.status).toBe('applied');
    const shown = await door.show(row);
    expect(shown.status).toBe(200);
  });
});

describe('an authentic event that contradicts what is known', () => {
  it('B31 tells another currency: the payment follows the money, a review holds the order', async () => {
    const story = new Story();
    await door.expectStored(story.stripe('charge.succeeded'));
    const inEuro = story.stripe('payment_intent.succeeded', (payload) => {
      payload.data.object['currency'] = 'eur';
    });
    const row = await door.expectStored(inEuro);
    expect(await door.paymentOf(row)).toMatchObject({
      status: 'paid',
      amount_captured_minor: '5000',
    });
    expect(await door.reviewsOf(row)).toContainEqual({
      reason: 'currency_mismatch',
      status: 'open',
    });
    expect(await orderOf(story)).toMatchObject({ status: 'in_review' });
  });

  it('B31 brings more than the order owes: in review', async () => {
    const story = new Story();
    await order(story, 4000n, 'USD');
    const row = await door.expectStored(story.stripe('payment_intent.succeeded'));
    expect(await door.paymentOf(row)).toMatchObject({
      status: 'paid',
      amount_captured_minor: '5000',
    });
    expect(await door.reviewsOf(row)).toEqual([{ reason: 'amount_mismatch', status: 'open' }]);
    expect(await orderOf(story)).toMatchObject({ status: 'in_review' });
  });

  it('B31 brings less than the order owes: partially paid, and nothing is silent', async () => {
    const story = new Story();
    await order(story, 6000n, 'USD');
    const row = await door.expectStored(story.stripe('payment_intent.succeeded'));
    expect(await door.paymentOf(row)).toMatchObject({ status: 'paid' });
    expect(await orderOf(story)).toMatchObject({ status: 'partially_paid' });
  });

  it('B31 brings another currency than the order owes: in review, and nothing is paid', async () => {
    const story = new Story();
    await order(story, 5000n, 'NGN');
    const row = await door.expectStored(story.stripe('payment_intent.succeeded'));
    expect(await door.paymentOf(row)).toMatchObject({ status: 'paid', currency: 'USD' });
    expect(await door.reviewsOf(row)).toEqual([{ reason: 'currency_mismatch', status: 'open' }]);
    expect(await orderOf(story)).toMatchObject({ status: 'in_review', amount_paid_minor: '0' });
  });

  it('B31 is of another account, and changes nothing of the payment of the first', async () => {
    const story = new Story();
    const ours = await door.expectStored(story.stripe('payment_intent.succeeded'));
    const refund = story.stripe('refund.updated');
    const options = { path: '/webhooks/stripe/acme', secret: ACME_SECRETS.stripe };
    const theirs = await door.expectStored(refund, options);
    expect(theirs.payment_id).not.toBe(ours.payment_id);
    expect(await door.paymentOf(theirs)).toMatchObject({ account: 'acme', status: 'initiated' });
    expect(await door.paymentOf(ours)).toMatchObject({
      account: 'default',
      status: 'paid',
      amount_refunded_minor: '0',
      version: 1,
    });
  });

  it('B31 brings another amount than the payment was to bring: not paid (CVE-2026-9189)', async () => {
    const story = new Story();
    await order(story, 5000n, 'USD');
    const less = story.stripe('payment_intent.succeeded', (payload) => {
      payload.data.object['amount_received'] = 1;
    });
    const row = await door.expectStored(less);
    expect(await door.paymentOf(row)).toMatchObject({ status: 'partially_paid' });
    expect(await orderOf(story)).toMatchObject({
      status: 'partially_paid',
      amount_paid_minor: '1',
    });
  });

  it.each(BOTH)(
    'B31 brings money without its currency: no order is paid with it (%s)',
    async (provider) => {
      const story = new Story();
      const sample = provider === 'stripe' ? 'payment_intent.succeeded' : 'charge.success';
      await order(story, provider === 'stripe' ? 5000n : 500_000n, 'NGN', PAYMENT[provider]);
      const event = story.event(provider, sample, (payload) => {
        delete objectOf(provider, payload)['currency'];
      });
      const row = await door.expectStored(event);
      expect(await door.paymentOf(row)).toMatchObject({ currency: null });
      expect(await door.reviewsOf(row)).toEqual([{ reason: 'currency_mismatch', status: 'open' }]);
      expect(await orderOf(story, PAYMENT[provider])).toMatchObject({
        status: 'in_review',
        amount_paid_minor: '0',
      });
    },
  );

  it('B33 comes before the payment that it is about, and counts once that comes', async () => {
    const story = new Story();
    const refund = await door.expectStored(story.stripe('refund.updated'));
    expect(await door.paymentOf(refund)).toMatchObject({ amount_refunded_minor: '0' });
    await door.expectStored(story.stripe('payment_intent.succeeded'));
    expect(await door.paymentOf(refund)).toMatchObject({
      status: 'partially_refunded',
      amount_captured_minor: '5000',
      amount_refunded_minor: '2000',
    });

    const other = new Story();
    const dispute = other.stripe('charge.dispute.created', (payload) => {
      delete payload.data.object['payment_intent']; // as before there were intents
    });
    expect(await door.expectStored(dispute)).toMatchObject({
      status: 'noop',
      outcome_reason: 'waiting_for_payment',
    });
    const row = await door.expectStored(other.stripe('charge.succeeded'));
    const disputes = await door.database.query(
      'select status, amount_minor from disputes where payment_id = $1',
      [row.payment_id],
    );
    expect(disputes).toEqual([{ status: 'open', amount_minor: '3000' }]);
  });

  it('B34 refunds more than was captured: in review', async () => {
    const story = new Story();
    await door.expectStored(story.stripe('payment_intent.succeeded'));
    const refund = story.stripe('refund.updated', (payload) => {
      payload.data.object['amount'] = 7000;
    });
    const row = await door.expectStored(refund);
    expect(await door.reviewsOf(row)).toEqual([
      { reason: 'refund_exceeds_capture', status: 'open' },
    ]);
    expect(await door.paymentOf(row)).toMatchObject({ amount_captured_minor: '5000' });
    expect(await orderOf(story)).toMatchObject({ status: 'in_review' });
  });

  it('B34 captures after a cancellation: the payment follows the money, in review', async () => {
    const story = new Story();
    const cancelled = await door.expectStored(story.stripe('payment_intent.canceled'));
    expect(await door.paymentOf(cancelled)).toMatchObject({ status: 'cancelled' });
    const captured = story.stripe('payment_intent.succeeded', (payload) => {
      payload.data.object.id = story.payment(1003);
      payload.data.object['metadata'] = { order_id: story.order(1003) };
    });
    const row = await door.expectStored(captured);
    expect(row.payment_id).toBe(cancelled.payment_id);
    expect(await door.paymentOf(row)).toMatchObject({ status: 'paid' });
    expect(await door.reviewsOf(row)).toEqual([
      { reason: 'captured_after_cancel', status: 'open' },
    ]);
    expect(await orderOf(story, 1003)).toMatchObject({ status: 'in_review' });
  });
});

/** The payload is shown as it was sent. */
async function expectShown(row: InboxRow, value: string): Promise<void> {
  const answer = await door.show(row);
  expect(answer.status).toBe(200);
  const { payload } = JSON.parse(answer.text) as { payload: Record<string, unknown> };
  expect(Object.values(payload)).toContain(value);
}

/** Texts that mean something to us. */
const MEANT = ['type', 'event', 'object', 'status', 'currency', 'domain', 'api_version'];

/** Puts something in front of every text that means nothing to us, and in a text of its own. */
function spoil(value: unknown, meta: string): void {
  if (typeof value !== 'object' || value === null) return;
  const object = value as Record<string, unknown>;
  for (const [key, inner] of Object.entries(object)) {
    if (typeof inner === 'string' && !MEANT.includes(key)) object[key] = `${meta}${inner}`;
    else spoil(inner, meta);
  }
  object['note'] = meta;
}

/** Creates the order of a story, as our own checkout would. */
async function order(
  story: Story,
  amountDueMinor: bigint,
  currency: string,
  sample: number = PAYMENT.stripe,
): Promise<void> {
  const pool = new pg.Pool({ connectionString: door.database.url, max: 1 });
  const reference = story.order(sample);
  await inTransaction(pool, (tx) =>
    createOrder(tx, { reference, currency, amountDueMinor, metadata: {} }),
  );
  await pool.end();
}

async function orderOf(story: Story, sample: number = PAYMENT.stripe) {
  const [row] = await door.database.query('select * from orders where reference = $1', [
    story.order(sample),
  ]);
  return row;
}
