import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { inTransaction } from '../../src/database/transaction.js';
import { createOrder } from '../../src/payments/create-order.js';
import { PROVIDERS, type ProviderName } from '../../src/providers/providers.js';
import { eventually } from '../support/eventually.js';
import { range } from '../support/long-story.js';
import { countInbox, finished, findRows, type InboxRow } from '../support/observe.js';
import { head, openRaw } from '../support/raw-http.js';
import { serviceEnvironment, TEST_TOKENS } from '../support/service-environment.js';
import { spawnService, type SpawnedService } from '../support/spawn-service.js';
import { objectOf, rawEvent, Story, type Payload, type StoryEvent } from '../support/story.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  signedHeaders,
  TEST_SECRETS,
  WebhookClient,
  type Answer,
  type DeliveryOptions,
} from '../support/webhook-client.js';

const MEBIBYTE = 1_048_576;
const PAID_SAMPLE = { stripe: 'payment_intent.succeeded', paystack: 'charge.success' } as const;
const PAYMENT = { stripe: 1001, paystack: 3001 } as const;
const SIGNATURE_HEADER = {
  stripe: 'stripe-signature',
  paystack: 'x-paystack-signature',
} as const;
const OTHER_ACCOUNT_SECRET = {
  stripe: 'whsec_end_to_end_stripe_acme',
  paystack: 'sk_test_end_to_end_paystack_acme',
} as const;
const NAMES: readonly ProviderName[] = PROVIDERS.map(({ name }) => name);
const BOTH = NAMES;
const STRIPE = ['stripe'] as const;
const PAYSTACK = ['paystack'] as const;

let database: TestDatabase;
let service: SpawnedService;
let client: WebhookClient;
/** The one body of every 401, whatever was wrong. */
let refusal: string;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await spawnService({
    env: serviceEnvironment(
      { databaseUrl: database.url },
      {
        STRIPE_WEBHOOK_SECRETS_ACME: OTHER_ACCOUNT_SECRET.stripe,
        PAYSTACK_SECRET_KEYS_ACME: OTHER_ACCOUNT_SECRET.paystack,
        REQUEST_TIMEOUT_SECONDS: '1',
        LOG_LEVEL: 'debug',
      },
    ),
  });
  client = new WebhookClient(service.url);
  refusal = (await client.deliver(paid('stripe'), { headers: { 'stripe-signature': null } })).text;
});

afterAll(async () => {
  client.close();
  await service.kill('SIGTERM');
  expect(await service.exited).toBe(0);
  await database.drop();
});

/** Whatever came before: the process lives, and the next good request is recorded. */
afterEach(async () => {
  for (const name of NAMES) await expectServed(name);
  expect(service.logs()).not.toMatch(/"msg":"defect"/);
});

function paid(name: ProviderName, change?: (payload: Payload) => void): StoryEvent {
  return new Story().event(name, PAID_SAMPLE[name], change);
}

async function expectServed(name: ProviderName): Promise<void> {
  const event = paid(name);
  expect(await client.expectAccepted(event)).toBe('recorded');
  // Its line comes after those of everything before it, so the log can now be read.
  await eventually(() => expect(service.logs()).toContain(event.eventId));
}

/** Delivers, and proves that nothing of it was stored or logged. */
async function expectRefused(
  status: number | readonly number[],
  event: StoryEvent,
  options: DeliveryOptions = {},
): Promise<Answer> {
  const before = await countInbox(database);
  const answer = await client.deliver(event, options);
  expect([status].flat()).toContain(answer.status);
  if (answer.status === 401) expect(answer.text).toBe(refusal);
  await expectServed('stripe');
  expect(await countInbox(database)).toBe(before + 1);
  expect(await findRows(database, [event])).toEqual([]);
  for (const tag of tagsOf(event)) expect(service.logs()).not.toContain(tag);
  return answer;
}

/** What in a body would give it away in a log. */
function tagsOf({ body }: StoryEvent): string[] {
  return body.toString('latin1').match(/[0-9a-f]{12}(?=Order|-\d{4})/g) ?? [];
}

/** Delivers, and waits for the outcome of the one row. */
async function expectStored(event: StoryEvent, options: DeliveryOptions = {}): Promise<InboxRow> {
  expect(await client.expectAccepted(event, options)).toBe('recorded');
  const row = await finished(database, event);
  expect(row.body.equals(event.body)).toBe(true);
  expect(row).toMatchObject({ deliveries: 1, conflicts: 0 });
  return row;
}

/** Quarantine: answered 200, kept, dead with a reason, at the first attempt. */
async function expectDead(code: string, event: StoryEvent, options?: DeliveryOptions) {
  const row = await expectStored(event, options);
  expect(row).toMatchObject({ status: 'dead', outcome_reason: code, payment_id: null });
  expect(row.attempt_errors).toMatchObject([{ attempt: 1, code }]);
}

interface PaymentRow extends Record<string, unknown> {
  readonly status: string;
  readonly currency: string | null;
  readonly amount_captured_minor: string;
}

