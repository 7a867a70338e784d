import type { LookupAddress } from 'node:dns';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  createCrmConsumer,
  type CrmConsumer,
  type CrmOptions,
  type CrmSurroundings,
} from '../../../src/consumers/crm/crm.consumer.js';
import { NotNow } from '../../../src/consumers/consumer.js';
import { messageSchema } from '../../../src/outbox/message.js';
import { eventually } from '../../support/eventually.js';
import { closedUrl, ScriptedServer } from '../providers/scripted-server.js';
import { accepts, aMessage, crmOptions, OLD_SECRET, SECRET } from './crm-harness.js';

let server: ScriptedServer;
let consumers: CrmConsumer[];

beforeEach(async () => {
  server = await ScriptedServer.start();
  consumers = [];
});

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(consumers.map((one) => one.close()));
  await server.close();
});

/** A consumer that sends to the server of the test, unless the changes say otherwise. */
function consumerWith(
  changes: Partial<CrmOptions> = {},
  surroundings: Partial<CrmSurroundings> = {},
): CrmConsumer {
  const url = `${server.url}/hooks/a?b=c`;
  const consumer = createCrmConsumer(crmOptions(url, changes), surroundings);
  consumers.push(consumer);
  return consumer;
}

/** What the consumer throws for a message. */
async function failureOf(consumer: CrmConsumer): Promise<Error> {
  try {
    await consumer.consume(aMessage());
  } catch (error) {
    return error as Error;
  }
  throw new Error('the message was taken');
}

describe('what the crm gets', () => {
  it('is the message, under its name and to its types', async () => {
    const consumer = consumerWith({ types: ['order.*'] });
    expect([consumer.name, consumer.types]).toEqual(['crm', ['order.*']]);
    const message = aMessage();
    await consumer.consume(message);
    expect(server.paths).toEqual(['POST /hooks/a?b=c']);
    const [{ headers, body }] = server.requests as [(typeof server.requests)[0]];
    expect(messageSchema.parse(JSON.parse(body))).toEqual(message);
    expect(headers).toMatchObject({
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      'user-agent': 'tollgate',
      'webhook-id': message.id,
      'idempotency-key': message.id,
    });
  });

  it('is signed at the time of the attempt, over the bytes that arrive', async () => {
    const consumer = consumerWith({}, { nowMs: () => 1_614_265_330_999 });
    await consumer.consume(aMessage());
    const request = server.requests[0]!;
    expect(request.headers['webhook-timestamp']).toBe('1614265330');
    expect(await accepts(SECRET, request)).toBe(true);
    expect(await accepts(OLD_SECRET, request)).toBe(false);
    expect(await accepts(SECRET, { ...request, body: request.body.replace('5000', '9000') })).toBe(
      false,
    );
  });

  it('is accepted with either secret while they are exchanged', async () => {
    await consumerWith({ secrets: [SECRET, OLD_SECRET] }).consume(aMessage());
    const request = server.requests[0]!;
    expect(await accepts(SECRET, request)).toBe(true);
    expect(await accepts(OLD_SECRET, request)).toBe(true);
  });

  it('has the same id when it comes again', async () => {
    server.answer = (_request, number) => ({ status: number === 1 ? 500 : 204, text: '' });
    const consumer = consumerWith();
    const message = aMessage();
    await expect(consumer.consume(message)).rejects.toThrow(/answered 500/);
    await consumer.consume(message);
    const [first, second] = server.requests;
    expect(second!.body).toBe(first!.body);
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
  });
});

