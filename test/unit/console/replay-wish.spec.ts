import {
  previewPath,
  readWish,
  toOrder,
  untilNow,
  wishFields,
  type ReplayWish,
} from '../../../src/console/replays/replay-wish.js';
import { eventFilterShape } from '../../../src/ops/events/event-filter.js';
import { messageFilterShape } from '../../../src/ops/replays/message-filter.js';

const NOW = new Date('2026-11-22T14:00:00.000Z');
const ID = '01a203ac-d4e7-7126-bd0e-426b7ba35f7b';

/** What a form sends and the server reads from it. */
function submit(fields: readonly (readonly [string, string])[]): Record<string, string | string[]> {
  const form: Record<string, string | string[]> = {};
  for (const [name, value] of fields) {
    const former = form[name];
    form[name] = former === undefined ? value : [former, value].flat();
  }
  return form;
}

describe('what somebody wishes to be replayed', () => {
  const filterOf = (shape: object) =>
    Object.fromEntries(Object.keys(shape).map((name) => [name, `some ${name}`]));
  const wishes: [string, ReplayWish][] = [
    [
      'every filter of events',
      {
        target: 'events',
        action: 'replay',
        choice: { by: 'filter', filter: filterOf(eventFilterShape) },
      },
    ],
    [
      'every filter of messages',
      {
        target: 'messages',
        action: 'discard',
        choice: { by: 'filter', filter: filterOf(messageFilterShape) },
      },
    ],
    ['one', { target: 'events', action: 'discard', choice: { by: 'ids', ids: [ID] } }],
    [
      'several of a consumer',
      {
        target: 'messages',
        action: 'replay',
        choice: { by: 'ids', ids: [ID, 'b'], consumer: 'crm' },
      },
    ],
  ];

  it.each(wishes)('is the same after a form: %s', (_, wish) => {
    expect(readWish(submit(wishFields(wish)))).toEqual(wish);
  });

  it.each(wishes)('is the same after a link: %s', (_, wish) => {
    const { searchParams } = new URL(previewPath(wish), 'http://console.test');
    expect(readWish(submit([...searchParams]))).toEqual(wish);
  });

  it('never takes a form without a ticked box for everything', () => {
    const { choice } = readWish({ target: 'events', action: 'discard' });
    expect(choice).toEqual({ by: 'ids', ids: [] });
  });

  it('keeps a filter that nobody knows, so that it is refused and not left out', () => {
    const { choice } = readWish({ by: 'filter', code: 'apply_failed', colour: 'red' });
    expect(choice).toEqual({ by: 'filter', filter: { code: 'apply_failed', colour: 'red' } });
  });

  it('takes no word of the form around it for a filter', () => {
    const around = { _csrf: 'x', key: 'y', reason: 'z', perSecond: '5' };
    const { choice } = readWish({ by: 'filter', code: 'apply_failed', ...around });
    expect(choice).toEqual({ by: 'filter', filter: { code: 'apply_failed' } });
  });

  it('ends at the time of the preview, unless it ends before', () => {
    const wish = readWish({ by: 'filter', code: 'apply_failed' });
    expect(toOrder(untilNow(wish, NOW))).toMatchObject({ filter: { to: NOW.toISOString() } });
    const before = readWish({ by: 'filter', to: '2026-01-01T00:00:00.000Z' });
    expect(untilNow(before, NOW)).toEqual(before);
  });
});