async function paymentOf(row: InboxRow): Promise<PaymentRow> {
  const [payment] = await database.query<PaymentRow>('select * from payments where id = $1', [
    row.payment_id,
  ]);
  return payment!;
}

async function reviewsOf(row: InboxRow): Promise<{ reason: string; status: string }[]> {
  return database.query(
    `select distinct reason, status from reviews
      where payment_id = $1 or order_id = (select order_id from payments where id = $1)
      order by reason`,
    [row.payment_id],
  );
}

/** Changes the text of a body: for what JSON.stringify would not write. */
function edited(event: StoryEvent, from: RegExp, to: string): StoryEvent {
  const text = event.body.toString();
  const body = Buffer.from(text.replace(from, to));
  expect(body.toString()).not.toBe(text);
  return event.provider === 'paystack' ? rawEvent('paystack', body) : { ...event, body };
}

function signature(event: StoryEvent, options?: DeliveryOptions): string {
  return String(signedHeaders(event, options)[SIGNATURE_HEADER[event.provider]]);
}

/** A Stripe header for a time that is no time, with the digest that would fit it. */
function signatureAt(event: StoryEvent, time: string): string {
  const hmac = createHmac('sha256', TEST_SECRETS.stripe).update(`${time}.`).update(event.body);
  return `t=${time},v1=${hmac.digest('hex')}`;
}

/** The same event with a header that is derived from the right one. */
const withHeader = (change: (right: string) => string) => (event: StoryEvent) => ({
  headers: { [SIGNATURE_HEADER[event.provider]]: change(signature(event)) },
});

const hexOf = (right: string) => /[0-9a-f]{64,}$/.exec(right)![0];
const upper = (right: string) => right.replace(/[0-9a-f]{64,}$/, (hex) => hex.toUpperCase());

describe('a delivery that is not proven to be genuine', () => {
  type Case = readonly [
    what: string,
    providers: readonly ProviderName[],
    options: (event: StoryEvent) => DeliveryOptions,
  ];
  const now = () => Math.floor(Date.now() / 1000);
  const sendBody = (change: (body: Buffer) => Buffer) => (event: StoryEvent) => ({
    sendBody: change(event.body),
  });
  const flipBit = (body: Buffer) => {
    const changed = Buffer.from(body);
    changed[body.length >> 1]! ^= 1;
    return changed;
  };
  const signedFor = (time: () => string) => (event: StoryEvent) => ({
    headers: { 'stripe-signature': signatureAt(event, time()) },
  });

  const CASES: readonly Case[] = [
    [
      'B1 without a signature header',
      BOTH,
      ({ provider }) => ({ headers: { [SIGNATURE_HEADER[provider]]: null } }),
    ],
    ['B2 with an empty header', BOTH, withHeader(() => '')],
    ['B2 with t=,v1=', BOTH, withHeader(() => 't=,v1=')],
    ['B2 with only separators', BOTH, withHeader(() => ',,,===')],
    ['B3 with a prefix of the right digest', BOTH, withHeader((right) => right.slice(0, -2))],
    ['B3 with an empty digest', BOTH, withHeader((right) => right.replace(hexOf(right), ''))],
    ['B4 with a longer digest', BOTH, withHeader((right) => `${right}00`)],
    ['B4 with a digest that is not hexadecimal', BOTH, withHeader((r) => r.replace(/.$/, 'g'))],
    ['B4 with the digest in upper case', BOTH, withHeader(upper)],
    ['B4 with a letter beyond ASCII', BOTH, withHeader((right) => right.replace(/.$/, 'é'))],
    [
      'B6 with the right digest behind more than a few others',
      STRIPE,
      withHeader((r) => r.replace(',v1=', `${`,v1=${'0'.repeat(64)}`.repeat(8)},v1=`)),
    ],
    [
      'B6 with 200 digests',
      STRIPE,
      withHeader((right) => right + `,v1=${'0'.repeat(64)}`.repeat(200)),
    ],
    ['B6 with 14 kB', PAYSTACK, withHeader((right) => right.repeat(110))],
    ['B7 with the right digest as v0', STRIPE, withHeader((right) => right.replace('v1=', 'v0='))],
    ['B8 with two times', STRIPE, withHeader((right) => `t=${now()},${right}`)],
    ['B8 with t=…abc', STRIPE, signedFor(() => `${now()}abc`)],
    ['B8 with t=-1', STRIPE, signedFor(() => '-1')],
    ['B8 with t=1e9', STRIPE, signedFor(() => '1e9')],
    ['B8 with t=+…', STRIPE, signedFor(() => `+${now()}`)],
    ['B8 with t=0…', STRIPE, signedFor(() => `0${now()}`)],
    ['B8 with t=9999999999999999', STRIPE, signedFor(() => '9999999999999999')],
    ['B8 with an empty t', STRIPE, signedFor(() => '')],
    ['B9 signed too long ago', STRIPE, () => ({ signedAtMs: Date.now() - 301_000 })],
    ['B10 signed in the future', STRIPE, () => ({ signedAtMs: Date.now() + 302_000 })],
    [
      'B11 with the right header twice',
      BOTH,
      (event) => ({
        headers: { [SIGNATURE_HEADER[event.provider]]: [signature(event), signature(event)] },
      }),
    ],
    [
      'B12 signed with the secret of another account',
      BOTH,
      ({ provider }) => ({ secret: OTHER_ACCOUNT_SECRET[provider] }),
    ],
    [
      'B12 signed for the default account and sent to another',
      BOTH,
      ({ provider }) => ({ path: `/webhooks/${provider}/acme` }),
    ],
    [
      'B12 signed with the secret of another provider',
      BOTH,
      ({ provider }) => ({ secret: TEST_SECRETS[provider === 'stripe' ? 'paystack' : 'stripe'] }),
    ],
    [
      'B12 signed by and for another provider',
      BOTH,
      ({ provider }) => ({ path: `/webhooks/${provider === 'stripe' ? 'paystack' : 'stripe'}` }),
    ],
    [
      'B14 re-serialised',
      BOTH,
      sendBody((body) => Buffer.from(JSON.stringify(JSON.parse(body.toString())))),
    ],
    ['B15 with one bit flipped', BOTH, sendBody(flipBit)],
    [
      'B15 with CRLF line ends',
      BOTH,
      sendBody((body) => Buffer.from(body.toString().replaceAll('\n', '\r\n'))),
    ],
    [
      'B15 with a line end more',
      BOTH,
      sendBody((body) => Buffer.concat([body, Buffer.from('\n')])),
    ],
    [
      'B15 with a byte order mark',
      BOTH,
      sendBody((body) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body])),
    ],
  ];
  const rows = CASES.flatMap(([what, providers, options]) =>
    providers.map((provider) => [what, provider, options] as const),
  );

  it('has one constant answer, which tells nothing', () => {
    expect(JSON.parse(refusal)).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      code: 'invalid_signature',
      error: 'invalid_signature',
    });
  });

  it.each(rows)('%s is refused (%s)', async (_what, provider, options) => {
    const event = paid(provider);
    await expectRefused(401, event, options(event));
  });

  it('B6 with 1000 digests is refused before it is read', async () => {
    const event = paid('stripe');
    const header = signature(event) + `,v1=${'0'.repeat(64)}`.repeat(1000);
    await expectRefused(431, event, { headers: { 'stripe-signature': header } });
  });
});

