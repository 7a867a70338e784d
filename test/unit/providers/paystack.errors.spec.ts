import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ProviderApi } from '../../../src/providers/provider-api.js';
import { DEFAULT_ACCOUNT } from '../../../src/providers/provider.js';
import { createPaystackApi } from '../../../src/providers/paystack/paystack.api.js';
import { apiOptions, codeOf, failureOf, PAYSTACK_KEY, paymentStart } from './api-harness.js';
import { closedUrl, ScriptedServer, type ScriptedAnswer } from './scripted-server.js';

let server: ScriptedServer;
let api: ProviderApi;

const createApi = (url: string, given: Parameters<typeof apiOptions>[1] = {}) => {
  const keys = new Map([[DEFAULT_ACCOUNT, [PAYSTACK_KEY]]]);
  return createPaystackApi(apiOptions(url, { keys, ...given }), 'order_id');
};

beforeAll(async () => {
  server = await ScriptedServer.start();
});

beforeEach(() => {
  server.requests.length = 0;
  api = createApi(server.url);
});

afterAll(() => server.close());

const start = () => api.startPayment(paymentStart());
const observe = () => api.observePayment({ account: DEFAULT_ACCOUNT, providerPaymentId: 'ref' });
const no = (message: string, code?: string) => ({ status: false, message, code });

describe('a failure of Paystack', () => {
  const unknown = ['provider_outcome_unknown', 'provider_unavailable'] as const;
  const answers: ReadonlyArray<readonly [string, ScriptedAnswer, string, string]> = [
    ['a 500', { status: 500, json: no('An error occurred') }, ...unknown],
    ['a 502 of a proxy', { status: 502, text: '<html>Bad gateway</html>' }, ...unknown],
    ['a 404 of a proxy', { status: 404, text: '<html>Not here</html>' }, ...unknown],
    ['a 200 that is no JSON', { text: '<html>Please wait</html>' }, ...unknown],
    ['a 200 that does not say true', { json: no('No') }, ...unknown],
    ['a 200 without the data', { json: { status: true } }, ...unknown],
    [
      'a redirect',
      { status: 302, headers: { location: 'http://127.0.0.1:1/' }, text: '' },
      ...unknown,
    ],
    ['a connection that is closed', { raw: (response) => response.destroy() }, ...unknown],
    ['an answer without an end', { text: 'x'.repeat(5 * 1024 * 1024) }, ...unknown],
    [
      'a 429',
      { status: 429, json: no('Too many') },
      'provider_unavailable',
      'provider_unavailable',
    ],
    [
      'a 401',
      { status: 401, json: no('Invalid key') },
      'provider_not_configured',
      'provider_not_configured',
    ],
    [
      'a 403',
      { status: 403, text: 'Forbidden' },
      'provider_not_configured',
      'provider_not_configured',
    ],
    ['a 400', { status: 400, json: no('Invalid Amount') }, 'provider_refused', 'provider_refused'],
    ['a 404', { status: 404, json: no('Not found') }, 'provider_refused', 'provider_refused'],
  ];

  it.each(answers)('%s', async (_what, answer, onWrite, onRead) => {
    server.answer = () => answer;
    expect(await codeOf(start())).toBe(onWrite);
    expect(await codeOf(observe())).toBe(onRead);
  });

  it('is an outcome that nobody knows when there is no answer in time', async () => {
    server.answer = () => ({ raw: () => undefined });
    api = createApi(server.url, { timeoutMs: 50 });
    expect(await codeOf(start())).toBe('provider_outcome_unknown');
    expect(await codeOf(observe())).toBe('provider_unavailable');
  });

  it('is one that never happened there when nobody listens', async () => {
    api = createApi(await closedUrl());
    const { code, message } = await failureOf(start());
    expect([code, message]).toEqual([
      'provider_unavailable',
      'paystack could not be reached: ECONNREFUSED',
    ]);
  });

  it('tells why it was refused, and nothing that could be used', async () => {
    server.answer = () => ({ status: 400, json: no(`No: ${PAYSTACK_KEY}`, 'invalid_params') });
    const failure = await failureOf(start());
    expect(failure.message).toBe('paystack refused: invalid_params: No: [removed]');
    expect(failure.cause).toBeUndefined();
  });

  it('breaks the circuit when it goes on', async () => {
    api = createApi(server.url, { breakerFailuresMax: 2, breakerPauseMs: 60_000 });
    server.answer = () => ({ status: 500, json: {} });
    for (let time = 0; time < 5; time += 1) await failureOf(start());
    expect(server.requests).toHaveLength(2);
  });
});

describe('the API of Paystack', () => {
  it('knows which accounts it can be asked for, and in which mode', () => {
    expect([api.hasAccount(DEFAULT_ACCOUNT), api.hasAccount('other')]).toEqual([true, false]);
    expect([api.livemodeOf(DEFAULT_ACCOUNT), api.livemodeOf('other')]).toEqual([true, null]);
    expect([api.isFailureFinal, api.needsEmail]).toEqual([true, true]);
  });

  it('is not asked without a key of the account, nor without an e-mail address', async () => {
    expect(await codeOf(api.startPayment(paymentStart({ account: 'other' })))).toBe(
      'provider_not_configured',
    );
    const customer = { email: null, name: null };
    expect(await codeOf(api.startPayment(paymentStart({ customer })))).toBe('provider_refused');
    expect(server.requests).toEqual([]);
  });

  it('is not asked to cancel, since it cannot', async () => {
    await api.cancelPayment({ account: DEFAULT_ACCOUNT, providerPaymentId: 'ref' });
    expect(server.requests).toEqual([]);
  });

  it('keeps a reference inside of its place in the address', async () => {
    server.answer = () => ({ status: 404, json: no('Not found') });
    const providerPaymentId = '../../refund?a=1#b';
    await failureOf(api.observePayment({ account: DEFAULT_ACCOUNT, providerPaymentId }));
    expect(server.paths).toEqual(['GET /transaction/verify/..%2F..%2Frefund%3Fa%3D1%23b']);
  });
});
