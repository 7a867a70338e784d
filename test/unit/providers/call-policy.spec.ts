import { describe, expect, it } from '@jest/globals';
import { TollgateError } from '../../../src/errors.js';
import { createCallPolicy } from '../../../src/providers/call-policy.js';
import { ProviderBusyError, ProviderRefusal } from '../../../src/providers/provider-errors.js';
import { eventually } from '../../support/eventually.js';
import { apiOptions, codeOf, failureOf } from './api-harness.js';

const options = (given: Parameters<typeof apiOptions>[1]) => apiOptions('http://unused', given);

const outage = () => Promise.reject(new TollgateError('provider_unavailable', 'down'));
const unknown = () => Promise.reject(new TollgateError('provider_outcome_unknown', 'silent'));
const refusal = () => Promise.reject(new ProviderRefusal('no', 'declined'));
const busy = () => Promise.reject(new ProviderBusyError('provider_unavailable', '429'));
const never = () => new Promise<never>(() => undefined);

describe('the call policy', () => {
  it('hands the answer through', async () => {
    const policy = createCallPolicy('acme', options({}));
    await expect(policy.run('read', () => Promise.resolve(5))).resolves.toBe(5);
  });

  it('ends a request that takes too long, and tells the request so', async () => {
    const policy = createCallPolicy('acme', options({ timeoutMs: 30 }));
    const signals: AbortSignal[] = [];
    const ask = (signal: AbortSignal) => {
      signals.push(signal);
      return never();
    };
    expect(await codeOf(policy.run('write', ask))).toBe('provider_outcome_unknown');
    expect(await codeOf(policy.run('read', ask))).toBe('provider_unavailable');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it('has no more requests under way than allowed', async () => {
    const policy = createCallPolicy('acme', options({ concurrencyMax: 2 }));
    let underWay = 0;
    const most: number[] = [];
    const ask = async () => {
      most.push((underWay += 1));
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
    };
    await Promise.all(Array.from({ length: 9 }, () => policy.run('read', ask)));
    expect(Math.max(...most)).toBe(2);
    expect(most).toHaveLength(9);
  });

  it('starts no more requests in a second than allowed', async () => {
    const policy = createCallPolicy('acme', options({ requestsPerSecondMax: 3 }));
    const started: number[] = [];
    const ask = (index: number) => () => Promise.resolve(started.push(index));
    const runs = [0, 1, 2, 3, 4].map((index) => policy.run('read', ask(index)));
    await runs[2];
    expect(started).toEqual([0, 1, 2]);
    await Promise.all(runs);
    expect(started).toEqual([0, 1, 2, 3, 4]);
  });

  it('does not ask when there is no turn in time', async () => {
    const policy = createCallPolicy('acme', options({ requestsPerSecondMax: 1, timeoutMs: 50 }));
    let asked = 0;
    const ask = () => Promise.resolve((asked += 1));
    await policy.run('write', ask);
    const { code, message } = await failureOf(policy.run('write', ask));
    expect([code, asked]).toEqual(['provider_unavailable', 1]);
    expect(message).toContain('no turn');
  });
});

describe('the circuit breaker', () => {
  const limits = { breakerFailuresMax: 3, breakerPauseMs: 60 };

  it.each([
    ['outages', outage],
    ['answers that never came', unknown],
  ])('asks nothing after %s in a row', async (_what, fail) => {
    const policy = createCallPolicy('acme', options(limits));
    for (let time = 0; time < 3; time += 1) await failureOf(policy.run('write', fail));
    let asked = 0;
    const ask = () => Promise.resolve((asked += 1));
    const { code, message } = await failureOf(policy.run('write', ask));
    expect([code, asked]).toEqual(['provider_unavailable', 0]);
    expect(message).toContain('not asked');
  });

  it('asks again after a while, and goes on when that succeeds', async () => {
    const policy = createCallPolicy('acme', options(limits));
    for (let time = 0; time < 3; time += 1) await failureOf(policy.run('read', outage));
    await eventually(async () => {
      await expect(policy.run('read', () => Promise.resolve('well'))).resolves.toBe('well');
    });
    await failureOf(policy.run('read', outage));
    await expect(policy.run('read', () => Promise.resolve('well'))).resolves.toBe('well');
  });

  it.each([
    ['refusals', refusal],
    ['requests to slow down', busy],
  ])('is not broken by %s', async (_what, fail) => {
    const policy = createCallPolicy('acme', options(limits));
    for (let time = 0; time < 9; time += 1) await failureOf(policy.run('read', fail));
    await expect(policy.run('read', () => Promise.resolve('well'))).resolves.toBe('well');
  });

  it('counts outages in a row: a refusal in between shows that the provider is well', async () => {
    const policy = createCallPolicy('acme', options(limits));
    for (const fail of [outage, outage, refusal, outage, outage, busy, outage, outage]) {
      await failureOf(policy.run('read', fail));
    }
    await expect(policy.run('read', () => Promise.resolve('well'))).resolves.toBe('well');
  });

  it('hands a defect of ours through, and does not count it', async () => {
    const policy = createCallPolicy('acme', options(limits));
    const defect = () => Promise.reject(new TypeError('ours'));
    for (let time = 0; time < 9; time += 1) {
      await expect(policy.run('read', defect)).rejects.toThrow(TypeError);
    }
    await expect(policy.run('read', () => Promise.resolve('well'))).resolves.toBe('well');
  });
});