describe('a delivery that is genuine after all', () => {
  it('B5 is accepted when the second of two digests is right', async () => {
    const event = paid('stripe');
    const header = signature(event).replace(',v1=', `,v1=${'0'.repeat(64)},v1=`);
    const row = await expectStored(event, { headers: { 'stripe-signature': header } });
    expect(row.status).toBe('applied');
  });

  it('B9 is accepted within the tolerance, in both directions', async () => {
    // That the boundary is exact is shown where the clock is an argument.
    for (const seconds of [-295, 295]) {
      const event = paid('stripe');
      await expectStored(event, { signedAtMs: Date.now() + seconds * 1000 });
    }
  });

  it.each(BOTH)('B16 is a duplicate when it is replayed (%s)', async (provider) => {
    const event = paid(provider);
    const headers = { [SIGNATURE_HEADER[provider]]: signature(event) };
    await expectStored(event, { headers });
    expect(await client.expectAccepted(event, { headers })).toBe('duplicate');
    const row = await eventually(async () => {
      const [found] = await findRows(database, [event]);
      expect(found).toMatchObject({ deliveries: 2, conflicts: 0 });
      return found!;
    });
    expect(await paymentOf(row)).toMatchObject({ status: 'paid', version: 1 });
  });

  it('B17 keeps the first content of an event id and counts a conflict', async () => {
    const event = paid('stripe');
    const other = edited(event, /"amount_received": 5000/, '"amount_received": 9000');
    await expectStored(event);
    expect(await client.expectAccepted(other)).toBe('duplicate');
    await eventually(async () => {
      const rows = await findRows(database, [event]);
      expect(rows).toMatchObject([{ deliveries: 2, conflicts: 1, body: event.body }]);
    });
  });

  it('B17 takes another body from Paystack for another event about the same payment', async () => {
    const story = new Story();
    const one = story.paystack('charge.success');
    const other = story.paystack(
      'charge.success',
      (payload) => void Object.assign(payload.data, { fees: 101 }),
    );
    await expectStored(one);
    const row = await expectStored(other);
    expect(row).toMatchObject({ status: 'noop', outcome_reason: 'repeated' });
    expect(await paymentOf(row)).toMatchObject({ amount_captured_minor: '500000', version: 1 });
  });
});

