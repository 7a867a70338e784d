import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '../support/eventually.js';
import { head, openRaw } from '../support/raw-http.js';
import { TEST_TOKENS } from '../support/service-environment.js';
import { paymentOf, Shop, type CommandOptions } from '../support/shop.js';
import { objectOf, Story, type Payload } from '../support/story.js';
import { WebhookClient } from '../support/webhook-client.js';

const CARD = '4242424242424242';
const FORGED = '\r\n{"level":60,"msg":"forged"}\r\n';
const LINE_MAX = 16_000;
/** What somebody puts wherever a text may be. */
const HOSTILE: Readonly<Record<string, string>> = {
  'line breaks': `a${FORGED}b`,
  'ANSI escapes': `\u001b[2J\u001b]0;owned\u0007\u001b[31mred`,
  'C1 controls and separators': '\u009b31m\u0085\u2028\u2029\u202e\u2066',
  'a card number': `card ${CARD}`,
  'a card number in groups': 'card 4242 4242 4242 4242',
  'nearly a megabyte': 'x'.repeat(900_000),
};
const OPERATOR: CommandOptions = { key: null, token: TEST_TOKENS.operator };

describe('what others write does not reach the log as it is', () => {
  let shop: Shop;
  let client: WebhookClient;
  let provider: Server;
  let refusal = '';
  let seenLines = 0;

  beforeAll(async () => {
    // A provider whose own messages are hostile.
    provider = createServer((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(402, { 'content-type': 'application/json' });
        const error = { type: 'card_error', code: refusal, message: refusal, param: refusal };
        response.end(JSON.stringify({ error }));
      });
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const { port } = provider.address() as AddressInfo;
    shop = await Shop.open({
      STRIPE_API_BASE: `http://127.0.0.1:${port}`,
      OUTSIDE_CONSUMERS: 'shipping=order.*',
      LOG_LEVEL: 'debug',
    });
    client = new WebhookClient(shop.service.url);
  });

  afterAll(async () => {
    client.close();
    await shop.close();
    await new Promise((resolve) => provider.close(resolve));
  });

  beforeEach(() => {
    seenLines = linesOf().length;
  });

  /** Whatever came: every line is one of ours, and the next good event is recorded. */
  afterEach(async () => {
    expect(await client.expectAccepted(new Story().stripe('payment_intent.succeeded'))).toBe(
      'recorded',
    );
    for (const line of linesOf()) {
      expect(line.length).toBeLessThanOrEqual(LINE_MAX);
      expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
      const { level, time, msg } = JSON.parse(line) as Record<string, unknown>;
      expect([typeof level, typeof time, typeof msg]).toEqual(['number', 'string', 'string']);
      expect(['forged', 'defect']).not.toContain(msg);
      expect(line.replace(/[ -]/g, '')).not.toContain(CARD);
    }
  });

  /** Lines that are written to their end. */
  const linesOf = () => shop.service.logs().split('\n').slice(0, -1);
  const newLines = () => linesOf().slice(seenLines);

  const ways: readonly (readonly [string, (payload: Payload, text: string) => void])[] = [
    ['id of the event', (payload, text) => (payload['id'] = text)],
    ['type', (payload, text) => (payload['type'] = text)],
    ['id of the object', (payload, text) => (objectOf('stripe', payload).id = text)],
    [
      'metadata',
      (payload, text) =>
        (objectOf('stripe', payload)['metadata'] = { order_reference: text, [text]: text }),
    ],
    ['amount', (payload, text) => (objectOf('stripe', payload)['amount'] = text)],
    ['currency', (payload, text) => (objectOf('stripe', payload)['currency'] = text)],
    [
      'error of the provider',
      (payload, text) =>
        (objectOf('stripe', payload)['last_payment_error'] = { code: text, message: text }),
    ],
  ];

  it.each(ways)('B50 in a webhook: %s', async (_name, change) => {
    for (const text of Object.values(HOSTILE)) {
      const event = new Story().stripe('payment_intent.succeeded', (payload) => {
        change(payload, text.slice(0, 300_000)); // metadata has it three times
      });
      expect((await client.deliver(event)).status).toBe(200);
    }
    await eventually(async () => {
      const [row] = await shop.database.query<{ waiting: number }>(
        `select count(*)::integer as waiting from inbox where status = 'received'`,
      );
      expect(row).toEqual({ waiting: 0 });
    });
  });

  it('B50 keeps enough of a card number to know which one it was', async () => {
    const event = new Story().stripe('payment_intent.succeeded', (payload) => {
      payload['type'] = `card.${CARD}`;
    });
    await client.expectAccepted(event);
    await eventually(() => {
      expect(newLines().join('\n')).toContain('"eventType":"card.[card …4242]"');
    });
  });

  it.each(Object.entries(HOSTILE))('B50 in what a provider answers: %s', async (_name, text) => {
    refusal = text;
    const reference = await shop.order();
    const answer = await shop.post(`/v1/orders/${reference}/payments`, paymentOf('stripe'));
    expect([400, 422, 502, 503, 504]).toContain(answer.status);
    const thin = new Story().stripe('v1.payment_intent.succeeded.thin');
    await client.expectAccepted(thin);
  });

  it.each(Object.entries(HOSTILE))('B50 in filters, ids and reasons: %s', async (_name, text) => {
    const part = encodeURIComponent(text.slice(0, 3000));
    for (const query of ['type', 'status', 'account', 'eventId', 'cursor', 'from', part]) {
      const path = `/v1/events?${query}=${part}`;
      expect([query, (await shop.get(path)).status >= 500]).toEqual([query, false]);
    }
    await shop.get(`/v1/events?status=dead&code=${part}&text=${part}`);
    await shop.get(`/v1/audit?actor=${part}&subject=${part}`);
    const short = encodeURIComponent(text.slice(0, 90));
    for (const path of [`/v1/events/${short}`, `/v1/orders/${short}`, `/v1/${short}`]) {
      expect([400, 404]).toContain((await shop.get(path)).status);
    }
    const removed = await shop.delete(`/v1/consumers/${short}`, TEST_TOKENS.operator);
    expect([400, 404]).toContain(removed.status);
    const { id } = await anyEvent();
    const body = { reason: text.slice(0, 60_000) };
    for (const path of [`/v1/events/${id}/replay`, `/v1/events/${short}/discard`]) {
      const answer = await shop.post(path, body, OPERATOR);
      expect([200, 400]).toContain(answer.status);
    }
  });

  it('B50 in headers', async () => {
    for (const text of [`card ${CARD}`, '\u009b31m', `x`.repeat(10_000)]) {
      const value = Buffer.from(text).toString('latin1');
      const raw = await openRaw(shop.service.url);
      const names = ['authorization', 'idempotency-key', 'user-agent', 'cookie', 'x-request-id'];
      const headers = Object.fromEntries(names.map((name) => [name, value]));
      raw.write(head('GET /v1/events HTTP/1.1', { host: 'x', ...headers }));
      expect([400, 401, 431]).toContain((await raw.answers(1))[0]);
      raw.destroy();
    }
    const forged = await openRaw(shop.service.url);
    forged.write(head('POST /v1/replays HTTP/1.1', { host: 'x', 'user-agent': '\u001b[31mred' }));
    expect((await forged.answers(1))[0]).toBeGreaterThanOrEqual(400);
    forged.destroy();
  });

  async function anyEvent(): Promise<{ id: string }> {
    const { data } = (await shop.get('/v1/events?limit=1')).json as { data: { id: string }[] };
    return data[0]!;
  }
});
