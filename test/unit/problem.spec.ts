import { NotFoundException } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { SignatureError, TollgateError } from '../../src/errors.js';
import { toProblem } from '../../src/problem.js';

const withCode = (code: string) => Object.assign(new Error('a message of the driver'), { code });

describe('toProblem', () => {
  it('tells a code of ours with its status and message', () => {
    expect(toProblem(new TollgateError('not_found', 'there is no such payment'))).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      code: 'not_found',
      detail: 'there is no such payment',
    });
  });

  it('tells nothing about why a signature was refused', () => {
    const problems = (['header_missing', 'no_match', 'timestamp_too_old'] as const).map((reason) =>
      toProblem(new SignatureError(reason)),
    );
    expect(new Set(problems.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(problems[0]).not.toHaveProperty('detail');
  });

  it.each(['57P01', '08006', '53300', '57014', '25006'])(
    'says that the database is away for %s, and not that we are broken',
    (code) => {
      expect(toProblem(withCode(code))).toMatchObject({ status: 503, code: 'storage_unavailable' });
    },
  );

  it.each(['timeout exceeded when trying to connect', 'Connection terminated unexpectedly'])(
    'says the same for "%s"',
    (message) => {
      expect(toProblem(new Error(message))).toMatchObject({ status: 503 });
    },
  );

  it('passes on what Nest and Fastify refuse, with a code of ours', () => {
    expect(toProblem(new NotFoundException())).toMatchObject({ status: 404, code: 'not_found' });
    const tooLarge = Object.assign(new Error('too large'), { statusCode: 413 });
    expect(toProblem(tooLarge)).toMatchObject({ status: 413, code: 'body_too_large' });
    const tooLong = Object.assign(new Error('/x is too long'), { statusCode: 414 });
    expect(toProblem(tooLong)).toMatchObject({ status: 414, code: 'bad_request' });
  });

  it('tells nothing of a defect but that there is one', () => {
    const problem = toProblem(new TypeError('secret is undefined'));
    expect(problem).toMatchObject({ status: 500, code: 'internal_error' });
    expect(JSON.stringify(problem)).not.toContain('secret');
  });
});
