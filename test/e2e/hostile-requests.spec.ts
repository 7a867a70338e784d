import { describe, expect, it } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { PROVIDERS } from '../../src/providers/providers.js';
import { ACME_SECRETS } from '../support/hostile-cases.js';
import {
  HostileDoor,
  paid,
  PROVIDER_NAMES as BOTH,
  signature,
  SIGNATURE_HEADER,
} from '../support/hostile-door.js';
import { range } from '../support/long-story.js';
import { countInbox, findRows } from '../support/observe.js';
import { head, openRaw, type RawConnection } from '../support/raw-http.js';
import { TEST_TOKENS } from '../support/service-environment.js';
import { rawEvent, Story, type StoryEvent } from '../support/story.js';
import { signedHeaders, TEST_SECRETS, type Answer } from '../support/webhook-client.js';

const MEBIBYTE = 1_048_576;
const LINE = 'POST /webhooks/stripe HTTP/1.1';

const door = new HostileDoor({ REQUEST_TIMEOUT_SECONDS: '1' });

/** Opens a connection, on which a delivery begins with this head. */
async function begin(headers: Readonly<Record<string, unknown>>): Promise<RawConnection> {
  const connection = await openRaw(door.service.url);
  connection.write(head(LINE, { host: 'x', ...headers }));
  return connection;
}

/** One delivery, well signed, as it goes over the wire. */
function whole(event: StoryEvent): Buffer {
  const line = `POST /webhooks/${event.provider} HTTP/1.1`;
  const bytes = Buffer.from(head(line, { host: 'x', ...signedHeaders(event) }));
  return Buffer.concat([bytes, event.body]);
}

describe('a request of a strange size', () => {
  const sized = (bytes: number) => {
    const event = paid('stripe');
    const padding = Buffer.alloc(bytes - event.body.length, 0x20);
    return { ...event, body: Buffer.concat([event.body, padding]) };
  };
  const chunkedHeaders = (event: StoryEvent) => {
    const headers = signedHeaders(event, { headers: { 'content-length': null } });
    return { ...headers, 'transfer-encoding': 'chunked' };
  };

  it('B37 is accepted with exactly 1 MiB', async () => {
    expect((await door.expectStored(sized(MEBIBYTE))).status).toBe('applied');
  });

  it.each([
    ['one byte more', MEBIBYTE + 1],
    ['100 MiB', 100 * MEBIBYTE],
    ['more than a number holds', '99999999999999999'],
  ])('B37 is refused when it announces %s, before any of it is read', async (_what, length) => {
    const event = sized(MEBIBYTE);
    const [rows, counted] = [
      await countInbox(door.database),
      await door.countRefused('unknown', 'body_too_large'),
    ];
    // The head alone: what is on its way when the service closes would make TCP reset the connection.
    const connection = await begin({ ...signedHeaders(event), 'content-length': length });
    expect(await connection.answers(1)).toEqual([413]);
    expect(connection.received()).toContain('"code":"body_too_large"');
    expect(await connection.closed()).toEqual([413]);
    expect(await countInbox(door.database)).toBe(rows);
    expect(await door.countRefused('unknown', 'body_too_large')).toBe(counted + 1);
  });

  it('B37 is refused when chunks without end come to more than the limit', async () => {
    const event = paid('stripe');
    const rows = await countInbox(door.database);
    const connection = await begin(chunkedHeaders(event));
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    for (let n = 0; n < 16; n += 1) connection.write(chunk);
    // The byte that is too many comes last: were more on its way when the service closes, TCP would
    // reset the connection, and the answer could be lost.
    connection.write('1\r\nx\r\n');
    expect(await connection.answers(1)).toEqual([413]);
    expect(await connection.closed()).toEqual([413]);
    expect(await countInbox(door.database)).toBe(rows);
  });

  it('B37 announces less than it sends: neither part is taken for an event', async () => {
    const event = paid('stripe');
    const rows = await countInbox(door.database);
    const length = event.body.length - 9;
    const connection = await begin({ ...signedHeaders(event), 'content-length': length });
    connection.write(event.body);
    expect([[400], [401, 400]]).toContainEqual(await connection.closed());
    expect(await countInbox(door.database)).toBe(rows);
  });

  it('B37 announces more than it sends and hangs up: nothing is taken for an event', async () => {
    const event = paid('stripe');
    const rows = await countInbox(door.database);
    const length = event.body.length + 9;
    const connection = await begin({ ...signedHeaders(event), 'content-length': length });
    connection.write(event.body);
    connection.end();
    expect([[400], []]).toContainEqual(await connection.closed());
    expect(await countInbox(door.database)).toBe(rows);
  });
});

