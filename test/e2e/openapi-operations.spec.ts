import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { failDispatch } from '../../src/outbox/dispatch.queries.js';
import { createAgreement, type ApiDocument } from '../support/api-document.js';
import { eventually } from '../support/eventually.js';
import { TEST_TOKENS } from '../support/service-environment.js';
import { Shop, type CommandAnswer, type CommandOptions } from '../support/shop.js';
import { objectOf, Story } from '../support/story.js';
import { WebhookClient } from '../support/webhook-client.js';

const NOBODY = randomUUID();
const SECOND_OPERATOR = 'token-of-a-second-operator';
const OPERATOR: CommandOptions = { key: null, token: TEST_TOKENS.operator };
const SECOND: CommandOptions = { key: null, token: SECOND_OPERATOR };
/** From so much at stake on, two people decide. */
const SECOND_PERSON_MINOR = 1000;
const REPLAY_MAX = 4;

describe('the OpenAPI document and what operators are really answered', () => {
  let shop: Shop;
  let client: WebhookClient;
  let told: ReturnType<typeof createAgreement>;

  beforeAll(async () => {
    const tokens = Object.entries(TEST_TOKENS).map(([role, token]) => `${role}:${role}:${token}`);
    shop = await Shop.open({
      API_TOKENS: [...tokens, `second:operator:${SECOND_OPERATOR}`].join(','),
      OUTSIDE_CONSUMERS: 'shipping=order.*', // nobody reads its queue
      REVIEW_SECOND_PERSON_MINOR: String(SECOND_PERSON_MINOR),
      REPLAY_MAX: String(REPLAY_MAX),
    });
    client = new WebhookClient(shop.service.url);
    told = createAgreement((await shop.get('/docs-json')).json as ApiDocument);
  });

  afterAll(async () => {
    client.close();
    await shop.close();
  });

  const read = async (route: string, path: string, token?: string) =>
    told(`GET ${route}`, await shop.get(path, token));

  /** Sends a command; gives back the code or status, and the answer. */
  async function act(
    route: string,
    path: string,
    body?: unknown,
    options: CommandOptions = OPERATOR,
  ): Promise<{ is: string | number; json: CommandAnswer['json'] }> {
    const answer = await shop.post(path, body, options);
    return { is: told(`POST ${route}`, answer), json: answer.json };
  }

  /** What every route of operators says to whom it refuses. */
  async function expectGuarded(route: string, path: string): Promise<void> {
    for (const role of ['viewer', 'service'] as const) {
      const answer = await act(route, path, {}, { key: null, token: TEST_TOKENS[role] });
      expect([route, role, answer.is]).toEqual([route, role, 'forbidden']);
    }
    const unknown = await act(route, path, {}, { key: null, token: 'of nobody' });
    expect([route, unknown.is]).toEqual([route, 'unauthenticated']);
    const headers = { 'content-type': 'text/plain' };
    const text = await act(route, path, 'x', { ...OPERATOR, headers });
    expect([route, text.is]).toEqual([route, 'unsupported_media_type']);
    const large = await act(route, path, { padding: 'x'.repeat(70_000) });
    expect([route, large.is]).toEqual([route, 'body_too_large']);
    expect([route, (await act(route, path, '{')).is]).toEqual([route, 'bad_request']);
  }

  /** Delivers an event that can never be used; returns our id of it when it is dead. */
  async function deadEvent(): Promise<string> {
    const event = new Story().stripe('payment_intent.succeeded', (payload) => {
      Object.assign(objectOf('stripe', payload), { amount: 'fifty', amount_received: 'fifty' });
    });
    await client.expectAccepted(event);
    const found = await eventually(async () => {
      const page = (await shop.get(`/v1/events?eventId=${event.eventId}`)).json as Page;
      if (!page.data[0]) throw new Error('the event is not there');
      return page.data[0].id;
    });
    await statusOf(found, 'dead');
    return found;
  }

  const statusOf = (id: string, status: string) =>
    eventually(async () => {
      expect((await shop.get(`/v1/events/${id}`)).json).toMatchObject({ status });
    });

  it('agree about dead letters, what they are and what is done with them', async () => {
    const id = await deadEvent();
    const at = `/v1/events/${id}`;
    expect(
      await read('/v1/events', '/v1/events?status=dead&code=amount_unusable&text=succeeded'),
    ).toBe(200);
    expect(await read('/v1/events', '/v1/events?code=amount_unusable')).toBe('bad_request');
    expect(await read('/v1/events/{id}', at)).toBe(200);
    expect(await read('/v1/dead-letters', '/v1/dead-letters')).toBe(200);
    expect((await shop.get('/v1/dead-letters')).json).toMatchObject({
      events: [{ provider: 'stripe', code: 'amount_unusable', count: 1 }],
    });

    const raw = '/v1/events/{id}/raw';
    expect(await read(raw, `${at}/raw`, TEST_TOKENS.operator)).toBe(200);
    expect(await read(raw, `${at}/raw`)).toBe('forbidden');
    expect(await read(raw, `/v1/events/${NOBODY}/raw`, TEST_TOKENS.operator)).toBe('not_found');
    expect(await read(raw, '/v1/events/1/raw', TEST_TOKENS.operator)).toBe('bad_request');

    const replay = '/v1/events/{id}/replay';
    await expectGuarded(replay, `${at}/replay`);
    const dryRun = await act(replay, `${at}/replay`, { dryRun: true });
    expect(dryRun).toMatchObject({ is: 200, json: { changes: [{ outcome: 'dead' }] } });
    const replayed = await act(replay, `${at}/replay`, { reason: 'once more' });
    expect(replayed).toMatchObject({ is: 200, json: { isReplayed: true, replays: 1 } });
    await statusOf(id, 'dead');
    expect((await act(replay, `/v1/events/${NOBODY}/replay`)).is).toBe('not_found');
    expect((await act(replay, '/v1/events/1/replay')).is).toBe('bad_request');

    const discard = '/v1/events/{id}/discard';
    await expectGuarded(discard, `${at}/discard`);
    const reason = { reason: 'a test' };
    expect((await act(discard, `${at}/discard`)).is).toBe('bad_request');
    const discarded = await act(discard, `${at}/discard`, reason);
    expect(discarded).toMatchObject({ is: 200, json: { isDiscarded: true, status: 'discarded' } });
    expect((await act(discard, `${at}/discard`, reason)).json).toMatchObject({
      isDiscarded: false,
    });
    expect((await act(discard, `/v1/events/${NOBODY}/discard`, reason)).is).toBe('not_found');
    const applied = await appliedEvent();
    expect((await act(discard, `/v1/events/${applied}/discard`, reason)).is).toBe('event_not_dead');
    expect(await read('/v1/events/{id}', at)).toBe(200);
    expect((await shop.get(at)).json).toMatchObject({ replays: [{}, { action: 'discard' }] });
  });

  it('agree about dry runs that change payments and orders', async () => {
    const reference = await shop.order();
    await paid(reference);
    await shop.orderIs(reference, 'paid');
    const { data } = (await shop.get('/v1/events?status=applied')).json as Page;
    const ids = data.map((event) => event.id);
    const dryRun = await act('/v1/replays', '/v1/replays', { ids, dryRun: true });
    expect(dryRun).toMatchObject({ is: 200, json: { dryRun: true, matched: ids.length } });
  });

  it('agree about replays of many', async () => {
    const route = '/v1/replays';
    const post = (body: unknown, options?: CommandOptions) => act(route, route, body, options);
    await expectGuarded(route, route);
    const ids = [await deadEvent(), await deadEvent(), await deadEvent()];
    const filter = { code: 'amount_unusable' };
    expect(await post({ filter, dryRun: true })).toMatchObject({
      is: 200,
      json: { matched: 3, examined: 3 },
    });
    const withKey = { ...OPERATOR, key: randomUUID() };
    const order = { filter, reason: 'fixed' };
    const started = await post(order, withKey);
    expect(started).toMatchObject({ is: 202, json: { total: 3, status: 'running' } });
    const { id } = started.json as { id: string };
    expect(await post(order, withKey)).toMatchObject({ is: 200, json: { id } });
    expect((await post({ filter }, withKey)).is).toBe('idempotency_key_reused');
    expect((await post(order, { ...OPERATOR, key: 'two words' })).is).toBe(
      'idempotency_key_malformed',
    );
    expect(await post({ ids: [NOBODY] })).toMatchObject({
      is: 'not_found',
      json: { unknown: [NOBODY] },
    });
    expect((await post({ filter, ids })).is).toBe('bad_request');
    await eventually(async () => {
      const replay = await shop.get(`${route}/${id}`);
      expect(told('GET /v1/replays/{id}', replay)).toBe(200);
      expect(replay.json).toMatchObject({ status: 'done', done: 3, results: { dead: 3 } });
    });
    expect(await read(route, route)).toBe(200);
    expect(await read('/v1/replays/{id}', `${route}/${NOBODY}`)).toBe('not_found');
    expect(await read('/v1/replays/{id}', `${route}/1`)).toBe('bad_request');
    await Promise.all([deadEvent(), deadEvent()]);
    expect((await post({ filter })).is).toBe('replay_too_large');

    const slow = await post({ ids, perSecond: 1 });
    const at = `${route}/${(slow.json as { id: string }).id}`;
    const steer = async (how: string, of = at) =>
      (await act(`/v1/replays/{id}/${how}`, `${of}/${how}`)).is;
    for (const how of ['pause', 'pause', 'resume', 'resume', 'cancel', 'cancel']) {
      expect([how, await steer(how)]).toEqual([how, 200]);
    }
    for (const how of ['pause', 'resume']) {
      expect([how, await steer(how)]).toEqual([how, 'replay_finished']);
    }
    for (const how of ['pause', 'resume', 'cancel']) {
      await expectGuarded(`/v1/replays/{id}/${how}`, `${at}/${how}`);
      expect([how, await steer(how, `${route}/${id}`)]).toEqual([how, 'replay_finished']);
      expect([how, await steer(how, `${route}/${NOBODY}`)]).toEqual([how, 'not_found']);
    }
    expect(await read('/v1/replays/{id}', at)).toBe(200);
  });

  it('agree about messages that are discarded', async () => {
    const reference = await shop.order();
    await paid(reference);
    await shop.orderIs(reference, 'paid');
    const route = '/v1/consumers/{consumer}/messages/{id}/discard';
    const [dead, pending] = await eventually(async () => {
      const { data } = (await shop.get('/v1/consumers/shipping/messages')).json as Page;
      const ours = data.filter(({ subject }) => subject === reference);
      expect(ours.length).toBeGreaterThan(1);
      return ours.map(({ id }) => `/v1/consumers/shipping/messages/${id}`) as [string, string];
    });
    await refuse(dead.split('/').at(-1) ?? '');
    await expectGuarded(route, `${dead}/discard`);
    const reason = { reason: 'sent by hand' };
    expect((await act(route, `${dead}/discard`)).is).toBe('bad_request');
    const discarded = await act(route, `${dead}/discard`, reason);
    expect(discarded).toMatchObject({ is: 200, json: { isDiscarded: true, status: 'discarded' } });
    expect((await act(route, `${dead}/discard`, reason)).json).toMatchObject({
      isDiscarded: false,
    });
    expect((await act(route, `${pending}/discard`, reason)).is).toBe('message_not_dead');
    const elsewhere = dead.replace('shipping', 'nobody');
    expect((await act(route, `${elsewhere}/discard`, reason)).is).toBe('not_found');
    const list = '/v1/consumers/{consumer}/messages';
    expect(await read(list, '/v1/consumers/shipping/messages?status=discarded')).toBe(200);
    const back = await act(route.replace('discard', 'replay'), `${dead}/replay`, {
      reason: 'it was not',
    });
    expect(back).toMatchObject({ is: 200, json: { isReplayed: true } });
    const many = { target: 'messages', filter: { consumer: 'shipping' }, dryRun: true };
    expect((await act('/v1/replays', '/v1/replays', many)).is).toBe(200);
  });

  it('agree about reviews, and what is told of an order that had one', async () => {
    const { at, reference } = await reviewOf(SECOND_PERSON_MINOR);
    expect(await read('/v1/reviews', `/v1/reviews?status=open&order=${reference}`)).toBe(200);
    expect(await read('/v1/reviews/{id}', at)).toBe(200);
    expect(await read('/v1/reviews/{id}', `/v1/reviews/${NOBODY}`)).toBe('not_found');

    const review = async (how: string, body?: unknown, options?: CommandOptions) =>
      (await act(`/v1/reviews/{id}/${how}`, `${at}/${how}`, body, options)).is;
    for (const how of ['claim', 'release', 'resolve']) {
      await expectGuarded(`/v1/reviews/{id}/${how}`, `${at}/${how}`);
      const body = how === 'resolve' ? { resolution: 'accept', reason: 'x' } : {};
      const path = `/v1/reviews/${NOBODY}/${how}`;
      expect((await act(`/v1/reviews/{id}/${how}`, path, body)).is).toBe('not_found');
    }
    expect(await review('claim')).toBe(200);
    expect(await review('claim', {}, SECOND)).toBe('review_claimed');
    expect(await review('resolve', { resolution: 'accept', reason: 'x' }, SECOND)).toBe(
      'review_claimed',
    );
    expect(await review('claim', { takeOver: true }, SECOND)).toBe(200);
    expect(await review('release', undefined, SECOND)).toBe(200);

    const refund = { resolution: 'refund', reason: 'paid too much' };
    expect(await review('resolve', { resolution: 'refund' })).toBe('bad_request');
    expect(await review('resolve', refund)).toBe(202);
    expect(await read('/v1/reviews/{id}', at)).toBe(200);
    expect(await review('resolve', refund)).toBe('second_person_needed');
    expect(await review('resolve', refund, SECOND)).toBe(200);
    const late = await act('/v1/reviews/{id}/resolve', `${at}/resolve`, refund);
    expect(late).toMatchObject({ is: 'review_closed', json: { resolvedBy: 'second' } });
    expect(await review('claim')).toBe('review_closed');
    expect(await read('/v1/reviews/{id}', at)).toBe(200);

    expect(await read('/v1/orders/{reference}', `/v1/orders/${reference}`)).toBe(200);
    const timeline = `/v1/orders/${reference}/timeline`;
    expect(await read('/v1/orders/{reference}/timeline', timeline)).toBe(200);
    const kinds = (await shop.get(timeline)).json.data.map(({ kind }: { kind: string }) => kind);
    expect(kinds).toEqual(
      expect.arrayContaining(['command', 'delivery', 'fact', 'transition', 'ledger', 'review']),
    );
    expect(await read('/v1/orders/{reference}/timeline', `/v1/orders/${NOBODY}/timeline`)).toBe(
      'not_found',
    );
  });

  it('agree about decisions of one person, under a key', async () => {
    const { at } = await reviewOf(SECOND_PERSON_MINOR - 1);
    const route = '/v1/reviews/{id}/resolve';
    const withKey = { ...OPERATOR, key: randomUUID() };
    const resolve = async (body: unknown, options: CommandOptions = withKey) =>
      (await act(route, `${at}/resolve`, body, options)).is;
    const other = { resolution: 'refund', reason: 'x', paymentId: NOBODY };
    expect(await resolve(other, OPERATOR)).toBe('not_found');
    const accept = { resolution: 'accept', reason: 'agreed by phone' };
    expect(await resolve(accept)).toBe(200);
    expect(await resolve(accept)).toBe(200);
    expect(await resolve(other)).toBe('idempotency_key_reused');
    expect(await resolve(accept, { ...OPERATOR, key: 'two words' })).toBe(
      'idempotency_key_malformed',
    );
    expect(await resolve(accept, OPERATOR)).toBe('review_closed');
  });

  it('agree about the audit, and about how the service fares', async () => {
    expect(await read('/v1/audit', '/v1/audit')).toBe(200);
    const started = await shop.get('/v1/audit?action=replay.start&actor=operator');
    expect(told('GET /v1/audit', started)).toBe(200);
    expect((started.json as Page).data.length).toBeGreaterThan(0);
    expect(await read('/v1/audit', '/v1/audit', TEST_TOKENS.service)).toBe('forbidden');
    expect(await read('/v1/audit', '/v1/audit?action=nothing')).toBe('bad_request');
    expect(await read('/v1/audit', '/v1/audit?from=2036-01-01T00:00:00Z')).toBe('bad_request');
    expect(await read('/v1/overview', '/v1/overview?minutes=5')).toBe(200);
    expect(await read('/v1/overview', '/v1/overview?minutes=0')).toBe('bad_request');
    expect(await read('/v1/queues', '/v1/queues')).toBe(200);
    expect(await read('/v1/settings', '/v1/settings')).toBe(200);
    for (const path of ['/v1/audit', '/v1/replays', '/v1/reviews', '/v1/dead-letters']) {
      expect(await read(path, path, 'of nobody')).toBe('unauthenticated');
    }
  });

  /** An event that has done its work. */
  async function appliedEvent(): Promise<string> {
    const reference = await shop.order();
    await paid(reference);
    return eventually(async () => {
      const { data } = (await shop.get('/v1/events?status=applied&limit=1')).json as Page;
      return data[0]!.id;
    });
  }

  /** Somebody pays for an order; `amountMinor` may be more than he owes. */
  async function paid(reference: string, amountMinor?: number): Promise<{ id: string }> {
    const payment = await shop.payment(reference);
    const options = amountMinor === undefined ? {} : { amountMinor };
    shop.standIn.stripe.pay(payment.providerPaymentId, options);
    await shop.post(`/v1/payments/${payment.id}/verify`, undefined, { key: null });
    return payment;
  }

  /** An order that was paid too much for: its review, and its reference. */
  async function reviewOf(excessMinor: number): Promise<{ at: string; reference: string }> {
    const reference = await shop.order(5000);
    await paid(reference, 5000 + excessMinor);
    await shop.orderIs(reference, 'in_review');
    const { data } = (await shop.get(`/v1/reviews?order=${reference}`)).json as Page;
    expect(data).toMatchObject([{ reason: 'amount_mismatch', amountMinor: excessMinor }]);
    return { at: `/v1/reviews/${data[0]!.id}`, reference };
  }

  /** The consumer reports that it can never use a message. */
  async function refuse(messageId: string): Promise<void> {
    const connection = new pg.Client({ connectionString: shop.database.url });
    await connection.connect();
    const failure = { code: 'consumer_refused', message: 'no such article', isFinal: true };
    const key = { messageId, tries: 0, retryInMs: 0, attemptsMax: 8 };
    await failDispatch(connection, 'shipping', { ...failure, ...key });
    await connection.end();
  }
});

interface Page {
  readonly data: readonly { readonly id: string; readonly subject?: string }[];
}