describe('an answer to the consumer', () => {
  it.each([301, 302, 307, 308])('is not followed when it redirects: %d', async (status) => {
    server.answer = ({ url }) =>
      url === '/elsewhere'
        ? { json: {} }
        : { status, headers: { location: `${server.url}/elsewhere` }, text: '' };
    expect(await failureOf(consumerWith())).toMatchObject({ code: 'consumer_failed' });
    expect(server.requests).toHaveLength(1);
  });

  it('ends the message when it is 410', async () => {
    server.answer = () => ({ status: 410, json: {} });
    expect(await failureOf(consumerWith())).toMatchObject({ code: 'consumer_refused' });
  });

  it.each([429, 503])('puts the message off with %d and Retry-After', async (status) => {
    server.answer = () => ({ status, headers: { 'retry-after': '30' }, json: {} });
    const failure = await failureOf(consumerWith());
    expect(failure).toBeInstanceOf(NotNow);
    expect(failure).toMatchObject({ retryInMs: 30_000 });
  });

  it('counts by its status when it is endless, and is not read to its end', async () => {
    let bytes = 0;
    const ended = new Promise((resolve) => {
      server.answer = () => ({
        raw: (response) => {
          response.writeHead(200);
          const pour = (): void => {
            while (!response.destroyed && response.write('x'.repeat(1024))) bytes += 1024;
          };
          response.on('drain', pour).on('close', resolve).on('error', resolve);
          pour();
        },
      });
    });
    await consumerWith().consume(aMessage());
    await ended; // since the consumer hung up
    expect(bytes).toBeLessThan(50 * 1024 * 1024); // what fits into the buffers between the two
  });

  it('is none when it breaks off', async () => {
    server.answer = () => ({
      raw: (response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('half', () => response.destroy());
      },
    });
    expect(await failureOf(consumerWith())).toMatchObject({
      code: 'consumer_failed',
      message: expect.stringMatching(/did not answer: UND_ERR_SOCKET$/),
    });
  });

  it('is none when its head does not come in time', async () => {
    server.answer = () => ({ raw: () => undefined });
    expect((await failureOf(consumerWith({ timeoutMs: 50 }))).message).toMatch(
      /did not answer: time was up after 50 ms$/,
    );
  });

  it('is none when its body does not end in time', async () => {
    server.answer = () => ({
      raw: (response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write('.'), 5);
        response.on('close', () => clearInterval(drip));
      },
    });
    expect(await failureOf(consumerWith({ timeoutMs: 100 }))).toMatchObject({
      code: 'consumer_failed',
    });
  });

  it('is none when the name is not resolved in time', async () => {
    const resolve = (): Promise<LookupAddress[]> => new Promise(() => undefined);
    const consumer = consumerWith({ url: 'http://slow.example/', timeoutMs: 50 }, { resolve });
    expect((await failureOf(consumer)).message).toMatch(/^slow.example did not answer: time/);
  });

  it('is none when nobody listens', async () => {
    const url = await closedUrl();
    expect(await failureOf(consumerWith({ url }))).toMatchObject({
      code: 'consumer_failed',
      message: `${new URL(url).host} did not answer: ECONNREFUSED`,
    });
  });

  it('is none when it is not HTTP', async () => {
    server.answer = () => ({ raw: (response) => response.socket?.end('SSH-2.0-OpenSSH\r\n') });
    expect((await failureOf(consumerWith())).message).toMatch(/did not answer: HTTPParserError$/);
  });
});