describe('B13 a service without a usable secret', () => {
  const short = 'tiny';
  it.each([
    ['empty', ''],
    ['white space', '   '],
    ['short', short],
    ['a list with an empty entry', `${TEST_SECRETS.stripe},`],
    ['a list with a short entry', `${TEST_SECRETS.stripe},${short}`],
  ])('does not start: %s', async (_what, value) => {
    for (const variable of ['STRIPE_WEBHOOK_SECRETS', 'PAYSTACK_SECRET_KEYS_ACME']) {
      const environment = serviceEnvironment({ databaseUrl: database.url });
      const refused = await spawnService({
        env: { ...environment, [variable]: value },
        readyPath: null,
      });
      expect(await refused.exited).toBe(1);
      expect(refused.logs()).toContain(variable);
      expect(refused.logs()).not.toContain(TEST_SECRETS.stripe);
      expect(refused.logs()).not.toMatch(/\btiny\b/);
    }
  });
});

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
    await expectDead(code, rawEvent(provider, body(paid(provider))));
  });

  it('B26 is not decoded by the charset that its header claims', async () => {
    const event = paid(
      'paystack',
      (payload) => void Object.assign(payload.data, { first_name: 'Zoë' }),
    );
    const headers = { 'content-type': 'application/json; charset=iso-8859-1' };
    expect((await expectStored(event, { headers })).status).toBe('applied');
    const utf16 = rawEvent('stripe', Buffer.from(paid('stripe').body.toString(), 'utf16le'));
    await expectDead('payload_unreadable', utf16, {
      headers: { 'content-type': 'application/json; charset=utf-16' },
    });
  });
});

