import { findFailure, isOutage } from '../../../src/consumers/crm/judge-answer.js';
import type { Answer } from '../../../src/consumers/crm/receiver.js';
import { readRetryAfter } from '../../../src/consumers/crm/retry-after.js';
import { NotNow } from '../../../src/consumers/consumer.js';
import { ERRORS, TollgateError } from '../../../src/errors.js';

const NOW_MS = Date.parse('2026-03-01T12:00:00Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('the answer of the receiver', () => {
  it.each([200, 201, 202, 204, 299])('means that the message has arrived: %d', (status) => {
    expect(judge(answered(status))).toBeNull();
  });

  it.each([300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504])(
    'means a failed attempt: %d',
    (status) => {
      const failure = judge(answered(status));
      expect(failure).toBeInstanceOf(TollgateError);
      expect(failure).toMatchObject({
        code: 'consumer_failed',
        message: `crm.test answered ${status}`,
      });
      expect(ERRORS.consumer_failed.next).toBe('retry');
    },
  );

  it('means the end for the message when the receiver is gone', () => {
    expect(judge(answered(410))).toMatchObject({ code: 'consumer_refused' });
    expect(ERRORS.consumer_refused.next).toBe('dead');
  });

  it('is a failed attempt when there is none', () => {
    expect(judge({ kind: 'unanswered', reason: 'ECONNREFUSED' })).toMatchObject({
      code: 'consumer_failed',
      message: 'crm.test did not answer: ECONNREFUSED',
    });
  });

  it('is the end for the message when the address is refused', () => {
    expect(judge({ kind: 'address_refused' })).toMatchObject({
      code: 'consumer_refused',
      message: 'crm.test is at an address that is not public',
    });
  });

  it.each([429, 503])('puts the message off as it asks, with %d', (status) => {
    const failure = judge(answered(status, '120'));
    expect(failure).toBeInstanceOf(NotNow);
    expect(failure).toMatchObject({ retryInMs: 120_000 });
  });

  it.each([
    ['another status', answered(500, '120')],
    ['no time to come', answered(429, '0')],
    ['what cannot be read', answered(503, 'soon')],
  ])('puts nothing off with %s', (_name, answer) => {
    expect(judge(answer)).toMatchObject({ code: 'consumer_failed' });
  });

  it('does not put a message off for ever', () => {
    const answer = answered(429, '60');
    expect(judge(answer, 3 * DAY_MS - 1)).toBeInstanceOf(NotNow);
    expect(judge(answer, 3 * DAY_MS)).toMatchObject({ code: 'consumer_failed' });
  });

  it.each([
    [answered(200), false],
    [answered(302), false],
    [answered(404), false],
    [answered(410), false],
    [answered(422), false],
    [answered(429), true],
    [answered(500), true],
    [answered(503, '5'), true],
    [{ kind: 'unanswered', reason: 'ECONNRESET' }, true],
    [{ kind: 'address_refused' }, false],
  ] as const)('is an outage or not: %j, %s', (answer, expected) => {
    expect(isOutage(answer)).toBe(expected);
  });
});

describe('Retry-After', () => {
  it.each([
    ['1', 1000],
    ['3600', HOUR_MS],
    ['Sun, 01 Mar 2026 13:00:00 GMT', HOUR_MS],
    ['86401', DAY_MS],
    ['9'.repeat(400), DAY_MS],
    ['Fri, 31 Dec 9999 23:59:59 GMT', DAY_MS],
  ])('asks to wait: %s', (value, expectedMs) => {
    expect(readRetryAfter(value, NOW_MS)).toBe(expectedMs);
  });

  it.each([
    null,
    '',
    '0',
    '-5',
    '1.5',
    '1e3',
    '0x10',
    ' 5',
    '5, 6',
    'soon',
    '2026-03-01T13:00:00Z',
    'Sun, 01 Mar 2026 12:00:00 GMT',
    'Sun, 01 Mar 2026 11:00:00 GMT',
    'Xyz, 99 Abc 2026 13:00:00 GMT',
  ])('asks for nothing: %j', (value) => {
    expect(readRetryAfter(value, NOW_MS)).toBeNull();
  });
});

function answered(status: number, retryAfter: string | null = null): Answer {
  return { kind: 'answered', status, retryAfter };
}

function judge(answer: Answer, ageMs = 0) {
  return findFailure(answer, { host: 'crm.test', changedAtMs: NOW_MS - ageMs, nowMs: NOW_MS });
}
