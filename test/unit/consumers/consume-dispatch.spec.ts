import { describe, expect, it } from '@jest/globals';
import { consumeDispatch, type ConsumeContext } from '../../../src/consumers/consume-dispatch.js';
import { NotNow, Refused } from '../../../src/consumers/consumer.js';
import { ERRORS, TollgateError, type ErrorCode } from '../../../src/errors.js';
import { outcomeSchema, type Dispatch, type Outcome } from '../../../src/outbox/dispatch.js';
import type { Message } from '../../../src/outbox/message.js';
import { orderMessage } from '../../support/messages.js';

/** A consumer that throws this, or not, and what is done around it. */
function contextOf(
  consume: (message: Message) => Promise<void>,
  given: Partial<ConsumeContext> = {},
): { readonly context: ConsumeContext; readonly outcomes: Outcome[] } {
  const outcomes: Outcome[] = [];
  return {
    outcomes,
    context: {
      consumer: { name: 'mails', types: ['*'], consume },
      isWanted: () => Promise.resolve(true),
      settle: (outcome) => Promise.resolve(void outcomes.push(outcome)),
      ...given,
    },
  };
}

const throwing = (error: unknown) => () =>
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- that is the point
  Promise.reject(error);

async function verdictOf(error: unknown, given: Partial<ConsumeContext> = {}) {
  const { context, outcomes } = contextOf(throwing(error), given);
  await consumeDispatch(context, { message: orderMessage(), tries: 0, attempts: 0 });
  expect(outcomes).toHaveLength(1);
  expect(outcomeSchema.parse(outcomes[0])).toEqual(outcomes[0]);
  return outcomes[0]!.verdict;
}

