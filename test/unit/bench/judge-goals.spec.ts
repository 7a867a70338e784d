import { judgeGoals, type Goal } from '../../../bench/goals.mjs';
import { summarize, type Turn } from '../../../bench/summary.mjs';

const OURS = { name: 'ours' };
const OTHER = { name: 'other' };

const TWICE: Goal = {
  text: 'twice as fast',
  of: ['ours', 'perSecond'],
  to: ['other', 'perSecond'],
  atLeast: 2,
};

function turn(round: number, contender: { name: string }, perSecond: number, missing = 0): Turn {
  return { round, contender, result: { figures: { perSecond }, missing, refused: 0 } };
}

describe('judgeGoals', () => {
  it('takes each ratio within its round and judges the median', () => {
    // The machine was half as fast in the second round: the ratio does not see it.
    const turns = [
      turn(1, OURS, 400),
      turn(1, OTHER, 200),
      turn(2, OURS, 210),
      turn(2, OTHER, 100),
      turn(3, OURS, 300),
      turn(3, OTHER, 200),
    ];
    const [judged] = judgeGoals([TWICE], turns);
    expect(judged?.spread).toEqual({ median: 2, min: 1.5, max: 2.1 });
    expect(judged?.isMet).toBe(true);
  });

  it('does not meet a goal that the median misses', () => {
    const turns = [turn(1, OURS, 399), turn(1, OTHER, 200)];
    expect(judgeGoals([TWICE], turns)[0]?.isMet).toBe(false);
  });

  it('holds a figure of one contender against an upper limit', () => {
    const goal: Goal = { text: 'quick', of: ['ours', 'p99Ms'], atMost: 15 };
    const of = (p99Ms: number): Turn => ({
      round: 1,
      contender: OURS,
      result: { figures: { p99Ms }, missing: 0, refused: 0 },
    });
    expect(judgeGoals([goal], [of(15)])[0]?.isMet).toBe(true);
    expect(judgeGoals([goal], [of(15.1)])[0]?.isMet).toBe(false);
  });

  it('leaves out rounds in which an acknowledged event was missing', () => {
    const turns = [
      turn(1, OURS, 1000, 1),
      turn(1, OTHER, 100),
      turn(2, OURS, 100),
      turn(2, OTHER, 100),
    ];
    const [judged] = judgeGoals([TWICE], turns);
    expect(judged?.spread).toEqual({ median: 1, min: 1, max: 1 });
    expect(judged?.isMet).toBe(false);
  });

  it('neither meets nor misses what was not measured', () => {
    const failed: Turn = { round: 1, contender: OTHER, result: { failed: 'no pgbench' } };
    expect(judgeGoals([TWICE], [turn(1, OURS, 1000), failed])[0]?.isMet).toBeNull();
    expect(judgeGoals([TWICE], [turn(1, OURS, 1000)])[0]?.isMet).toBeNull();
  });
});

describe('summarize', () => {
  it('tells median, least and most of the turns that count, and counts the others', () => {
    const failed: Turn = { round: 4, contender: OURS, result: { failed: 'it did not start' } };
    const turns = [turn(1, OURS, 1), turn(2, OURS, 5), turn(3, OURS, 9, 7), failed];
    expect(summarize(turns)).toEqual([
      {
        contender: OURS,
        figures: { perSecond: { median: 3, min: 1, max: 5 } },
        refused: 0,
        missing: 7,
        failed: 1,
      },
    ]);
  });
});
