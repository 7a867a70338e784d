import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { runInNewContext } from 'node:vm';

/** What the README's function resolves to. */
interface Outcome {
  readonly status: number;
  readonly answer: unknown;
}

type SendCommand = (
  url: string,
  options: { token: string; key: string; body?: unknown; giveUpAfterMs?: number },
) => Promise<Outcome>;

type Answer = (response: ServerResponse) => void;

interface Received {
  readonly key: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

const problem =
  (status: number, code: string, retryAfter?: string): Answer =>
  (response) => {
    const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
    response.writeHead(status, { 'content-type': 'application/problem+json', ...headers });
    response.end(JSON.stringify({ status, code }));
  };
const created: Answer = (response) => {
  response.writeHead(201, { 'content-type': 'application/json; charset=utf-8' });
  response.end('{"id":"1"}');
};
const reset: Answer = (response) => {
  response.socket?.resetAndDestroy();
};
/** Stops in the middle of its body. */
const torn: Answer = (response) => {
  response.writeHead(201, { 'content-type': 'application/json', 'content-length': '100' });
  response.write('{"id":', () => response.socket?.destroy());
};
const badGateway: Answer = (response) => {
  response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
};

describe('the retry loop of the README', () => {
  const received: Received[] = [];
  let answers: Answer[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    void text(request).then((body) => {
      const { 'idempotency-key': key, authorization } = request.headers;
      received.push({ key: String(key), authorization, body });
      // The last answer is given again and again.
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      answer?.(response);
    });
  });
  let url = '';

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/orders`;
  });

  afterEach(() => {
    received.length = 0;
  });

  afterAll(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );

  /** Runs what is printed in the README, on a clock that goes as fast as it is asked to wait. */
  function run(given: readonly Answer[], giveUpAfterMs = 120_000) {
    answers = [...given];
    const pausesMs: number[] = [];
    let nowMs = 0;
    const send = runInNewContext(`${readCode()}; sendCommand`, {
      fetch,
      AbortSignal,
      Date: { now: () => nowMs },
      Math: { ...mathOf(), random: () => 0.5 },
      setTimeout: (resolve: () => void, pauseMs: number) => {
        pausesMs.push(pauseMs);
        nowMs += pauseMs;
        setImmediate(resolve);
      },
    }) as SendCommand;
    const body = { reference: 'order-1001' };
    const outcome = send(url, { token: 'secret', key: 'key-1', body, giveUpAfterMs });
    return { outcome, pausesMs };
  }

  it('sends a command once when it is answered', async () => {
    const { outcome, pausesMs } = run([created]);
    expect(await outcome).toEqual({ status: 201, answer: { id: '1' } });
    expect(pausesMs).toEqual([]);
    expect(received).toEqual([
      { key: 'key-1', authorization: 'Bearer secret', body: '{"reference":"order-1001"}' },
    ]);
  });

  it.each([
    ['a connection that breaks', reset],
    ['an answer that breaks off', torn],
    ['a proxy without its server', badGateway],
    ['a request under way', problem(409, 'request_in_progress', '1')],
    ['an outcome that nobody knows', problem(504, 'provider_outcome_unknown', '5')],
    ['a database that is away', problem(503, 'storage_unavailable', '5')],
    ['a defect', problem(500, 'internal_error')],
  ])('sends the same again after %s', async (_name, trouble) => {
    const { outcome } = run([trouble, trouble, created]);
    expect(await outcome).toEqual({ status: 201, answer: { id: '1' } });
    expect(received).toHaveLength(3);
    expect(new Set(received.map((one) => JSON.stringify(one))).size).toBe(1);
  });

  it.each([400, 401, 404, 409, 422])('takes a %d for final', async (status) => {
    const { outcome } = run([problem(status, 'a_refusal')]);
    expect(await outcome).toEqual({ status, answer: { status, code: 'a_refusal' } });
    expect(received).toHaveLength(1);
  });

  it('waits for as long as it is asked to, and a little longer each time', async () => {
    const busy = problem(503, 'provider_unavailable', '5');
    const { outcome, pausesMs } = run([busy, busy, reset, created]);
    await outcome;
    expect(pausesMs).toEqual([5125, 5250, 500]);
  });

  it('gives up in time, and says under which key', async () => {
    const { outcome, pausesMs } = run([reset], 60_000);
    await expect(outcome).rejects.toThrow('no outcome under key key-1');
    const waitedMs = pausesMs.reduce((sum, one) => sum + one, 0);
    expect(waitedMs).toBeLessThanOrEqual(60_000);
    expect(waitedMs).toBeGreaterThan(30_000);
    expect(Math.max(...pausesMs)).toBeLessThanOrEqual(10_000);
  });
});

/** The only function of that name in the README. */
function readCode(): string {
  const blocks = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code = '']) => code);
  const [code, ...others] = blocks.filter((one) => one.includes('function sendCommand('));
  if (code === undefined || others.length > 0) throw new Error('the README has no one sendCommand');
  return code;
}

/** `Math` cannot be spread: nothing of it is enumerable. */
function mathOf(): object {
  return Object.fromEntries(
    Object.getOwnPropertyNames(Math).map((name) => [name, Math[name as keyof typeof Math]]),
  );
}