describe('a request that is malformed (CVE-2023-50728)', () => {
  // octokit's middleware ended its process when a request had not what it looked for.
  it.each([
    ['no body and no length', {}],
    ['an empty body', { 'content-length': 0 }],
    ['an empty body in chunks', { 'transfer-encoding': 'chunked' }],
  ])('is refused, and the process lives: %s', async (_what, headers) => {
    const rows = await countInbox(door.database);
    for (const name of [...BOTH.map((one) => SIGNATURE_HEADER[one]), 'x-hub-signature-256']) {
      const connection = await begin({ [name]: 'sha256=0', ...headers });
      connection.write('transfer-encoding' in headers ? '0\r\n\r\n' : '');
      expect(await connection.answers(1)).toEqual([401]);
      connection.destroy();
    }
    expect(await countInbox(door.database)).toBe(rows);
  });
});

describe('a request that is encoded', () => {
  const CASES = [
    ['gzip', gzipSync(Buffer.from('{}'))],
    ['gzip, a bomb', gzipSync(Buffer.alloc(MEBIBYTE * 20))],
    ['gzip, corrupt', Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3])],
    ['br', Buffer.from('{}')],
    ['deflate, gzip', Buffer.from('{}')],
  ] as const;
  const rows = CASES.flatMap(([encoding, body]) =>
    (['signed', 'not signed'] as const).map((how) => [encoding, how, body] as const),
  );

  it.each(rows)('B40 with %s is refused, and not inflated: %s', async (encoding, how, body) => {
    const name = encoding.replace(/, (a bomb|corrupt)$/, '');
    for (const provider of BOTH) {
      const event = rawEvent(provider, Buffer.concat([body, Buffer.from(new Story().tag)]));
      const headers = { 'content-encoding': name };
      const secret = how === 'signed' ? TEST_SECRETS[provider] : 'not the secret of anybody';
      const refusal = { status: 415, reason: 'content_encoding_unsupported' };
      const answer = await door.expectRefused(refusal, event, { headers, secret });
      expect(JSON.parse(answer.text)).toMatchObject({ code: 'content_encoding_unsupported' });
    }
  });

  it('B40 with the encoding "identity" is accepted', async () => {
    const headers = { 'content-encoding': 'identity' };
    expect((await door.expectStored(paid('stripe'), { headers })).status).toBe('applied');
  });
});

