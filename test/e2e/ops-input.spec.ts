import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from '../support/eventually.js';
import { head, openRaw } from '../support/raw-http.js';
import { TEST_TOKENS } from '../support/service-environment.js';
import { Shop, type CommandOptions } from '../support/shop.js';
import { objectOf, Story } from '../support/story.js';
import { WebhookClient } from '../support/webhook-client.js';

const OPERATOR: CommandOptions = { key: null, token: TEST_TOKENS.operator };
const MEBIBYTE = 1_048_576;

describe('what operators ask for that is not as it should be', () => {
  let shop: Shop;
  let client: WebhookClient;
  let eventId: string;

  beforeAll(async () => {
    shop = await Shop.open({ OUTSIDE_CONSUMERS: 'shipping=order.*' });
    client = new WebhookClient(shop.service.url);
    const event = new Story().stripe('payment_intent.succeeded', (payload) => {
      objectOf('stripe', payload)['amount_received'] = 'fifty';
    });
    await client.expectAccepted(event);
    eventId = await eventually(async () => {
      const { data } = (await shop.get('/v1/events?status=dead')).json as {
        data: { id: string }[];
      };
      return data[0]!.id;
    });
  });

  afterAll(async () => {
    client.close();
    await shop.close();
  });

  /** Everything that a replay could change. */
  const rows = async () =>
    shop.database.query(
      `select (select json_agg(i order by id) from (select id, status, replays, attempts, due_at
                 from inbox) i) as events,
              (select count(*)::integer from replays) as replays,
              (select count(*)::integer from replay_items) as items`,
    );
  const audit = () =>
    shop.database.query<{ actor: string; action: string; subject: string | null; result: string }>(
      'select actor, action, subject, result from audit_entries order by id',
    );

  const NOBODY = randomUUID();
  const FUTURE = { from: '2100-01-01T00:00:00Z' };
  const ids = (count: number) => Array.from({ length: count }, () => randomUUID());
  const single = (name: string, path: string, action: string) =>
    [
      [`${name}: unknown id`, path.replace('ID', NOBODY), { reason: 'x' }, 404, action],
      [`${name}: bad uuid`, path.replace('ID', 'not-a-uuid'), { reason: 'x' }, 400, action],
      [`${name}: too large`, path.replace('ID', NOBODY), ids(20_000), 413, action],
      [`${name}: no JSON`, path.replace('ID', NOBODY), '{"reason":', 400, action],
    ] as const;
  const REFUSED: readonly (readonly [string, string, unknown, number, string])[] = [
    ...single('replay of an event', '/v1/events/ID/replay', 'event.replay'),
    ...single('discarding an event', '/v1/events/ID/discard', 'event.discard'),
    ...single('a message', '/v1/consumers/shipping/messages/ID/replay', 'message.replay'),
    ...single('pausing a replay', '/v1/replays/ID/pause', 'replay.pause'),
    ['bulk: unknown id', '/v1/replays', { ids: [NOBODY] }, 404, 'replay.start'],
    ['bulk: bad uuid', '/v1/replays', { ids: ['not-a-uuid'] }, 400, 'replay.start'],
    ['bulk: more ids than one may name', '/v1/replays', { ids: ids(1001) }, 400, 'replay.start'],
    ['bulk: 20000 ids', '/v1/replays', { ids: ids(20_000) }, 413, 'replay.start'],
    ['bulk: future range', '/v1/replays', { filter: FUTURE }, 400, 'replay.start'],
    [
      'bulk: a dry run of a future range',
      '/v1/replays',
      { filter: FUTURE, dryRun: true },
      400,
      'replay.start',
    ],
    [
      'bulk: a range that ends before it begins',
      '/v1/replays',
      { filter: { from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' } },
      400,
      'replay.start',
    ],
    ['bulk: filter and ids', '/v1/replays', { filter: {}, ids: [NOBODY] }, 400, 'replay.start'],
    ['bulk: neither', '/v1/replays', {}, 400, 'replay.start'],
    ['bulk: nothing', '/v1/replays', undefined, 400, 'replay.start'],
    ['bulk: no JSON', '/v1/replays', '{"ids":', 400, 'replay.start'],
  ];

  it.each(REFUSED)('B51 %s', async (_name, path, body, status, action) => {
    const before = await rows();
    const known = (await audit()).length;
    const answer = await shop.post(path, body, OPERATOR);
    expect(answer.status).toBe(status);
    expect(await rows()).toEqual(before);
    const { code } = answer.json as { code: string };
    const written = (await audit()).slice(known);
    expect(written).toMatchObject([{ actor: 'operator-of-tests', action, result: code }]);
  });

  describe.each([
    ['single', (): string => `/v1/events/${eventId}/replay`, {}, 'event.replay'],
    ['bulk', (): string => '/v1/replays', { filter: {} }, 'replay.start'],
  ] as const)('%s', (_name, path, body, action) => {
    it('B51 does nothing for somebody without a token, and writes nothing down', async () => {
      const before = [await rows(), await audit()];
      for (const token of ['of nobody', '', 'x'.repeat(600)]) {
        const answer = await shop.post(path(), body, { key: null, token });
        expect(answer).toMatchObject({ status: 401, json: { code: 'unauthenticated' } });
        const large = await shop.post(path(), ids(20_000), { key: null, token });
        expect([401, 413]).toContain(large.status);
      }
      expect([await rows(), await audit()]).toEqual(before);
    });

    it.each(['viewer', 'service'] as const)(
      'B51 does nothing for a %s, and says so',
      async (role) => {
        const before = await rows();
        const known = (await audit()).length;
        const answer = await shop.post(path(), body, { key: null, token: TEST_TOKENS[role] });
        expect(answer).toMatchObject({ status: 403, json: { code: 'forbidden' } });
        expect(await rows()).toEqual(before);
        expect((await audit()).slice(known)).toMatchObject([
          { actor: `${role}-of-tests`, action, result: 'forbidden' },
        ]);
      },
    );

    it('B51 succeeds when it is as it should be', async () => {
      expect([200, 202]).toContain((await shop.post(path(), body, OPERATOR)).status);
      await eventually(async () => {
        const [left] = await shop.database.query(
          `select (select count(*)::integer from replays where status = 'running') as replays,
                  (select count(*)::integer from inbox where status = 'received') as events`,
        );
        expect(left).toEqual({ replays: 0, events: 0 });
      });
    });
  });

  it('B51 bulk: a million ids are refused before they are read, however they come', async () => {
    const before = await rows();
    const known = (await audit()).length;
    const residentBefore = await residentBytes();
    for (let time = 0; time < 5; time += 1) {
      expect(await sendMillion({ 'content-length': 39_000_000 })).toBe(413);
      expect(await sendMillion({ 'transfer-encoding': 'chunked' })).toBe(413);
    }
    expect(await rows()).toEqual(before);
    const written = (await audit()).slice(known);
    expect(written).toHaveLength(10);
    expect(new Set(written.map(({ result }) => result))).toEqual(new Set(['body_too_large']));
    // Ten bodies of 39 MB would be 390 MB; each is cut off after a megabyte at most.
    expect((await residentBytes()) - residentBefore).toBeLessThan(150 * MEBIBYTE);
    expect((await shop.post('/v1/replays', { ids: [eventId] }, OPERATOR)).status).toBe(202);
  });

  /** Sends as much of a million ids as is taken; the status. */
  async function sendMillion(framing: Readonly<Record<string, unknown>>): Promise<number> {
    const raw = await openRaw(shop.service.url);
    raw.write(
      head('POST /v1/replays HTTP/1.1', {
        host: 'x',
        authorization: `Bearer ${TEST_TOKENS.operator}`,
        'content-type': 'application/json',
        ...framing,
      }),
    );
    const part = `"${NOBODY}",`.repeat(1000);
    const chunk = `${part.length.toString(16)}\r\n${part}\r\n`;
    // A length says at once that it is too much; without one, it is read until it is. No more than
    // that is sent: who goes on sending to somebody who has hung up may miss the answer.
    const chunks = 'transfer-encoding' in framing ? Math.ceil(MEBIBYTE / part.length) : 0;
    for (let sent = 0; sent < chunks; sent += 1) raw.write(chunk);
    const [status = 0] = await raw.answers(1);
    raw.destroy();
    return status;
  }

  async function residentBytes(): Promise<number> {
    const { text } = await shop.get('/metrics');
    return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]);
  }
});
