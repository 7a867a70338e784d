import { describe, expect, it } from '@jest/globals';
import { parseDurationSeconds, parseTime, showAge, showTime } from '../../../src/ops/cli/time.js';

const NOW = new Date('2026-11-22T05:00:00Z');

describe('times of the command line', () => {
  it.each([
    ['90s', 90],
    ['15m', 900],
    ['2h', 7200],
    ['7d', 604_800],
  ])('reads a duration: %s', (text, seconds) => {
    expect(parseDurationSeconds(text)).toBe(seconds);
  });

  it.each(['', '2', 'h', '2 h', '-2h', '2w', '1.5h', '9999999s'])('refuses %j', (text) => {
    expect(() => parseDurationSeconds(text)).toThrow('expected a time such as 90s');
  });

  it.each([
    ['2h', '2026-11-22T03:00:00.000Z'],
    ['2026-11-22', '2026-11-22T00:00:00.000Z'],
    ['2026-11-22T04:30', '2026-11-22T04:30:00.000Z'],
    ['2026-11-22T04:30:15.5Z', '2026-11-22T04:30:15.500Z'],
    ['2026-11-22T04:30:00+02:00', '2026-11-22T02:30:00.000Z'],
  ])('reads a point in time: %s', (text, expected) => {
    expect(parseTime(text, NOW)).toBe(expected);
  });

  it.each(['yesterday', '22.11.2026', '2026-13-01', '2026-11-22T25:00Z', ''])(
    'refuses %j',
    (text) => {
      expect(() => parseTime(text, NOW)).toThrow('expected a time such as 2026-11-22T05:00:00Z');
    },
  );

  it('shows a time without its fractions, and none as a dash', () => {
    expect(showTime('2026-11-22T05:40:29.775Z')).toBe('2026-11-22 05:40:29Z');
    expect(showTime(null)).toBe('-');
  });

  it.each([
    ['2026-11-22T04:59:20Z', '40s'],
    ['2026-11-22T04:48:00Z', '12m'],
    ['2026-11-21T23:30:00Z', '5h'],
    ['2026-11-10T05:00:00Z', '12d'],
    ['2026-11-22T05:00:01Z', '0s'],
  ])('shows how long ago %s was: %s', (at, expected) => {
    expect(showAge(at, NOW)).toBe(expected);
  });
});
