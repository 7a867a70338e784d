import { isGrowing } from '../../../bench/growing.mjs';

const RATE = 1000;

describe('isGrowing', () => {
  it('sees a backlog grow that gains a tenth of the rate', () => {
    const samples = Array.from({ length: 24 }, (_, halfSeconds) => (halfSeconds / 2) * 100);
    expect(isGrowing(samples, RATE)).toBe(true);
  });

  it('lets a backlog swing around its level', () => {
    expect(isGrowing([0, 80, 20, 90, 10, 85, 25, 95, 15], RATE)).toBe(false);
  });

  it('leaves out how it finds its level', () => {
    expect(isGrowing([0, 100, 200, 400, 410, 405, 402, 408, 404], RATE)).toBe(false);
  });

  it('does not judge by too few samples', () => {
    expect(() => isGrowing([1, 2], RATE)).toThrow('2 samples are too few to see a backlog grow');
  });
});
