import {
  countOutcomes,
  describeValue,
  nameField,
  tellingChanges,
  type Change,
} from '../../../src/console/replays/change-words.js';
import { describeProgress, pollSeconds } from '../../../src/console/replays/replay-words.js';
import type { ReplayView } from '../../../src/ops/replays/present-replay.js';

const NOW = new Date('2026-11-22T14:00:00.000Z');

const RUNNING: ReplayView = {
  id: '01a203ac-d4e7-7126-bd0e-426b7ba35f7b',
  target: 'events',
  action: 'replay',
  status: 'running',
  filter: {},
  reason: null,
  requestedBy: 'anna',
  perSecond: 100,
  total: 10,
  done: 4,
  skipped: 1,
  pending: 5,
  results: { applied: 3, received: 1 },
  createdAt: NOW,
  finishedAt: null,
};
const DONE: ReplayView = {
  ...RUNNING,
  status: 'done',
  done: 9,
  pending: 0,
  results: { applied: 9 },
  finishedAt: NOW,
};
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

describe('the progress of a replay', () => {
  it('is told in a sentence', () => {
    expect(describeProgress(RUNNING)).toBe('Running: 4 of 10 sent through again, 1 left alone.');
    expect(describeProgress({ ...DONE, skipped: 0, done: 10, action: 'discard' })).toBe(
      'Done: 10 of 10 discarded.',
    );
    expect(describeProgress({ ...DONE, total: 0 })).toContain('Nothing matched');
  });

  it('is asked for while it runs', () => {
    expect(pollSeconds(RUNNING, NOW)).toBe(2);
  });

  it('is asked for less often when there is much to count', () => {
    expect(pollSeconds({ ...RUNNING, total: 100_000 }, NOW)).toBe(5);
  });

  it('is not asked for any more once all have an outcome', () => {
    expect(pollSeconds(DONE, NOW)).toBeNull();
    expect(pollSeconds({ ...DONE, status: 'cancelled' }, NOW)).toBeNull();
    expect(pollSeconds({ ...RUNNING, status: 'paused' }, NOW)).toBeNull();
  });

  it('is asked for a minute longer for outcomes that are missing, and not for ever', () => {
    const waiting = { ...DONE, results: { applied: 8, received: 1 } };
    expect(pollSeconds(waiting, later(30))).toBe(2);
    expect(pollSeconds(waiting, later(61))).toBeNull();
  });
});

describe('a change that a replay would make', () => {
  it.each([
    ['amountCapturedMinor', 1250, 'EUR', 'amount captured', '12.50 EUR'],
    ['amountMinor', 1250, null, 'amount', '1,250 minor units'],
    ['version', 3, 'EUR', 'version', '3'],
    ['livemode', false, null, 'livemode', 'no'],
    ['cancelledAt', null, null, 'cancelled at', 'none'],
    ['metadata', { a: '<b>' }, null, 'metadata', '{"a":"<b>"}'],
  ])('names %s and its value', (field, value, currency, name, told) => {
    expect(nameField(field)).toBe(name);
    expect(describeValue(field, value, currency)).toBe(told);
  });

  it('leaves out what goes without saying of something new, and nothing else', () => {
    const refunded = { field: 'amountRefundedMinor', before: null, after: 0 };
    const captured = { field: 'amountCapturedMinor', before: null, after: 5 };
    const isTest = { field: 'livemode', before: null, after: false };
    expect(tellingChanges([refunded, captured, isTest], true)).toEqual([captured, isTest]);
    expect(tellingChanges([refunded, captured], false)).toEqual([refunded, captured]);
  });

  it('is counted by its outcome, most frequent first', () => {
    const of = (outcome: string) => ({ outcome }) as Change;
    expect(countOutcomes([of('dead'), of('applied'), of('applied')])).toEqual([
      ['applied', 2],
      ['dead', 1],
    ]);
  });
});
