import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { ERRORS } from '../../../src/errors.js';
import { EXIT_CODES, exitOfStatus } from '../../../src/ops/cli/exit-codes.js';

const page = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');

describe('exit codes', () => {
  it('count from 0, each once', () => {
    expect(Object.values(EXIT_CODES).map(({ code }) => code)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it.each(Object.values(EXIT_CODES))('$code is in docs/cli.md', ({ code, means }) => {
    const [, row = ''] = new RegExp(`^\\| ${code} +\\| (.*?) *\\|$`, 'm').exec(page) ?? [];
    expect(row).toBe(means);
  });

  it.each([
    [400, 'usage'],
    [401, 'not_allowed'],
    [403, 'not_allowed'],
    [404, 'not_found'],
    [409, 'refused'],
    [422, 'refused'],
    [500, 'failed'],
    [503, 'unreachable'],
    [504, 'failed'],
  ])('an answer of %i is %s', (status, exit) => {
    expect(exitOfStatus(status)).toBe(exit);
  });

  it('none of our own refusals is taken for success', () => {
    const statuses = Object.values(ERRORS).flatMap(({ status }) => (status === null ? [] : status));
    expect(statuses.map(exitOfStatus)).not.toContain('done');
  });
});
