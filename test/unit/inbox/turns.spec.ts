import { describe, expect, it } from '@jest/globals';
import { Turns } from '../../../src/inbox/turns.js';

/** Longer than any test takes. */
const FOR_EVER_MS = 60_000;

/** A piece of work that says when it begins, and ends when it is told to. */
class Work {
  hasBegun = false;
  end!: () => void;
  fail!: (error: Error) => void;
  private readonly ended = new Promise<void>((resolve, reject) => {
    this.end = resolve;
    this.fail = reject;
  });

  readonly run = (): Promise<void> => {
    this.hasBegun = true;
    return this.ended;
  };
}

/** Lets everything go on that can. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

function works(count: number): Work[] {
  return Array.from({ length: count }, () => new Work());
}

describe('Turns', () => {
  it('lets work go on side by side', async () => {
    const turns = new Turns(FOR_EVER_MS);
    const [one, other] = works(2) as [Work, Work];
    const both = [turns.besideOthers(one.run), turns.besideOthers(other.run)];
    expect([one.hasBegun, other.hasBegun]).toEqual([true, true]);
    one.end();
    other.end();
    await Promise.all(both);
  });

  it('begins what is to be alone when all else has ended, and nothing before it has', async () => {
    const turns = new Turns(FOR_EVER_MS);
    const [first, lonely, next, secondLonely] = works(4) as [Work, Work, Work, Work];
    const all = [
      turns.besideOthers(first.run),
      turns.alone(lonely.run),
      turns.besideOthers(next.run),
      turns.alone(secondLonely.run),
    ];
    const begun = async () => {
      await settled();
      return [first, lonely, next, secondLonely].map(({ hasBegun }) => hasBegun);
    };
    expect(await begun()).toEqual([true, false, false, false]);
    first.end();
    expect(await begun()).toEqual([true, true, false, false]);
    lonely.end();
    expect(await begun()).toEqual([true, true, true, false]);
    next.end();
    expect(await begun()).toEqual([true, true, true, true]);
    secondLonely.end();
    await Promise.all(all);
  });

  it('goes on after work that fails, whose failure is that of its caller', async () => {
    const turns = new Turns(FOR_EVER_MS);
    const [lonely, next] = works(2) as [Work, Work];
    const failed = turns.alone(lonely.run);
    const after = turns.besideOthers(next.run);
    lonely.fail(new Error('gone'));
    await expect(failed).rejects.toThrow('gone');
    next.end();
    await after;
  });

  it('waits neither for what hangs, nor lets it hold up others when it is alone', async () => {
    const turns = new Turns(5);
    const [hanging, lonely, next] = works(3) as [Work, Work, Work];
    void turns.besideOthers(hanging.run);
    void turns.alone(lonely.run); // hangs, too
    const after = turns.besideOthers(next.run);
    next.end();
    await after;
    expect(lonely.hasBegun).toBe(true);
  });
});
