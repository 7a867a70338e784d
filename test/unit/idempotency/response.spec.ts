import { describe, expect, it } from '@jest/globals';
import { TollgateError } from '../../../src/errors.js';
import { readStoredProblem, toStored, toStoredProblem } from '../../../src/idempotency/response.js';

describe('toStored', () => {
  it('makes JSON of a body, with the headers that it came with', () => {
    const stored = toStored({
      status: 201,
      headers: { location: '/v1/orders/1' },
      body: { id: 'é', lines: [1] },
    });
    expect(stored).toEqual({
      status: 201,
      headers: { 'content-type': 'application/json; charset=utf-8', location: '/v1/orders/1' },
      body: Buffer.from('{"id":"é","lines":[1]}', 'utf8'),
    });
  });

  it('needs no headers', () => {
    expect(Object.keys(toStored({ status: 200, body: null }).headers)).toEqual(['content-type']);
  });

  it('writes half of a character as an escape, so that it stays what it was', () => {
    expect(toStored({ status: 200, body: '\ud800' }).body.toString()).toBe('"\\ud800"');
  });
});

describe('toStoredProblem', () => {
  it('makes a problem of a refusal, with the members that belong to it', () => {
    const error = new TollgateError('order_exists', 'there is an order with this reference', {
      members: { order: { reference: 'r1' } },
    });
    const { status, headers, body } = toStoredProblem(error);
    expect({ status, headers }).toEqual({
      status: 409,
      headers: { 'content-type': 'application/problem+json; charset=utf-8' },
    });
    expect(JSON.parse(body.toString())).toEqual({
      type: 'about:blank',
      title: 'Conflict',
      status: 409,
      code: 'order_exists',
      error: 'order_exists',
      detail: 'there is an order with this reference',
      order: { reference: 'r1' },
    });
  });
});

describe('readStoredProblem', () => {
  it('gives back the refusal with everything that it told', () => {
    const error = new TollgateError('review_closed', 'this review is resolved', {
      members: { resolution: 'accept', resolvedBy: 'grace' },
    });
    const read = readStoredProblem(toStoredProblem(error));
    expect(read).toBeInstanceOf(TollgateError);
    const { code, message, members } = read;
    expect({ code, message, members }).toEqual({
      code: 'review_closed',
      message: 'this review is resolved',
      members: { resolution: 'accept', resolvedBy: 'grace' },
    });
  });
});
