import { describe, expect, it } from '@jest/globals';
import type { ReplayView } from '../../../src/ops/cli/api-views.js';
import { dryRunBlocks } from '../../../src/ops/cli/format/format-change.js';
import { deadLetterBlocks } from '../../../src/ops/cli/format/format-dead-letters.js';
import { replayBlocks } from '../../../src/ops/cli/format/format-replay.js';
import { countWaiting, exitOfReplay } from '../../../src/ops/cli/replays/wait-for-replay.js';
import { render } from '../../../src/ops/cli/render.js';

describe('a dry run', () => {
  it('is a diff for each event', () => {
    const change = {
      eventId: 'e1',
      provider: 'stripe',
      type: 'charge.refunded',
      outcome: 'applied',
      error: null,
      payment: { id: 'p1', changes: [{ field: 'status', before: 'paid', after: 'refunded' }] },
      order: {
        reference: 'o1',
        changes: [{ field: 'amountPaidMinor', before: 5000, after: null }],
      },
      reviews: [{ reason: 'paid_twice', status: 'open' }],
      messages: ['payment.refunded', 'order.refunded'],
    };
    const dead = {
      ...change,
      eventId: 'e2',
      outcome: 'dead',
      error: { code: 'payload_malformed', message: 'no amount' },
      payment: null,
      order: { reference: 'o1', changes: [] },
      reviews: [],
      messages: [],
    };
    const view = { dryRun: true, matched: 500, examined: 2, changes: [change, dead] } as const;
    expect(render(dryRunBlocks(view), false)).toBe(
      [
        'e1  stripe charge.refunded  → applied',
        '  payment p1',
        '  - status: paid',
        '  + status: refunded',
        '  order o1',
        '  - amountPaidMinor: 5000',
        '  + amountPaidMinor: null',
        '  review paid_twice: open',
        '  tells payment.refunded, order.refunded',
        'e2  stripe charge.refunded  → dead payload_malformed: no amount',
        '500 matched, 2 of them examined; nothing was changed',
        '',
      ].join('\n'),
    );
  });
});

describe('dead letters by reason', () => {
  const now = new Date('2026-11-22T05:00:00Z');
  const group = {
    type: 'charge.failed',
    code: 'amount_unusable',
    oldestAt: '2026-11-20T05:00:00Z',
    newestAt: '2026-11-22T04:00:00Z',
    message: 'the amount is "x"',
  };

  it('are counted, the most frequent first', () => {
    const events = [
      { ...group, provider: 'stripe', count: 1 },
      { ...group, provider: 'paystack', count: 12 },
    ];
    const lines = render(deadLetterBlocks({ events, messages: [] }, now), false).split('\n');
    expect(lines[0]).toBe('13 dead events');
    expect(lines[2]).toMatch(/^12 +amount_unusable +paystack +charge.failed +1h +2d +the amount/);
    expect(lines[3]).toMatch(/^1 /);
  });

  it('says when there is none', () => {
    expect(deadLetterBlocks({ events: [], messages: [] }, now)).toEqual(['no dead letters']);
  });
});

describe('a replay', () => {
  const replay: ReplayView = {
    id: 'r1',
    target: 'events',
    action: 'replay',
    status: 'done',
    filter: null,
    reason: null,
    requestedBy: 'me',
    perSecond: null,
    total: 5,
    done: 4,
    skipped: 1,
    pending: 0,
    results: { applied: 3, dead: 0, received: 1 },
    createdAt: '2026-11-22T05:00:00Z',
    finishedAt: null,
  };

  it('shows how it stands', () => {
    expect(render(replayBlocks(replay), false)).toBe(
      'replay of events r1  done\n  4 of 5 done, 1 skipped\n  now: 3 applied, 1 received\n',
    );
    expect(countWaiting(replay)).toBe(1);
  });

  it.each([
    ['is done', {}, 'done'],
    ['has failed when something died again', { results: { dead: 1 } }, 'failed'],
    ['has failed when it was called off', { status: 'cancelled' }, 'failed'],
    ['is done when it was to discard', { action: 'discard', results: { dead: 1 } }, 'done'],
    ['is done when nobody has counted', { results: null }, 'done'],
  ] as const)('%s', (_what, difference, exit) => {
    expect(exitOfReplay({ ...replay, ...difference })).toBe(exit);
  });
});