describe('a request in a frame that two readers may read in two ways', () => {
  const line = `${LINE}\r\nhost: x\r\n`;
  const chunked = `${line}transfer-encoding: chunked\r\n\r\n`;

  it.each([
    [
      'a length and chunks',
      `${line}content-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    [
      'chunks and a length',
      `${line}transfer-encoding: chunked\r\ncontent-length: 6\r\n\r\n0\r\n\r\n`,
    ],
    ['two lengths', `${line}content-length: 0\r\ncontent-length: 5\r\n\r\n`],
    ['two lengths that agree', `${line}content-length: 0\r\ncontent-length: 0\r\n\r\n`],
    ['a list of lengths', `${line}content-length: 0, 5\r\n\r\n`],
    ['a negative length', `${line}content-length: -1\r\n\r\n`],
    ['a length with a sign', `${line}content-length: +0\r\n\r\n`],
    ['a hexadecimal length', `${line}content-length: 0x0\r\n\r\n`],
    ['an unknown transfer encoding', `${line}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['chunks that are not last', `${line}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
    ['chunks after a vertical tab', `${line}transfer-encoding: \u000bchunked\r\n\r\n0\r\n\r\n`],
    ['a chunk that is none', `${chunked}zz\r\n\r\n`],
    ['a chunk of a negative size', `${chunked}-1\r\n\r\n`],
    ['a chunk whose size overflows', `${chunked}10000000000000000\r\n\r\n`],
    ['a chunk that is longer than it says', `${chunked}1\r\nab\r\n0\r\n\r\n`],
    ['a chunk size that ends in a bare line feed', `${chunked}0\n\n`],
    ['a folded header', `${line}x-a: b\r\n c\r\ncontent-length: 0\r\n\r\n`],
    ['bare line feeds', `${line}x-a: b\ncontent-length: 0\n\n`],
    ['a bare carriage return', `${line}x-a: b\rcontent-length: 0\r\n\r\n`],
    ['a NUL in a header', `${line}x-a: b\u0000c\r\ncontent-length: 0\r\n\r\n`],
    ['a space before the colon', `${line}content-length : 0\r\n\r\n`],
    ['a header without a name', `${line}: b\r\ncontent-length: 0\r\n\r\n`],
    ['a header without a colon', `${line}x-a\r\ncontent-length: 0\r\n\r\n`],
    ['a version that is none', `POST /webhooks/stripe HTTP/1.9\r\nhost: x\r\n\r\n`],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['the hello of TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003'],
  ])(
    'B41 with %s is refused by the parser, and what follows is not served',
    async (_what, bytes) => {
      const rows = await countInbox(door.database);
      const event = paid('stripe');
      const connection = await openRaw(door.service.url);
      connection.write(Buffer.from(bytes, 'latin1'));
      connection.write(whole(event));
      expect(await connection.closed()).toEqual([400]);
      expect(connection.received()).toMatch(/^connection: close\r$/im);
      expect(await findRows(door.database, [event])).toEqual([]);
      expect(await countInbox(door.database)).toBe(rows);
    },
  );

  it('B41 with no host is refused, and its connection closed', async () => {
    const connection = await openRaw(door.service.url);
    connection.write(`${LINE}\r\ncontent-length: 0\r\n\r\n`);
    expect(await connection.closed()).toEqual([400]);
  });

  it('B41 with two hosts is one request: nothing is decided by the host', async () => {
    const connection = await openRaw(door.service.url);
    connection.write(`${line}host: y\r\ncontent-length: 0\r\n\r\n`);
    connection.write(whole(paid('stripe')));
    expect(await connection.answers(2)).toEqual([401, 200]);
    connection.destroy();
  });

  it('B41 within the body of another one is not served', async () => {
    const event = paid('stripe');
    const outer = rawEvent('stripe', whole(event));
    const connection = await openRaw(door.service.url);
    connection.write(Buffer.concat([whole(outer), whole(paid('stripe'))]));
    expect(await connection.answers(2)).toEqual([200, 200]);
    connection.destroy();
    expect(await findRows(door.database, [event])).toEqual([]);
    expect(await findRows(door.database, [outer])).toMatchObject([{ event_type: 'unreadable' }]);
  });
});

describe('a request with a strange head', () => {
  it.each([
    ['none', null],
    ['text/plain', 'text/plain'],
    ['application/json garbage (CVE-2026-3419)', 'application/json garbage'],
    ['application/json; charset', 'application/json; charset'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['multipart', 'multipart/form-data; boundary=x'],
    ['10 kB', `application/${'x'.repeat(10_000)}`],
    ['tabs, which ended a Fastify (CVE-2022-39288)', 'application/json;\t\tx=\t'],
    ['a key without a value (CVE-2022-39288)', 'application/json; ='],
    ['empty', ''],
    ['two of them', ['application/json', 'text/xml']],
  ] as const)('B42 with the content type %s is verified and accepted', async (_what, type) => {
    for (const provider of BOTH) {
      const headers = { 'content-type': type };
      const row = await door.expectStored(paid(provider), { headers });
      expect(row.status).toBe('applied');
      const refusal = { status: 401, reason: 'no_match' };
      const secret = ACME_SECRETS[provider];
      await door.expectRefused(refusal, paid(provider), { headers, secret });
    }
  });

  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'])(
    'B43 with the method %s is refused, however well it is signed',
    async (method) => {
      for (const provider of BOTH) {
        for (const path of [`/webhooks/${provider}`, `/webhooks/${provider}/acme`]) {
          const refusal = { status: 405, reason: null };
          const answer = await door.expectRefused(refusal, paid(provider), { method, path });
          expect(answer.headers.allow).toBe('POST');
        }
      }
    },
  );

  it('B43 with the method CONNECT gets no tunnel', async () => {
    const connection = await openRaw(door.service.url);
    connection.write('CONNECT /webhooks/stripe HTTP/1.1\r\nhost: x\r\n\r\n');
    connection.write(whole(paid('stripe')));
    expect([[], [400]]).toContainEqual(await connection.closed());
  });

  it.each([
    '/v1/events',
    '/v1/payments',
    '/v1/audit',
    '/v1/orders/x',
    '/console',
    '/v1/events/x/raw',
  ])('B43 with HEAD for GET %s gets past no guard (CVE-2026-33011)', async (path) => {
    const ask = async (method: string, headers: Readonly<Record<string, string>>) => {
      const connection = await openRaw(door.service.url);
      connection.write(head(`${method} ${path} HTTP/1.1`, { host: 'x', ...headers }));
      const [status = 0] = await connection.answers(1);
      connection.destroy();
      return status;
    };
    const refused = await ask('GET', {});
    expect([303, 401]).toContain(refused);
    expect([refused, 404]).toContain(await ask('HEAD', {}));
    const authorization = `Bearer ${TEST_TOKENS.viewer}x`;
    expect([refused, 404]).toContain(await ask('HEAD', { authorization }));
  });

  it.each(['200-ok', '', '100-continue, and more', 'x'.repeat(100)])(
    'is answered as it would be without it when it expects %j',
    async (expected) => {
      const headers = { expect: expected };
      expect((await door.expectStored(paid('stripe'), { headers })).status).toBe('applied');
      const refusal = { status: 401, reason: 'no_match' };
      const secret = ACME_SECRETS.stripe;
      await door.expectRefused(refusal, paid('stripe'), { headers, secret });
    },
  );
});

describe('a request by a strange path', () => {
  const UNKNOWN = { status: 404, reason: 'unknown_provider', provider: 'unknown' };

  it.each([
    ['/webhooks/stripe%00', UNKNOWN],
    ['/webhooks/stripe%2f', UNKNOWN],
    ['/webhooks/stripe;x', UNKNOWN],
    ['/webhooks/stripe%20', UNKNOWN],
    ['/webhooks/Stripe', UNKNOWN],
    ['/webhooks/./stripe', UNKNOWN],
    ['/webhooks/__proto__', UNKNOWN],
    ['/webhooks/constructor', UNKNOWN],
    ['//webhooks/stripe', { status: 404, reason: null }],
    ['/webhooks//stripe', { status: 404, reason: null }],
    ['/webhooks/stripe/', { status: 404, reason: null }],
    ['/webhooks/../webhooks/stripe', { status: 404, reason: null }],
    ['/webhooks/%2e%2e/webhooks/stripe', { status: 404, reason: null }],
    ['/webhooks%2fstripe', { status: 404, reason: null }],
    ['/WEBHOOKS/stripe', { status: 404, reason: null }],
    ['\\webhooks\\stripe', { status: 400, reason: null }],
    ['/webhooks/%ff', { status: [400, 404], reason: null }],
    ['/webhooks/%zz', { status: 400, reason: null }],
    ['/webhooks', { status: 404, reason: null }],
    ['/webhooks/stripe/acme/more', { status: 404, reason: null }],
    ['*', { status: 404, reason: null }],
  ])('B44 to %s finds no door', async (path, refusal) => {
    await door.expectRefused(refusal, paid('stripe'), { path });
  });

  it.each([
    '/webhooks/%73tripe',
    '/webhooks/stripe?x=1',
    '/webhooks/stripe?provider=paystack&account=acme',
    '/webhooks/stripe#x',
    '/webhooks/stripe/default',
    '/webhooks/stripe/DEFAULT',
    'http://elsewhere/webhooks/stripe',
  ])('B44 to %s finds the same door with the same guard', async (path) => {
    const refusal = { status: 401, reason: 'no_match' };
    await door.expectRefused(refusal, paid('stripe'), { path, secret: ACME_SECRETS.stripe });
    const row = await door.expectStored(paid('stripe'), { path });
    expect(row.status).toBe('applied');
  });

  it('B45 for a provider or an account that nobody has is refused with one answer', async () => {
    const answers: Answer[] = [];
    for (const path of ['nobody', 'stripe/nobody', 'nobody/nobody', 'paystack/default2']) {
      answers.push(
        await door.expectRefused(UNKNOWN, paid('stripe'), { path: `/webhooks/${path}` }),
      );
    }
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(JSON.parse(answers[0]!.text)).toMatchObject({ code: 'unknown_provider' });
    for (const { name } of PROVIDERS) expect(answers[0]!.text).not.toContain(name);
  });

  it('B45 for a provider of 10 kB is refused', async () => {
    const path = `/webhooks/${'p'.repeat(10_000)}`;
    const refusal = { status: [404, 414], reason: null };
    const answer = await door.expectRefused(refusal, paid('stripe'), { path });
    expect(answer.text).not.toContain('ppp');
  });
});

it('B53 a connection with 100 requests in its pipe gets 100 answers in their order', async () => {
  const events = range(100).map((n) => paid(n % 2 === 0 ? 'stripe' : 'paystack'));
  const requests = events.map((event, n) => {
    const wrong = signature(event, { secret: 'not the secret of anybody' });
    const text = whole(event).toString('latin1');
    const asSent = n % 10 === 9 ? text.replace(signature(event), wrong) : text;
    return Buffer.from(asSent, 'latin1');
  });
  const connection = await openRaw(door.service.url);
  connection.write(Buffer.concat(requests));
  expect(await connection.answers(100)).toEqual(range(100).map((n) => (n % 10 === 9 ? 401 : 200)));
  connection.destroy();
  expect(await findRows(door.database, events)).toHaveLength(90);
});
