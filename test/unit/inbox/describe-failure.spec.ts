import { describe, expect, it } from '@jest/globals';
import { TollgateError } from '../../../src/errors.js';
import { describeFailure } from '../../../src/inbox/describe-failure.js';

const withState = (code: string) => Object.assign(new Error('it waits'), { code });

describe('describeFailure', () => {
  it('keeps the code of an error of ours', () => {
    const error = new TollgateError('amount_unusable', 'too much');
    expect(describeFailure(error)).toEqual({ code: 'amount_unusable', message: 'too much' });
    expect(describeFailure(error, 'translate_failed').code).toBe('amount_unusable');
  });

  it('calls a lock that was not to be had by its name', () => {
    const described = { code: 'lock_timeout', message: 'it waits' };
    expect(describeFailure(withState('55P03'))).toEqual(described);
    expect(describeFailure(withState('55P03'), 'translate_failed')).toEqual(described);
  });

  it('calls everything else by what was being done', () => {
    expect(describeFailure(withState('23505')).code).toBe('apply_failed');
    expect(describeFailure(new Error('x'))).toEqual({ code: 'apply_failed', message: 'x' });
    expect(describeFailure('x', 'translate_failed')).toEqual({
      code: 'translate_failed',
      message: 'x',
    });
  });
});
