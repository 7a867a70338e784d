import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fastify, type FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerOnce } from '../../src/idempotency/answer.js';
import { toProblem } from '../../src/problem.js';
import {
  createIdempotencyHarness,
  type IdempotencyHarness,
} from '../support/idempotency-harness.js';
import { toyContext, toyOperation } from '../support/idempotency-toy.js';

describe('answerOnce', () => {
  let harness: IdempotencyHarness;
  let server: FastifyInstance;

  beforeAll(async () => {
    harness = await createIdempotencyHarness();
    const { one, world } = harness;
    server = fastify();
    server.post('/charges/:id', async (request, reply) => {
      const caller = String(request.headers['caller'] ?? 'shop');
      await answerOnce(toyContext(one), toyOperation(world, one), caller, request, reply);
      return reply;
    });
    server.setErrorHandler((error, _request, reply) => {
      const problem = toProblem(error);
      void reply.status(problem.status).send(problem);
    });
    await server.listen({ port: 0, host: '127.0.0.1' });
  });

  afterAll(async () => {
    await server.close();
    await harness.close();
  });

  async function post(
    keys: readonly string[],
    { path = '/charges/1', subject = 'http', caller = 'shop' } = {},
  ) {
    const body = JSON.stringify({ subject });
    const headers: [string, string][] = [
      ['host', 'localhost'],
      ['content-type', 'application/json'],
      ['content-length', String(Buffer.byteLength(body))],
      ['caller', caller],
      ...keys.map((key): [string, string] => ['idempotency-key', key]),
    ];
    const { port } = server.server.address() as AddressInfo;
    const sent = request({ port, path, method: 'POST', headers: headers.flat() });
    sent.end(body);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const bytes = Buffer.concat(await answer.toArray()).toString();
    const { location, 'content-type': type, 'idempotency-replayed': replayed } = answer.headers;
    return { status: answer.statusCode, location, type, replayed, bytes };
  }

  it('replays status, headers and body, and says so', async () => {
    const first = await post(['http-1']);
    expect(first).toMatchObject({
      status: 201,
      location: expect.stringMatching(/^\/charges\//),
      type: 'application/json; charset=utf-8',
      replayed: undefined,
    });
    // The quoted spelling is the same key, and a query asks for nothing else.
    const again = await post(['"http-1"'], { path: '/charges/1?again' });
    expect(again).toEqual({ ...first, replayed: 'true' });
  });

  it('replays a refusal', async () => {
    harness.world.fail('provider_refused');
    const first = await post(['http-refused'], { subject: 'refused' });
    expect(first).toMatchObject({ status: 422, type: 'application/problem+json; charset=utf-8' });
    const again = await post(['http-refused'], { subject: 'refused' });
    expect(again).toEqual({ ...first, replayed: 'true' });
  });

  it('refuses another path or body under the same key, and not another caller', async () => {
    await post(['http-2']);
    await expect(post(['http-2'], { path: '/charges/2' })).resolves.toMatchObject({ status: 422 });
    await expect(post(['http-2'], { subject: 'other' })).resolves.toMatchObject({ status: 422 });
    await expect(post(['http-2'], { caller: 'other' })).resolves.toMatchObject({ status: 201 });
  });

  it('refuses no key, an unusable one, and more than one', async () => {
    const callsBefore = harness.world.calls;
    for (const keys of [[], [''], ['a b'], ['k'.repeat(256)], ['a', 'a']]) {
      await expect(post(keys)).resolves.toMatchObject({ status: 400 });
    }
    expect(harness.world.calls).toBe(callsBefore);
  });
});
