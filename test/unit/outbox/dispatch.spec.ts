import { describe, expect, it } from '@jest/globals';
import {
  dispatchSchema,
  outcomeSchema,
  toDispatch,
  verdictSchema,
  type ClaimedDispatch,
} from '../../../src/outbox/dispatch.js';
import { AGGREGATES, MESSAGE_DATA, MESSAGE_TYPES } from '../../../src/outbox/message.js';
import { messageType } from '../../../src/config/consumers.js';

const ROW: ClaimedDispatch = {
  messageId: '01890a5d-ac96-774b-bcce-b302099a8057',
  tries: 5,
  attempts: 2,
  turn: 3,
  sends: 1,
  type: 'order.partially_paid',
  aggregate: 'order',
  aggregateId: 'b1f7ac0e-8d2b-4d0b-9a55-5b1f3a0c7a11',
  version: 3,
  subject: 'order-1',
  data: { order: {} },
  createdAt: new Date('2026-03-01T10:00:00.123Z'),
};

const OUTCOME = {
  consumer: 'mails',
  messageId: ROW.messageId,
  tries: 0,
  attempts: 0,
  verdict: { result: 'consumed' },
};

describe('a dispatch', () => {
  it('is a message that can be read after it was JSON, with the tries that have failed', () => {
    const dispatch = toDispatch(ROW, '/tollgate');
    expect(dispatchSchema.parse(JSON.parse(JSON.stringify(dispatch)))).toEqual(dispatch);
    expect(dispatch).toEqual({
      tries: 5,
      attempts: 2,
      message: {
        specversion: '1.0',
        id: ROW.messageId,
        source: '/tollgate',
        type: 'order.partially_paid',
        subject: 'order-1',
        time: '2026-03-01T10:00:00.123Z',
        datacontenttype: 'application/json',
        dataschema: 'urn:tollgate:message:order:1',
        aggregate: 'order',
        aggregateid: ROW.aggregateId,
        aggregateversion: 3,
        data: { order: {} },
      },
    });
  });

  it.each(Object.keys(MESSAGE_TYPES))('can be of %s, which can be wished for', (type) => {
    const aggregate = AGGREGATES.find((one) => type.startsWith(`${one}.`));
    const dispatch = toDispatch({ ...ROW, type, aggregate: aggregate! }, '/tollgate');
    expect(dispatchSchema.parse(dispatch).message.dataschema).toBe(
      `urn:tollgate:message:${aggregate}:1`,
    );
    expect(MESSAGE_DATA).toHaveProperty(aggregate!);
    expect(messageType.parse(type)).toBe(type);
    expect(messageType.parse(`${aggregate}.*`)).toBe(`${aggregate}.*`);
  });
});

describe('an outcome', () => {
  it.each([
    { result: 'consumed' },
    { result: 'failed', code: 'consumer_failed', message: '', isFinal: false },
    { result: 'failed', code: 'of_another_service', message: 'x', isFinal: true },
    { result: 'not_now', message: 'closed', retryInMs: 0 },
    { result: 'not_now', message: 'closed', retryInMs: 86_400_000 },
  ])('may say %j', (verdict) => {
    expect(outcomeSchema.parse({ ...OUTCOME, verdict })).toEqual({ ...OUTCOME, verdict });
  });

  it.each([
    {},
    { result: 'ignored' },
    { result: 'failed', message: 'x', isFinal: false },
    { result: 'failed', code: '', message: 'x', isFinal: false },
    { result: 'failed', code: 'x'.repeat(101), message: 'x', isFinal: false },
    { result: 'failed', code: 'consumer_failed', message: 'x' },
    { result: 'not_now', message: 'closed', retryInMs: -1 },
    { result: 'not_now', message: 'closed', retryInMs: 86_400_001 },
    { result: 'not_now', message: 'closed', retryInMs: 1.5 },
  ])('may not say %j', (verdict) => {
    expect(verdictSchema.safeParse(verdict).success).toBe(false);
  });

  it.each([
    { consumer: '' },
    { messageId: 'order-1' },
    { messageId: undefined },
    { tries: -1 },
    { attempts: -1 },
    { attempts: '0' },
  ])('is refused with %j', (change) => {
    expect(outcomeSchema.safeParse({ ...OUTCOME, ...change }).success).toBe(false);
  });
});