describe('a receiver that is not public', () => {
  const inside = (): Promise<LookupAddress[]> =>
    Promise.resolve([{ address: '127.0.0.1', family: 4 }]);

  it('gets nothing when its name leads there', async () => {
    const { port } = new URL(server.url);
    const url = `https://crm.example:${port}/hook`;
    const consumer = consumerWith({ url, allowPrivate: false }, { resolve: inside });
    expect(await failureOf(consumer)).toMatchObject({
      code: 'consumer_refused',
      message: `crm.example:${port} is at an address that is not public`,
    });
    expect(server.requests).toEqual([]);
  });

  it('gets nothing when the same name led elsewhere before', async () => {
    const answers: LookupAddress[][] = [
      [{ address: '127.0.0.1', family: 4 }],
      [{ address: '8.8.8.8', family: 4 }],
    ];
    const resolve = jest.fn(() => Promise.resolve(answers.shift() ?? []));
    const url = `https://crm.example:${new URL(server.url).port}/`;
    const consumer = consumerWith({ url, allowPrivate: false }, { resolve });
    expect(await failureOf(consumer)).toMatchObject({ code: 'consumer_refused' });
    expect(resolve).toHaveBeenCalledTimes(1); // a second question could get another answer
  });

  it('is refused at the start when its address says so', () => {
    const start = (): unknown => consumerWith({ url: 'https://[::1]/', allowPrivate: false });
    expect(start).toThrow(/not a public address/);
  });

  it('gets messages when that is allowed, by its name as well', async () => {
    const url = `http://crm.example:${new URL(server.url).port}/`;
    await consumerWith({ url }, { resolve: inside }).consume(aMessage());
    expect(server.requests[0]!.headers.host).toBe(new URL(url).host);
  });
});

describe('the circuit breaker', () => {
  const HOPELESS = { breakerFailures: 3, breakerPauseMs: 60_000 };

  /** Lets time pass, for the breaker alone. */
  const pass = (ms: number): void => {
    const nowMs = Date.now() + ms;
    jest.spyOn(Date, 'now').mockImplementation(() => nowMs);
  };

  it('leaves a receiver alone that fails again and again, and counts no attempt then', async () => {
    server.answer = () => ({ status: 503, json: {} });
    const consumer = consumerWith(HOPELESS);
    for (let count = 1; count <= 3; count += 1) {
      expect(await failureOf(consumer)).toMatchObject({ code: 'consumer_failed' });
    }
    const failure = await failureOf(consumer);
    expect(failure).toBeInstanceOf(NotNow);
    const { retryInMs } = failure as unknown as { readonly retryInMs: number };
    expect(retryInMs).toBeGreaterThanOrEqual(60_000);
    expect(retryInMs).toBeLessThanOrEqual(120_000);
    expect(failure.message).toMatch(/was not asked: it has failed 3 times in a row/);
    expect(server.requests).toHaveLength(3);
  });

  it('tries it with one message after the pause, and again after another', async () => {
    server.answer = () => ({ status: 500, json: {} });
    const consumer = consumerWith(HOPELESS);
    for (let count = 1; count <= 3; count += 1) await failureOf(consumer);
    pass(60_000);
    const failures = await Promise.all([failureOf(consumer), failureOf(consumer)]);
    expect(failures.map((one) => one instanceof NotNow)).toEqual([false, true]);
    expect(server.requests).toHaveLength(4);
    server.answer = () => ({ status: 200, json: {} });
    expect(await failureOf(consumer)).toBeInstanceOf(NotNow);
    pass(60_000);
    await Promise.all([consumer.consume(aMessage()), consumer.consume(aMessage())]);
    expect(server.requests).toHaveLength(6);
  });

  it.each([
    ['429', { status: 429, json: {} }],
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '9' }, json: {} }],
    ['a broken connection', { raw: (response: { destroy(): unknown }) => void response.destroy() }],
  ])('is opened by %s as well', async (_name, answer) => {
    server.answer = () => answer;
    const consumer = consumerWith(HOPELESS);
    for (let count = 1; count <= 3; count += 1) await failureOf(consumer);
    expect((await failureOf(consumer)).message).toMatch(/was not asked/);
    expect(server.requests).toHaveLength(3);
  });

  it('is not opened by refusals, which end a row of outages', async () => {
    server.answer = (_request, number) => ({ status: number % 3 === 0 ? 422 : 500, json: {} });
    const consumer = consumerWith(HOPELESS);
    for (let count = 1; count <= 12; count += 1) await failureOf(consumer);
    expect(server.requests).toHaveLength(12);
  });
});

