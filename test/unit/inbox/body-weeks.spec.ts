import { describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { idAt, timeOf } from '../../../src/database/id-time.js';
import { weekOf, weeksFrom, WEEK_MS } from '../../../src/inbox/body-weeks.js';

const at = (text: string) => Date.parse(text);

describe('weekOf', () => {
  it.each([
    ['2026-11-23T00:00:00.000Z', 'inbox_bodies_20261123'],
    ['2026-11-22T23:59:59.999Z', 'inbox_bodies_20261116'],
    ['2026-12-31T12:00:00.000Z', 'inbox_bodies_20261228'],
    ['1970-01-05T00:00:00.000Z', 'inbox_bodies_19700105'],
  ])('finds the Monday of %s', (time, name) => {
    const week = weekOf(at(time));
    expect(week.name).toBe(name);
    expect(new Date(week.fromMs).getUTCDay()).toBe(1);
    expect(week.toMs - week.fromMs).toBe(WEEK_MS);
  });

  it('holds every id of its time, and none of another', () => {
    const { fromMs, toMs, fromId, toId } = weekOf(Date.now());
    for (const msecs of [fromMs, Date.now(), toMs - 1]) {
      const id = uuidv7({ msecs });
      expect(id >= fromId && id < toId).toBe(true);
    }
    expect(uuidv7({ msecs: fromMs - 1 }) < fromId).toBe(true);
    expect(uuidv7({ msecs: toMs }) < toId).toBe(false);
  });

  it('leaves no gap to the week after it', () => {
    const weeks = weeksFrom(at('2026-12-20T10:00:00Z'), 60);
    expect(weeks).toHaveLength(61);
    for (const [n, week] of weeks.slice(1).entries()) {
      expect(week.fromId).toBe(weeks[n]!.toId);
    }
  });
});

describe('the time of an id', () => {
  it('is that with which it was made', () => {
    for (const msecs of [0, 1, at('2026-11-23T10:00:00Z'), 2 ** 48 - 1]) {
      expect(timeOf(uuidv7({ msecs }))).toBe(msecs);
      expect(timeOf(idAt(msecs))).toBe(msecs);
    }
  });
});