describe('an authentic event with strange content', () => {
  const event_id = (id: unknown) => (payload: Payload) => void Object.assign(payload, { id });

  it.each([
    ['none', undefined],
    ['a number', 12_345],
    ['empty', ''],
    ['10 kB', 'e'.repeat(10_000)],
    ['with a NUL', 'evt_\u0000'],
    ['with a line end', 'evt_\r\n"}'],
  ])('B21 has no usable id and is a dead letter: %s', async (_what, id) => {
    const { body } = paid('stripe', event_id(id));
    await expectDead('event_id_unusable', rawEvent('stripe', body));
  });

  it.each([':', '/', '../..', '🧾', "'; drop table inbox; --", '$1', '%', '\\', '0', '__proto__'])(
    'B21 has an odd but usable id: %s',
    async (odd) => {
      const eventId = `${odd}${new Story().tag}${odd}`;
      const event = { ...paid('stripe', event_id(eventId)), eventId };
      expect(await expectStored(event)).toMatchObject({ event_id: eventId, status: 'applied' });
    },
  );

  it.each([
    ['none', undefined],
    ['a number', 12_345],
    ['10 kB', 'r'.repeat(10_000)],
    ['with a NUL', 'r\u0000'],
  ])('B21 has no usable payment reference and is a dead letter: %s', async (_what, reference) => {
    const event = paid('paystack', (payload) => void Object.assign(payload.data, { reference }));
    await expectDead('payload_malformed', event);
  });

  it.each(BOTH)('B22 has U+0000 in values and keys and is applied (%s)', async (provider) => {
    const event = paid(provider, (payload) => {
      payload['k\u0000ey'] = 'v\u0000alue';
      const object = objectOf(provider, payload);
      object['metadata'] = { order_id: 'o\u0000rder', 'm\u0000': '\u0000' };
    });
    const row = await expectStored(event);
    expect(row.status).toBe('applied');
    expect(await paymentOf(row)).toMatchObject({ status: 'paid', order_id: null });
    await expectShown(row, 'v\u0000alue');
  });

  it.each(BOTH)('B24 has lone surrogates and is applied (%s)', async (provider) => {
    const event = paid(provider, (payload) => {
      payload['k\ud800'] = '\udc00';
      const object = objectOf(provider, payload);
      object['metadata'] = { order_id: 'o\ud800' };
    });
    expect(event.body.toString()).toContain('\\ud800');
    const row = await expectStored(event);
    expect(row.status).toBe('applied');
    expect(await paymentOf(row)).toMatchObject({ status: 'paid', order_id: null });
    await expectShown(row, '\udc00');
  });

  it('B27 has a key twice, and the last one counts everywhere', async () => {
    const stripe = edited(paid('stripe'), /(?="amount_received": 5000)/, '"amount_received": 1, ');
    expect(await paymentOf(await expectStored(stripe))).toMatchObject({
      amount_captured_minor: '5000',
    });
    const paystack = edited(paid('paystack'), /(?="amount": 500000)/, '"amount": 1, ');
    expect(await paymentOf(await expectStored(paystack))).toMatchObject({
      amount_captured_minor: '500000',
    });
  });

  it.each(BOTH)('B28 has keys of prototypes and is applied (%s)', async (provider) => {
    const plain = paid(provider);
    const text = plain.body.toString();
    const body = `{"__proto__":{"polluted":true,"status":"x"},"constructor":{"prototype":{"polluted":true}},${text.slice(1)}`;
    const event =
      provider === 'stripe' ? { ...plain, body: Buffer.from(body) } : rawEvent(provider, body);
    const row = await expectStored(event);
    expect(row.status).toBe('applied');
    expect(await paymentOf(row)).toMatchObject({ status: 'paid' });
    const answer = await client.get('/health/live');
    expect(answer.text).not.toContain('polluted');
  });

  describe('B29 amounts', () => {
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
      '%s is a dead letter and not rounded (%s)',
      async (value, provider) => {
        const event = edited(paid(provider), FIELD[provider], `"${NAME[provider]}": ${value}`);
        await expectDead('amount_unusable', event);
      },
    );

    it.each(BOTH)('an absent one is a dead letter (%s)', async (provider) => {
      const event = edited(paid(provider), FIELD[provider], '"nothing": 1');
      await expectDead('amount_unusable', event);
    });

    it.each(BOTH)('2^53-1 is kept to the last digit (%s)', async (provider) => {
      const value = `"${NAME[provider]}": 9007199254740991`;
      const row = await expectStored(edited(paid(provider), FIELD[provider], value));
      expect(await paymentOf(row)).toMatchObject({ amount_captured_minor: '9007199254740991' });
    });

    it('digits in a string are an amount where Paystack writes them so', async () => {
      const event = edited(paid('paystack'), FIELD.paystack, '"amount": "500000"');
      expect(await paymentOf(await expectStored(event))).toMatchObject({
        amount_captured_minor: '500000',
      });
    });
  });

  describe('B30 currencies', () => {
    const withCurrency = (provider: ProviderName, currency: unknown) =>
      paid(provider, (payload) => {
        const object = objectOf(provider, payload);
        object['currency'] = currency;
      });
    const of = (...values: readonly unknown[]) =>
      BOTH.flatMap((provider) => values.map((value) => [value, provider] as const));

    it.each(of('zzz', 'us', 'usdx', 'U$D', '', 840, 'ıqd', ['usd']))(
      '%j is a dead letter (%s)',
      async (currency, provider) => {
        await expectDead('currency_unusable', withCurrency(provider, currency));
      },
    );

    it.each(of('usd', 'USD', 'uSd', 'jpy', 'KWD'))(
      '%j is known, and the amount stays in minor units (%s)',
      async (currency, provider) => {
        const row = await expectStored(withCurrency(provider, currency));
        expect(await paymentOf(row)).toMatchObject({
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
    expect(await expectStored(event)).toMatchObject({ status: 'ignored', payment_id: null });
  });

  it('B32 is of a future API version with fields that nobody knows, and applied', async () => {
    const event = paid('stripe', (payload) => {
      payload['api_version'] = '2099-01-01.zinnia';
      payload.data.object['teleport'] = { to: ['moon'] };
    });
    expect((await expectStored(event)).status).toBe('applied');
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
    const row = await expectStored(event);
    expect(row.status).toBe('applied');
    expect(await paymentOf(row)).toMatchObject({ status: 'paid' });
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
    expect((await expectStored(event)).status).toBe('applied');
  });

  it.each(BOTH)('B36 nests 100 000 deep somewhere, and is applied (%s)', async (provider) => {
    const plain = paid(provider);
    const body = Buffer.from(`{"deep":${nested(100_000)},${plain.body.toString().slice(1)}`);
    const event = provider === 'stripe' ? { ...plain, body } : rawEvent(provider, body);
    const row = await expectStored(event);
    expect(row.status).toBe('applied');
    const shown = await show(row);
    expect(shown.status).toBe(200);
  });
});

describe('an authentic event that contradicts what is known', () => {
  it('B31 tells another currency: the payment follows the money, a review holds the order', async () => {
    const story = new Story();
    await expectStored(story.stripe('charge.succeeded'));
    const inEuro = story.stripe('payment_intent.succeeded', (payload) => {
      payload.data.object['currency'] = 'eur';
    });
    const row = await expectStored(inEuro);
    expect(await paymentOf(row)).toMatchObject({ status: 'paid', amount_captured_minor: '5000' });
    expect(await reviewsOf(row)).toContainEqual({ reason: 'currency_mismatch', status: 'open' });
    expect(await orderOf(story)).toMatchObject({ status: 'in_review' });
  });

  it('B31 brings more than the order owes: in review', async () => {
    const story = new Story();
    await order(story, 4000n, 'USD');
    const row = await expectStored(story.stripe('payment_intent.succeeded'));
    expect(await paymentOf(row)).toMatchObject({ status: 'paid', amount_captured_minor: '5000' });
    expect(await reviewsOf(row)).toEqual([{ reason: 'amount_mismatch', status: 'open' }]);
    expect(await orderOf(story)).toMatchObject({ status: 'in_review' });
  });

  it('B31 brings less than the order owes: partially paid, and nothing is silent', async () => {
    const story = new Story();
    await order(story, 6000n, 'USD');
    const row = await expectStored(story.stripe('payment_intent.succeeded'));
    expect(await paymentOf(row)).toMatchObject({ status: 'paid' });
    expect(await orderOf(story)).toMatchObject({ status: 'partially_paid' });
  });

  it('B31 brings another currency than the order owes: in review, and nothing is paid', async () => {
    const story = new Story();
    await order(story, 5000n, 'NGN');
    const row = await expectStored(story.stripe('payment_intent.succeeded'));
    expect(await paymentOf(row)).toMatchObject({ status: 'paid', currency: 'USD' });
    expect(await reviewsOf(row)).toEqual([{ reason: 'currency_mismatch', status: 'open' }]);
    expect(await orderOf(story)).toMatchObject({ status: 'in_review', amount_paid_minor: '0' });
  });

  it('B33 comes before the payment that it is about, and counts once that comes', async () => {
    const story = new Story();
    const refund = await expectStored(story.stripe('refund.updated'));
    expect(await paymentOf(refund)).toMatchObject({ amount_refunded_minor: '0' });
    await expectStored(story.stripe('payment_intent.succeeded'));
    expect(await paymentOf(refund)).toMatchObject({
      status: 'partially_refunded',
      amount_captured_minor: '5000',
      amount_refunded_minor: '2000',
    });

    const other = new Story();
    const dispute = other.stripe('charge.dispute.created', (payload) => {
      delete payload.data.object['payment_intent']; // as before there were intents
    });
    expect(await expectStored(dispute)).toMatchObject({
      status: 'noop',
      outcome_reason: 'waiting_for_payment',
    });
    const row = await expectStored(other.stripe('charge.succeeded'));
    const disputes = await database.query(
      'select status, amount_minor from disputes where payment_id = $1',
      [row.payment_id],
    );
    expect(disputes).toEqual([{ status: 'open', amount_minor: '3000' }]);
  });

  it('B34 refunds more than was captured: in review', async () => {
    const story = new Story();
    await expectStored(story.stripe('payment_intent.succeeded'));
    const refund = story.stripe('refund.updated', (payload) => {
      payload.data.object['amount'] = 7000;
    });
    const row = await expectStored(refund);
    expect(await reviewsOf(row)).toEqual([{ reason: 'refund_exceeds_capture', status: 'open' }]);
    expect(await paymentOf(row)).toMatchObject({ amount_captured_minor: '5000' });
    expect(await orderOf(story)).toMatchObject({ status: 'in_review' });
  });

  it('B34 captures after a cancellation: the payment follows the money, in review', async () => {
    const story = new Story();
    const cancelled = await expectStored(story.stripe('payment_intent.canceled'));
    expect(await paymentOf(cancelled)).toMatchObject({ status: 'cancelled' });
    const captured = story.stripe('payment_intent.succeeded', (payload) => {
      payload.data.object.id = story.payment(1003);
      payload.data.object['metadata'] = { order_id: story.order(1003) };
    });
    const row = await expectStored(captured);
    expect(row.payment_id).toBe(cancelled.payment_id);
    expect(await paymentOf(row)).toMatchObject({ status: 'paid' });
    expect(await reviewsOf(row)).toEqual([{ reason: 'captured_after_cancel', status: 'open' }]);
    expect(await orderOf(story, 1003)).toMatchObject({ status: 'in_review' });
  });
});

describe('a request of a strange size or speed', () => {
  const sized = (bytes: number) => {
    const event = paid('stripe');
    const padding = Buffer.alloc(bytes - event.body.length, 0x20);
    return { ...event, body: Buffer.concat([event.body, padding]) };
  };

  it('B37 is accepted with exactly 1 MiB', async () => {
    expect((await expectStored(sized(MEBIBYTE))).status).toBe('applied');
  });

  it('B37 is refused with one byte more', async () => {
    const event = sized(MEBIBYTE + 1);
    const connection = await openRaw(service.url);
    // The head alone: what is on its way when the service closes would make TCP reset the connection.
    const headers = { host: 'x', ...signedHeaders(event), 'content-length': event.body.length };
    connection.write(head('POST /webhooks/stripe HTTP/1.1', headers));
    expect(await connection.answers(1)).toEqual([413]);
    expect(connection.received()).toContain('"code":"body_too_large"');
    connection.destroy();
    expect(await findRows(database, [event])).toEqual([]);
    await expectStored(paid('stripe'));
  });

  it('B37 is refused for the size it announces, before any of it is read', async () => {
    const event = paid('stripe');
    const connection = await openRaw(service.url);
    const headers = { host: 'x', ...signedHeaders(event), 'content-length': 100 * MEBIBYTE };
    connection.write(head('POST /webhooks/stripe HTTP/1.1', headers));
    expect(await connection.answers(1)).toEqual([413]);
    connection.destroy();
    expect(await findRows(database, [event])).toEqual([]);
  });

  it('B37 announces less than it sends: neither part is taken for an event', async () => {
    const event = paid('stripe');
    const before = await countInbox(database);
    const connection = await openRaw(service.url);
    const headers = { host: 'x', ...signedHeaders(event), 'content-length': event.body.length - 9 };
    connection.write(head('POST /webhooks/stripe HTTP/1.1', headers));
    connection.write(event.body);
    const statuses = await connection.closed();
    expect([[400], [401, 400]]).toContainEqual(statuses);
    expect(await countInbox(database)).toBe(before);
  });

  it('B37 sends a body in chunks without end: refused when the limit is reached', async () => {
    const event = paid('stripe');
    const connection = await openRaw(service.url);
    const headers = { host: 'x', ...signedHeaders(event), 'transfer-encoding': 'chunked' };
    Reflect.deleteProperty(headers, 'content-length');
    connection.write(head('POST /webhooks/stripe HTTP/1.1', headers));
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    for (let n = 0; n < 16; n += 1) connection.write(chunk);
    // The byte that is too many comes last: were more on its way when the service closes, TCP would
    // reset the connection, and the answer could be lost.
    connection.write('1\r\nx\r\n');
    expect(await connection.answers(1)).toEqual([413]);
    connection.destroy();
  });

  // One test for all of them, since each takes as long as the service is patient.
  it('B37 B38 B39 is slow or never ends: its connection is closed, others are served meanwhile', async () => {
    const event = paid('stripe');
    const headers = { host: 'x', ...signedHeaders(event) };
    const line = 'POST /webhooks/stripe HTTP/1.1';
    const longer = await openRaw(service.url); // announces more than it sends
    longer.write(head(line, { ...headers, 'content-length': event.body.length + 9 }));
    longer.write(event.body);
    const slowBody = await openRaw(service.url);
    slowBody.write(head(line, headers));
    const slowHead = await openRaw(service.url);
    slowHead.write(`${line}\r\n`);
    const silent = await openRaw(service.url);
    let sent = 0;
    const drip = setInterval(() => {
      slowBody.write(event.body.subarray(sent, sent + 1));
      slowHead.write(`x-header-${sent}: x\r\n`);
      sent += 1;
    }, 100);
    try {
      await expectServed('stripe');
      await expectServed('paystack');
      for (const connection of [longer, slowBody, slowHead]) {
        expect([[408], []]).toContainEqual(await connection.closed(45_000));
      }
      expect(sent).toBeLessThan(event.body.length); // else it was not the time that closed it
      await silent.closed(45_000);
    } finally {
      clearInterval(drip);
    }
    expect(await findRows(database, [event])).toEqual([]);
  }, 60_000);
});

describe('a request with a strange head', () => {
  it.each([
    ['gzip', gzipSync(Buffer.from('{}'))],
    ['gzip, a bomb', gzipSync(Buffer.alloc(MEBIBYTE * 20))],
    ['gzip, corrupt', Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3])],
    ['br', Buffer.from('{}')],
    ['deflate, gzip', Buffer.from('{}')],
  ])('B40 with an encoded body is refused, signed or not: %s', async (encoding, body) => {
    const name = encoding.replace(/, (a bomb|corrupt)$/, '');
    for (const provider of BOTH) {
      const event = rawEvent(provider, Buffer.concat([body, Buffer.from(new Story().tag)]));
      const answer = await expectRefused(415, event, { headers: { 'content-encoding': name } });
      expect(JSON.parse(answer.text)).toMatchObject({ code: 'content_encoding_unsupported' });
    }
  });

  it('B40 with the encoding "identity" is accepted', async () => {
    const row = await expectStored(paid('stripe'), { headers: { 'content-encoding': 'identity' } });
    expect(row.status).toBe('applied');
  });

  describe('B41', () => {
    const smuggled = () => {
      const event = paid('stripe');
      const request = Buffer.concat([
        Buffer.from(head('POST /webhooks/stripe HTTP/1.1', { host: 'x', ...signedHeaders(event) })),
        event.body,
      ]);
      return { event, request };
    };
    const line = 'POST /webhooks/stripe HTTP/1.1\r\nhost: x\r\n';

    it.each([
      [
        'a length and chunks',
        `${line}content-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      ],
      ['two lengths', `${line}content-length: 0\r\ncontent-length: 5\r\n\r\n`],
      ['a list of lengths', `${line}content-length: 0, 5\r\n\r\n`],
      ['a negative length', `${line}content-length: -1\r\n\r\n`],
      ['an unknown transfer encoding', `${line}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n`],
      ['a chunk that is none', `${line}transfer-encoding: chunked\r\n\r\nzz\r\n\r\n`],
      ['a folded header', `${line}x-a: b\r\n c\r\ncontent-length: 0\r\n\r\n`],
      ['bare line feeds', `${line}x-a: b\ncontent-length: 0\n\n`],
      ['a NUL in a header', `${line}x-a: b\u0000c\r\ncontent-length: 0\r\n\r\n`],
      ['a space before the colon', `${line}x-a : b\r\ncontent-length: 0\r\n\r\n`],
    ])('with %s is refused by the parser, and what follows is not served', async (_what, bytes) => {
      const before = await countInbox(database);
      const { event, request } = smuggled();
      const connection = await openRaw(service.url);
      connection.write(bytes);
      connection.write(request);
      expect(await connection.closed()).toEqual([400]);
      expect(await findRows(database, [event])).toEqual([]);
      expect(await countInbox(database)).toBe(before);
    });

    it('without a host is refused', async () => {
      const connection = await openRaw(service.url);
      connection.write('POST /webhooks/stripe HTTP/1.1\r\ncontent-length: 0\r\n\r\n');
      expect(await connection.closed()).toEqual([400]);
    });
  });

  it.each([
    ['none', null],
    ['text/plain', 'text/plain'],
    ['application/json garbage', 'application/json garbage'],
    ['application/json; charset', 'application/json; charset'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['multipart', 'multipart/form-data; boundary=x'],
    ['10 kB', `application/${'x'.repeat(10_000)}`],
    ['tabs', 'application/json;\t\tx=\t'],
    ['empty', ''],
    ['two of them', ['application/json', 'text/xml']],
  ] as const)('B42 with the content type %s is verified and accepted', async (_what, type) => {
    for (const provider of BOTH) {
      const row = await expectStored(paid(provider), { headers: { 'content-type': type } });
      expect(row.status).toBe('applied');
    }
  });

  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'])(
    'B43 with the method %s is refused, however well it is signed',
    async (method) => {
      for (const provider of BOTH) {
        const answer = await expectRefused(405, paid(provider), { method });
        expect(answer.headers.allow).toBe('POST');
      }
    },
  );

  it.each(['200-ok', '', '100-continue, and more', 'x'.repeat(100)])(
    'is answered as it would be without it when it expects %j',
    async (expected) => {
      const headers = { expect: expected };
      expect((await expectStored(paid('stripe'), { headers })).status).toBe('applied');
      await expectRefused(401, paid('stripe'), { headers, secret: OTHER_ACCOUNT_SECRET.stripe });
    },
  );

  it.each([
    '//webhooks/stripe',
    '/webhooks//stripe',
    '/webhooks/stripe/',
    '/webhooks/./stripe',
    '/webhooks/../webhooks/stripe',
    '/webhooks/%2e%2e/webhooks/stripe',
    '/webhooks%2fstripe',
    '/webhooks/stripe%00',
    '/webhooks/stripe%2f',
    '/webhooks/stripe;x',
    '/webhooks/stripe%20',
    '/webhooks/Stripe',
    '/WEBHOOKS/stripe',
    '/webhooks/%ff',
    '/webhooks/%zz',
    '/webhooks/__proto__',
    '/webhooks/constructor',
    '/webhooks',
    '/webhooks/stripe/acme/more',
  ])('B44 to the path %s finds no door', async (path) => {
    await expectRefused([400, 404], paid('stripe'), { path });
  });

  it.each([
    '/webhooks/%73tripe',
    '/webhooks/stripe?x=1',
    '/webhooks/stripe/default',
    '/webhooks/stripe/DEFAULT',
    'http://elsewhere/webhooks/stripe',
  ])('B44 to the path %s finds the same door with the same guard', async (path) => {
    await expectRefused(401, paid('stripe'), { path, secret: OTHER_ACCOUNT_SECRET.stripe });
    const [row] = await Promise.all([expectStored(paid('stripe'), { path })]);
    expect(row.status).toBe('applied');
  });

  it('B45 for a provider or an account that nobody has is refused with one answer', async () => {
    const answers = [
      await expectRefused(404, paid('stripe'), { path: '/webhooks/nobody' }),
      await expectRefused(404, paid('stripe'), { path: '/webhooks/stripe/nobody' }),
      await expectRefused(404, paid('stripe'), { path: '/webhooks/nobody/nobody' }),
    ];
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(JSON.parse(answers[0]!.text)).toMatchObject({ code: 'unknown_provider' });
  });

  it('B45 for a provider of 10 kB is refused', async () => {
    const path = `/webhooks/${'p'.repeat(10_000)}`;
    const answer = await expectRefused([404, 414], paid('stripe'), { path });
    expect(answer.text).not.toContain('ppp');
  });
});

describe('B53 a connection with 100 requests in its pipe', () => {
  it('gets 100 answers in their order', async () => {
    const events = range(100).map((n) => paid(n % 2 === 0 ? 'stripe' : 'paystack'));
    const requests = events.map((event, n) => {
      const secret = n % 10 === 9 ? 'not the secret of anybody' : TEST_SECRETS[event.provider];
      const headers = { host: 'x', ...signedHeaders(event, { secret }) };
      const line = `POST /webhooks/${event.provider} HTTP/1.1`;
      return Buffer.concat([Buffer.from(head(line, headers)), event.body]);
    });
    const connection = await openRaw(service.url);
    connection.write(Buffer.concat(requests));
    expect(await connection.answers(100)).toEqual(
      range(100).map((n) => (n % 10 === 9 ? 401 : 200)),
    );
    connection.destroy();
    const rows = await findRows(database, events);
    expect(rows).toHaveLength(90);
  });
});

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

function show(row: InboxRow): Promise<Answer> {
  return client.get(`/v1/events/${row.id}`, { authorization: `Bearer ${TEST_TOKENS.viewer}` });
}

/** The payload is shown as it was sent. */
async function expectShown(row: InboxRow, value: string): Promise<void> {
  const answer = await show(row);
  expect(answer.status).toBe(200);
  const { payload } = JSON.parse(answer.text) as { payload: Record<string, unknown> };
  expect(Object.values(payload)).toContain(value);
}

/** Creates the order of a story, as our own checkout would. */
async function order(story: Story, amountDueMinor: bigint, currency: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  const reference = story.order(PAYMENT.stripe);
  await inTransaction(pool, (tx) =>
    createOrder(tx, { reference, currency, amountDueMinor, metadata: {} }),
  );
  await pool.end();
}

async function orderOf(story: Story, sample: number = PAYMENT.stripe) {
  const [row] = await database.query('select * from orders where reference = $1', [
    story.order(sample),
  ]);
  return row;
}
