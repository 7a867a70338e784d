import { withTimes } from '../../../src/console/read-times.js';

const NOW = new Date('2026-11-22T14:00:00.000Z');

describe('withTimes', () => {
  it.each([
    ['30m', '2026-11-22T13:30:00.000Z'],
    ['2h', '2026-11-22T12:00:00.000Z'],
    ['3 d', '2026-11-19T14:00:00.000Z'],
    ['2026-11-21', '2026-11-21T00:00:00.000Z'],
    ['2026-11-21 09:30', '2026-11-21T09:30:00.000Z'],
    ['2026-11-21 09:30:15 UTC', '2026-11-21T09:30:15.000Z'],
    ['2026-11-21T09:30:15Z', '2026-11-21T09:30:15.000Z'],
  ])('reads %s as a point in time', (typed, at) => {
    expect(withTimes({ from: typed }, NOW)).toEqual({ from: at });
    expect(withTimes({ to: typed }, NOW)).toEqual({ to: at });
  });

  it.each(['yesterday', '2026-13-01', '2026-11-21 25:00', '2026-11-21T09:30:15+02:00', '-2h'])(
    'leaves %s as it is, for whoever reads it to judge',
    (typed) => {
      expect(withTimes({ from: typed, type: 'x' }, NOW)).toEqual({ from: typed, type: 'x' });
    },
  );

  it('turns an age into a range', () => {
    const hourAgo = '2026-11-22T13:00:00.000Z';
    expect(withTimes({ age: 'last_hour' }, NOW)).toEqual({ from: hourAgo });
    expect(withTimes({ age: 'over_an_hour' }, NOW)).toEqual({ to: hourAgo });
  });

  it('keeps an age that nobody offered, so that it is refused and not left out', () => {
    expect(withTimes({ age: 'constructor' }, NOW)).toEqual({ age: 'constructor' });
    expect(withTimes({ age: 'ever' }, NOW)).toEqual({ age: 'ever' });
  });
});