describe('a failure of the consumer', () => {
  const CONFIDENTIAL = ['path-token', 'query-token', 'answered-token', 'MfKQ9r8GKYqr', 'order-1'];
  const PATH = '/path-token?key=query-token';

  it.each([
    ['a refusal', { status: 404, json: { error: 'answered-token' } }],
    ['an outage', { status: 500, json: { error: 'answered-token' } }],
    ['a redirect', { status: 302, headers: { location: '/answered-token' }, json: {} }],
    ['the end', { status: 410, json: { error: 'answered-token' } }],
    ['a delay', { status: 429, headers: { 'retry-after': '5' }, text: 'answered-token' }],
    ['silence', { raw: (response: { destroy(): unknown }) => void response.destroy() }],
  ])('tells nothing that is confidential: %s', async (_name, answer) => {
    server.answer = () => answer;
    const failure = await failureOf(consumerWith({ url: `${server.url}${PATH}` }));
    const told = inspect(failure, { depth: 20, showHidden: true });
    expect(told).toContain(new URL(server.url).host);
    expect(CONFIDENTIAL.filter((one) => told.includes(one))).toEqual([]);
  });

  it('tells nothing that is confidential: a refused address', async () => {
    const resolve = () => Promise.resolve([{ address: '10.1.2.3', family: 4 }]);
    const url = `https://crm.example${PATH}`;
    const failure = await failureOf(consumerWith({ url, allowPrivate: false }, { resolve }));
    const told = inspect(failure, { depth: 20, showHidden: true });
    expect([...CONFIDENTIAL, '10.1.2.3'].filter((one) => told.includes(one))).toEqual([]);
  });
});

describe('closing the consumer', () => {
  it('waits for the message that is being sent', async () => {
    const answers: (() => void)[] = [];
    server.answer = () => ({ raw: (response) => answers.push(() => response.end()) });
    const consumer = consumerWith();
    const consumed = consumer.consume(aMessage());
    await eventually(() => expect(answers).toHaveLength(1));
    const closed = consumer.close();
    answers[0]!();
    await expect(Promise.all([consumed, closed])).resolves.toBeDefined();
  });

  it('may happen twice, and never sends afterwards', async () => {
    const consumer = consumerWith();
    await Promise.all([consumer.close(), consumer.close()]);
    await consumer.close();
    await expect(consumer.consume(aMessage())).rejects.toThrow(/did not answer/);
    expect(server.requests).toEqual([]);
  });

  it('leaves no timer', async () => {
    const timeoutMs = 54_321;
    const started = jest.spyOn(globalThis, 'setTimeout');
    const ended = jest.spyOn(globalThis, 'clearTimeout');
    const consumer = consumerWith({ timeoutMs });
    await consumer.consume(aMessage());
    server.answer = () => ({ status: 500, json: {} });
    await failureOf(consumer);
    await consumer.close();
    const timers = started.mock.results
      .filter((_result, index) => started.mock.calls[index]![1] === timeoutMs)
      .map(({ value }) => value as NodeJS.Timeout);
    expect(timers).toHaveLength(2);
    const cleared = ended.mock.calls.map(([timer]) => timer);
    expect(timers.filter((timer) => !cleared.includes(timer))).toEqual([]);
  });

  it('leaves no connection, neither an idle one nor one whose message took too long', async () => {
    const open = new Set<Socket>();
    const silent = createServer((socket) => {
      open.add(socket);
      socket.on('error', () => undefined).on('close', () => open.delete(socket));
      socket.resume();
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    // TLS is never agreed, so the connection never stands.
    const consumer = consumerWith({ url: `https://127.0.0.1:${port}/`, timeoutMs: 1000 });
    const consumed = failureOf(consumer);
    await eventually(() => expect(open.size).toBe(1));
    expect(await consumed).toMatchObject({ code: 'consumer_failed' });
    await consumer.close();
    await eventually(() => expect(open.size).toBe(0));
    await new Promise((resolve) => silent.close(resolve));
  });
});