describe('consumeDispatch', () => {
  it('hands the message to the consumer, and reports that it is consumed', async () => {
    const job: Dispatch = { message: orderMessage(), tries: 6, attempts: 4 };
    const consumed: Message[] = [];
    const { context, outcomes } = contextOf((message) =>
      Promise.resolve(void consumed.push(message)),
    );
    await consumeDispatch(context, JSON.parse(JSON.stringify(job)));
    expect(consumed).toEqual([job.message]);
    expect(outcomes).toEqual([
      {
        consumer: 'mails',
        messageId: job.message.id,
        tries: 6,
        attempts: 4,
        verdict: { result: 'consumed' },
      },
    ]);
  });

  describe('judges what a consumer throws', () => {
    it.each<{ thrown: string; error: unknown; verdict: object }>([
      {
        thrown: 'an error',
        error: new Error('boom'),
        verdict: { result: 'failed', code: 'consumer_failed', message: 'boom', isFinal: false },
      },
      {
        thrown: 'an error of our own that may pass',
        error: new TollgateError('consumer_failed', 'boom'),
        verdict: { result: 'failed', code: 'consumer_failed', message: 'boom', isFinal: false },
      },
      {
        thrown: 'an error of our own that cannot',
        error: new TollgateError('consumer_refused', 'never'),
        verdict: { result: 'failed', code: 'consumer_refused', message: 'never', isFinal: true },
      },
      {
        thrown: 'the wish to be asked later',
        error: new NotNow('closed', 1500),
        verdict: { result: 'not_now', message: 'closed', retryInMs: 1500 },
      },
      {
        thrown: 'a refusal',
        error: new Refused('no such article'),
        verdict: {
          result: 'failed',
          code: 'consumer_refused',
          message: 'no such article',
          isFinal: true,
        },
      },
      {
        thrown: 'a text',
        error: 'boom',
        verdict: { result: 'failed', code: 'consumer_failed', message: 'boom', isFinal: false },
      },
      {
        thrown: 'nothing',
        error: undefined,
        verdict: {
          result: 'failed',
          code: 'consumer_failed',
          message: 'undefined',
          isFinal: false,
        },
      },
      {
        thrown: 'an error without a message',
        error: new Error(),
        verdict: { result: 'failed', code: 'consumer_failed', message: '', isFinal: false },
      },
    ])('$thrown', async ({ error, verdict }) => {
      expect(await verdictOf(error)).toEqual(verdict);
    });

    it.each(Object.keys(ERRORS) as ErrorCode[])('%s as its row in the table says', async (code) => {
      expect(await verdictOf(new TollgateError(code, 'x'))).toMatchObject({
        result: 'failed',
        code,
        isFinal: ERRORS[code].next === 'dead',
      });
    });

    it('an error that a consumer throws before it returns a promise', async () => {
      const { context, outcomes } = contextOf(() => {
        throw new Error('at once');
      });
      await consumeDispatch(context, { message: orderMessage(), tries: 0, attempts: 0 });
      expect(outcomes[0]!.verdict).toMatchObject({ result: 'failed', message: 'at once' });
    });

    it('with 500 characters of what it says', async () => {
      const verdict = await verdictOf(new Error('x'.repeat(10_000)));
      expect(verdict).toMatchObject({ message: 'x'.repeat(500) });
    });

    it.each([
      ['an object that is no text either', Object.create(null) as unknown],
      ['an error whose message is none', Object.assign(new Error('x'), { message: { x: 1 } })],
      ['a wish to be asked later, at no time', new NotNow('closed', NaN)],
      ['a wish to be asked later, in half a millisecond', new NotNow('closed', 0.5)],
    ])('%s', async (_what, error) => {
      expect(await verdictOf(error)).toBeDefined();
    });
  });

  it('does not ask the consumer about a try that is over', async () => {
    let asked = 0;
    const { context, outcomes } = contextOf(() => Promise.resolve(void (asked += 1)), {
      isWanted: () => Promise.resolve(false),
    });
    await consumeDispatch(context, { message: orderMessage(), tries: 0, attempts: 0 });
    expect(asked).toBe(0);
    expect(outcomes).toEqual([]);
  });

  it.each([
    ['whether it is wanted', { isWanted: throwing(new Error('no database')) }],
    ['the report', { settle: throwing(new Error('no database')) }],
  ])(
    'fails when there is no answer to %s, so that the message comes again',
    async (_what, given) => {
      const { context } = contextOf(() => Promise.resolve(), given);
      const job = { message: orderMessage(), tries: 0, attempts: 0 };
      await expect(consumeDispatch(context, job)).rejects.toThrow('no database');
    },
  );

  it('reports a message that is not as its schema says as one that can never be used', async () => {
    const { context, outcomes } = contextOf(() => Promise.reject(new Error('not asked')));
    const message = { ...orderMessage(), subject: '' };
    await consumeDispatch(context, { message, tries: 2, attempts: 1 });
    expect(outcomes).toMatchObject([
      {
        messageId: message.id,
        tries: 2,
        verdict: { result: 'failed', code: 'message_unreadable', isFinal: true },
      },
    ]);
  });

  it.each([
    ['a ring', { ids: ['b1f7ac0e-8d2b-4d0b-9a55-5b1f3a0c7a11'] }],
    ['nothing', undefined],
    ['null', null],
    ['a text', 'what is this?'],
    ['a message that is not in a dispatch', orderMessage()],
    ['a dispatch without attempts', { message: orderMessage() }],
    ['a dispatch with less than no tries', { message: orderMessage(), tries: -1, attempts: 0 }],
    ['a message without an id', { message: { ...orderMessage(), id: '' }, tries: 0, attempts: 0 }],
  ])('refuses a job that is none of ours: %s', async (_what, job) => {
    let asked = 0;
    const { context, outcomes } = contextOf(() => Promise.resolve(void (asked += 1)), {
      isWanted: () => Promise.resolve(Boolean((asked += 1))),
    });
    await expect(consumeDispatch(context, job)).rejects.toThrow();
    expect(asked).toBe(0);
    expect(outcomes).toEqual([]);
  });
});
