import { describe, expect, it } from '@jest/globals';
import { planRings, type DueEvent } from '../../../src/inbox/plan-rings.js';

const LIMITS = { ringEventsMax: 3, ringBytesMax: 100 };

const due = (id: string, given: Partial<DueEvent> = {}): DueEvent => {
  return { id, bytes: 10, rings: 1, unended: 0, ...given };
};

describe('planRings', () => {
  it('names as many rows in a ring as it may', () => {
    const events = ['a', 'b', 'c', 'd'].map((id) => due(id));
    expect(planRings(events, LIMITS)).toEqual([{ ids: ['a', 'b', 'c'] }, { ids: ['d'] }]);
  });

  it('keeps a ring within its bytes, and still names a row that is over them', () => {
    const events = [due('a', { bytes: 60 }), due('b', { bytes: 60 }), due('c', { bytes: 600 })];
    expect(planRings(events, LIMITS)).toEqual([{ ids: ['a'] }, { ids: ['b'] }, { ids: ['c'] }]);
  });

  it('has rows watched that it rings for once more, apart from those that are fresh', () => {
    const events = [due('a'), due('b', { rings: 2 }), due('c'), due('d', { rings: 30 })];
    expect(planRings(events, LIMITS)).toEqual([
      { ids: ['a', 'c'] },
      { ids: ['b', 'd'], unended: 0 },
    ]);
  });

  it('rings for each row by itself of which an attempt never came to an end', () => {
    const events = [
      due('a', { rings: 3, unended: 1 }),
      due('b', { rings: 3 }),
      due('c', { rings: 4, unended: 2 }),
    ];
    expect(planRings(events, LIMITS)).toEqual([
      { ids: ['b'], unended: 0 },
      { ids: ['a'], unended: 1 },
      { ids: ['c'], unended: 2 },
    ]);
  });

  it('rings for nothing when nothing is due', () => {
    expect(planRings([], LIMITS)).toEqual([]);
  });
});
