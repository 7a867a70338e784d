import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_ACCOUNT } from '../../../src/providers/provider.js';
import type { ProviderApi } from '../../../src/providers/provider-api.js';
import { createStripeApi } from '../../../src/providers/stripe/stripe.api.js';
import {
  apiOptions,
  codeOf,
  failureOf,
  paymentStart,
  refundOrder,
  STRIPE_KEY,
} from './api-harness.js';
import { closedUrl, ScriptedServer, type ScriptedAnswer } from './scripted-server.js';

let server: ScriptedServer;
let api: ProviderApi;

beforeAll(async () => {
  server = await ScriptedServer.start();
});

beforeEach(() => {
  server.requests.length = 0;
  api = createStripeApi(apiOptions(server.url), 'order_id');
});

afterAll(() => server.close());

const start = () => api.startPayment(paymentStart());
const observe = () => api.observePayment({ account: DEFAULT_ACCOUNT, providerPaymentId: 'pi_1' });

const failWith = (status: number, error: object, headers = {}): void => {
  server.answer = () => ({ status, json: { error }, headers });
};

describe('a failure of Stripe', () => {
  it('is told in few words, however much Stripe says', async () => {
    const endless = 'x'.repeat(500_000);
    failWith(402, { type: 'card_error', code: endless, message: endless });
    const { message } = await failureOf(start());
    expect(message.length).toBeLessThan(1000);
  });

  const answers: ReadonlyArray<readonly [string, ScriptedAnswer, string, string]> = [
    [
      'a 500',
      { status: 500, json: { error: { type: 'api_error', message: 'oops' } } },
      'provider_outcome_unknown',
      'provider_unavailable',
    ],
    [
      'a 502 of a proxy, in HTML',
      { status: 502, text: '<html>Bad gateway</html>' },
      'provider_outcome_unknown',
      'provider_unavailable',
    ],
    [
      'a 503 of a proxy, in JSON',
      { status: 503, json: { message: 'no upstream' } },
      'provider_outcome_unknown',
      'provider_unavailable',
    ],
    [
      'a 200 that is no JSON',
      { text: '<html>hello</html>' },
      'provider_outcome_unknown',
      'provider_unavailable',
    ],
    ['a 200 that is null', { text: 'null' }, 'provider_outcome_unknown', 'provider_unavailable'],
    [
      'a connection that is closed',
      { raw: (response) => response.destroy() },
      'provider_outcome_unknown',
      'provider_unavailable',
    ],
    [
      'an answer that breaks off',
      {
        raw: (response) => {
          response.writeHead(200, { 'content-length': '1000' }).write('{"id":');
          setImmediate(() => response.destroy());
        },
      },
      'provider_outcome_unknown',
      'provider_unavailable',
    ],
    [
      'a 429',
      { status: 429, json: { error: { code: 'rate_limit', message: 'slow down' } } },
      'provider_unavailable',
      'provider_unavailable',
    ],
    [
      'a lock',
      { status: 429, json: { error: { code: 'lock_timeout', message: 'locked' } } },
      'provider_unavailable',
      'provider_unavailable',
    ],
    [
      'a 401',
      { status: 401, json: { error: { message: `Invalid API Key: ${STRIPE_KEY}` } } },
      'provider_not_configured',
      'provider_not_configured',
    ],
    [
      'a 403',
      { status: 403, json: { error: { message: 'not permitted' } } },
      'provider_not_configured',
      'provider_not_configured',
    ],
    [
      'a 400',
      { status: 400, json: { error: { code: 'amount_too_small', message: 'too small' } } },
      'provider_refused',
      'provider_refused',
    ],
    [
      'a 404',
      { status: 404, json: { error: { code: 'resource_missing', message: 'No such' } } },
      'provider_refused',
      'provider_refused',
    ],
  ];

  it.each(answers)('%s', async (_what, answer, onWrite, onRead) => {
    server.answer = () => answer;
    expect(await codeOf(start())).toBe(onWrite);
    expect(await codeOf(observe())).toBe(onRead);
  });

  it('is an outcome that nobody knows when there is no answer in time', async () => {
    server.answer = () => ({ raw: () => undefined });
    api = createStripeApi(apiOptions(server.url, { timeoutMs: 50 }), 'order_id');
    expect(await codeOf(start())).toBe('provider_outcome_unknown');
    expect(await codeOf(observe())).toBe('provider_unavailable');
  });

  it('is one that never happened there when nobody listens', async () => {
    api = createStripeApi(apiOptions(await closedUrl()), 'order_id');
    const { code, message } = await failureOf(start());
    expect([code, message]).toEqual([
      'provider_unavailable',
      'stripe could not be reached: ECONNREFUSED',
    ]);
  });

  it('is one that never happened there when the key is in use by another request', async () => {
    failWith(409, { type: 'idempotency_error', code: 'idempotency_key_in_use', message: 'busy' });
    expect(await codeOf(start())).toBe('provider_unavailable');
  });

  it('is unknown when the same was asked for in other words before', async () => {
    failWith(400, { type: 'idempotency_error', message: 'other parameters' });
    expect(await codeOf(start())).toBe('provider_outcome_unknown');
  });

  it('tells why it was refused, and nothing that could be used', async () => {
    failWith(402, {
      type: 'card_error',
      code: 'card_declined',
      message: `Declined: 4242 4242 4242 4242 of buyer@example.com, ${STRIPE_KEY}, pi_1_secret_x`,
      payment_intent: { id: 'pi_1', client_secret: 'pi_1_secret_x' },
    });
    const failure = await failureOf(api.refundPayment(refundOrder('pi_1')));
    expect(failure.message).toBe(
      'stripe refused: card_declined: Declined: [removed] of [removed], [removed], [removed]',
    );
    expect(failure.cause).toBeUndefined();
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('_secret_');
  });

  it('does not tell any of the key that was not accepted', async () => {
    failWith(401, { message: `Invalid API Key provided: ${STRIPE_KEY}` });
    expect((await failureOf(start())).message).not.toContain('sk_');
  });

  it('is that there is no key when there is none for the account', async () => {
    expect(await codeOf(api.startPayment(paymentStart({ account: 'other' })))).toBe(
      'provider_not_configured',
    );
    expect(server.requests).toEqual([]);
  });

  it.each<[string, ScriptedAnswer]>([
    ['an outage', { status: 500, json: { error: { message: 'oops' } } }],
    ['a connection that is closed', { raw: (response) => response.destroy() }],
    ['a reset', { raw: (response) => response.socket?.resetAndDestroy() }],
  ])('is not repeated behind our back: %s', async (_what, answer) => {
    server.answer = () => answer;
    await failureOf(start());
    expect(server.paths).toEqual(['POST /v1/payment_intents']);
  });

  it('breaks the circuit when it goes on', async () => {
    const options = apiOptions(server.url, { breakerFailuresMax: 2, breakerPauseMs: 60_000 });
    api = createStripeApi(options, 'order_id');
    failWith(500, { message: 'oops' });
    for (let time = 0; time < 5; time += 1) await failureOf(start());
    expect(server.requests).toHaveLength(2);
    expect(await codeOf(start())).toBe('provider_unavailable');
  });

  it('is not an outage when Stripe repeats what it has kept', async () => {
    const options = apiOptions(server.url, { breakerFailuresMax: 2, breakerPauseMs: 60_000 });
    api = createStripeApi(options, 'order_id');
    server.answer = ({ method }) =>
      method === 'POST'
        ? { status: 500, json: { error: {} }, headers: { 'idempotent-replayed': 'true' } }
        : { json: { object: 'list', data: [], has_more: false } };
    for (let time = 0; time < 5; time += 1) {
      expect(await codeOf(start())).toBe('provider_outcome_unknown');
    }
    expect(server.requests).toHaveLength(10);
  });
});

describe('the API of Stripe', () => {
  it('knows which accounts it can be asked for, and in which mode', () => {
    const keys = new Map([
      [DEFAULT_ACCOUNT, ['sk_test_1']],
      ['live', ['rk_live_1', 'sk_test_1']],
      ['odd', ['a key of another form']],
    ]);
    api = createStripeApi(apiOptions(server.url, { keys }), 'order_id');
    expect(['default', 'live', 'odd', 'none'].map((one) => api.hasAccount(one))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(['default', 'live', 'odd', 'none'].map((one) => api.livemodeOf(one))).toEqual([
      false,
      true,
      null,
      null,
    ]);
    expect([api.isFailureFinal, api.needsEmail]).toEqual([false, false]);
  });

  it('is asked with the newest key of the account', async () => {
    server.answer = () => ({ json: { id: 'pi_1', client_secret: 'pi_1_secret_x' } });
    await start();
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${STRIPE_KEY}`);
  });

  it('is found by a name that is an IPv6 address, too', async () => {
    const url = (await closedUrl()).replace('127.0.0.1', '[::1]');
    api = createStripeApi(apiOptions(url), 'order_id');
    expect((await failureOf(start())).message).toMatch(/could not be reached: E/);
  });
});
