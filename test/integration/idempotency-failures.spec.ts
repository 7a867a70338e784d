import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TollgateError, type ErrorCode } from '../../src/errors.js';
import { execute } from '../../src/idempotency/execute.js';
import { asking, type Operation } from '../../src/idempotency/operation.js';
import { toProblem } from '../../src/problem.js';
import { eventually } from '../support/eventually.js';
import {
  createIdempotencyHarness,
  DONE_ONCE,
  type IdempotencyHarness,
} from '../support/idempotency-harness.js';
import { deferred, type Act } from '../support/idempotency-process.js';
import { bytesOf, lapseLeases, toyContext, toyRequest } from '../support/idempotency-toy.js';

describe('requests under an idempotency key that fail', () => {
  let harness: IdempotencyHarness;

  beforeAll(async () => {
    harness = await createIdempotencyHarness();
  });

  afterAll(async () => {
    await harness.close();
  });

  const failing = (code: ErrorCode) => () =>
    Promise.reject(new TollgateError(code, `it is ${code}`, { members: { payment: 'p1' } }));

  it.each([
    ['its first phase', 'starting', { effects: 0, writes: [] }],
    ['a later one', 'asking', { effects: 0, writes: ['charge'] }],
  ] as const)('with 4xx in %s are refused for good', async (_phase, hook, trace) => {
    const key = `refused-${hook}`;
    const first = await harness.sendHooked(key, { [hook]: failing('order_exists') });
    const again = await harness.send(toyRequest(key));
    expect(bytesOf(again)).toBe(bytesOf(first));
    expect(again).toMatchObject({ isReplay: true, response: { status: 409 } });
    expect(JSON.parse(again.response.body.toString())).toMatchObject({
      code: 'order_exists',
      payment: 'p1',
    });
    expect(await harness.trace(key)).toEqual(trace);
  });

  it('with 5xx in their first phase leave nothing', async () => {
    await expect(
      harness.sendHooked('nothing', { starting: failing('provider_not_configured') }),
    ).rejects.toMatchObject({ code: 'provider_not_configured' });
    expect(await harness.findKey('nothing')).toBeUndefined();
    expect(await harness.trace('nothing')).toEqual({ effects: 0, writes: [] });
    expect(await harness.send(toyRequest('nothing'))).toMatchObject({ isReplay: false });
  });

  it('with 5xx later go on from where they stand', async () => {
    await expect(
      harness.sendHooked('resumed', { asking: failing('provider_unavailable') }),
    ).rejects.toMatchObject({ code: 'provider_unavailable', members: { payment: 'p1' } });
    expect(await harness.findKey('resumed')).toEqual({
      status: 'in_progress',
      recovery_point: 'row_written',
      attempts: 1,
      last_error: {
        code: 'provider_unavailable',
        message: 'it is provider_unavailable',
        members: { payment: 'p1' },
      },
      is_held: false,
    });
    expect(await harness.send(toyRequest('resumed'))).toMatchObject({ isReplay: false });
    expect(await harness.findKey('resumed')).toMatchObject({ status: 'done', attempts: 2 });
    expect(await harness.trace('resumed')).toEqual(DONE_ONCE);
  });

  it('after they had an effect have it once', async () => {
    harness.world.fail('provider_outcome_unknown');
    const request = toyRequest('unknown');
    await expect(harness.send(request)).rejects.toMatchObject({
      code: 'provider_outcome_unknown',
    });
    await harness.send(request);
    expect(await harness.trace('unknown')).toEqual(DONE_ONCE);
  });

  it('fail those who wait for them alike, and nobody else tries', async () => {
    const { promise: held, resolve: letGo } = deferred();
    let calls = 0;
    const asking = async () => {
      calls += 1;
      await held;
      await failing('provider_unavailable')();
    };
    let looks = 0;
    const count: Act = (what, action) => {
      if (what === 'claim-key') looks += 1;
      return action();
    };
    const sent = Array.from({ length: 6 }, () =>
      harness.sendHooked('together', { asking }, count).then(
        () => null,
        (error: unknown) => toProblem(error),
      ),
    );
    await eventually(() => expect(looks).toBeGreaterThan(20));
    letGo();
    const problems = await Promise.all(sent);
    expect(problems[0]).toMatchObject({ status: 503, payment: 'p1' });
    expect(new Set(problems.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(calls).toBe(1);
  });

  it('and are abandoned later do not fail those who wait with what is long past', async () => {
    harness.world.fail('provider_unavailable');
    const request = toyRequest('stale');
    await expect(harness.send(request)).rejects.toMatchObject({ code: 'provider_unavailable' });
    const { promise: held, resolve: letGo } = deferred();
    const abandoned = harness.sendHooked('stale', { asking: () => held });
    await eventually(async () => {
      expect(await harness.findKey('stale')).toMatchObject({ is_held: true });
    });
    let looks = 0;
    const waiting = harness.sendHooked('stale', {}, (what, action) => {
      if (what === 'claim-key') looks += 1;
      return action();
    });
    await eventually(() => expect(looks).toBeGreaterThan(1));
    await lapseLeases(harness.database);
    const execution = await waiting;
    letGo();
    expect(bytesOf(await abandoned)).toBe(bytesOf(execution));
    expect(await harness.trace('stale')).toEqual(DONE_ONCE);
  });

  it('and say so with characters that PostgreSQL has no place for are let go all the same', async () => {
    const message = `\u0000\ud800${'x'.repeat(100_000)}`;
    await expect(
      harness.sendHooked('unprintable', {
        asking: () => Promise.reject(new TollgateError('provider_unavailable', message)),
      }),
    ).rejects.toMatchObject({ message });
    expect(await harness.findKey('unprintable')).toMatchObject({
      is_held: false,
      last_error: { message: message.slice(0, 1000) },
    });
  });

  it('in an unexpected way tell those who wait nothing', async () => {
    await expect(
      harness.sendHooked('defect', { asking: () => Promise.reject(new Error('a secret')) }),
    ).rejects.toThrow('a secret');
    expect(await harness.findKey('defect')).toMatchObject({
      last_error: { code: 'internal_error', message: 'Internal Server Error', members: {} },
    });
  });

  it('for now keep what their phase wrote', async () => {
    const later = new TollgateError('provider_outcome_unknown', 'later', { members: { a: 1 } });
    const operation: Operation = {
      name: 'later',
      first: 'started',
      phases: {
        started: asking(
          ({ attempts }) => Promise.resolve(attempts),
          async (tx, _run, attempts) => {
            await tx.query(`insert into toy_writes values ('later', $1)`, [String(attempts)]);
            return attempts === 1 ? { later } : { response: { status: 200, body: attempts } };
          },
        ),
      },
    };
    const run = () => execute(toyContext(harness.one), operation, toyRequest('later'));
    await expect(run()).rejects.toBe(later);
    const { response } = await run();
    expect(response).toMatchObject({ status: 200, body: Buffer.from('2') });
    expect((await harness.trace('later')).writes).toEqual(['1', '2']);
  });
});
