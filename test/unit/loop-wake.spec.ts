import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Loop, type Pass } from '../../src/loop.js';
import { eventually } from '../support/eventually.js';

const NEVER_MS = 3_600_000;

describe('Loop.wake', () => {
  let loop: Loop;
  let errors: unknown[];
  /** Passes under way, oldest first: each ends when the test says so. */
  let underWay: { readonly end: (pass: Pass) => void; readonly fail: (error: Error) => void }[];
  let begun: number;

  beforeEach(() => {
    [errors, underWay, begun] = [[], [], 0];
    const pass = () => {
      begun += 1;
      return new Promise<Pass>((resolve, reject) => underWay.push({ end: resolve, fail: reject }));
    };
    loop = new Loop(pass, NEVER_MS, (error) => errors.push(error));
  });

  afterEach(async () => {
    const stopped = loop.stop();
    for (const { end } of underWay) end('done');
    await stopped;
  });

  const passesBegun = (count: number) => eventually(() => expect(begun).toBe(count));
  const end = (pass: Pass) => underWay.shift()!.end(pass);

  /** Turns of the event loop in which a pass would begin if one were to. */
  const aWhile = async () => {
    const turns = 20;
    for (let turn = 0; turn < turns; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  };

  it('ends the pause', async () => {
    loop.start();
    await passesBegun(1);
    end('done');
    await aWhile();
    expect(begun).toBe(1);
    loop.wake();
    await passesBegun(2);
  });

  it('during a pass has it followed by another, which may see what that one missed', async () => {
    loop.start();
    await passesBegun(1);
    loop.wake();
    await aWhile();
    expect(begun).toBe(1); // never two at a time
    end('done');
    await passesBegun(2);
  });

  it('counts once, however often it comes during a pass', async () => {
    loop.start();
    await passesBegun(1);
    for (let count = 0; count < 5; count += 1) loop.wake();
    end('done');
    await passesBegun(2);
    end('done');
    await aWhile();
    expect(begun).toBe(2);
  });

  it('counts once, however often it comes during a pause', async () => {
    loop.start();
    await passesBegun(1);
    end('done');
    await aWhile();
    for (let count = 0; count < 5; count += 1) loop.wake();
    await passesBegun(2);
    end('done');
    await aWhile();
    expect(begun).toBe(2);
  });

  it('is heard during a pass that fails', async () => {
    loop.start();
    await passesBegun(1);
    loop.wake();
    underWay.shift()!.fail(new Error('no database'));
    await passesBegun(2);
    expect(errors.map(String)).toEqual(['Error: no database']);
  });

  it('adds nothing when a pass that has more to do is followed by another anyhow', async () => {
    loop.start();
    await passesBegun(1);
    loop.wake();
    end('more');
    await passesBegun(2);
    end('done');
    await aWhile();
    expect(begun).toBe(2);
  });

  it('before the start is nothing, and the first pass comes with the start', async () => {
    loop.wake();
    await aWhile();
    expect(begun).toBe(0);
    loop.start();
    await passesBegun(1);
    end('done');
    await aWhile();
    expect(begun).toBe(1);
  });

  it('right after the start does not begin a second pass', async () => {
    loop.start();
    loop.wake();
    await passesBegun(1);
    await aWhile();
    expect(begun).toBe(1);
    end('done');
    await aWhile();
    expect(begun).toBe(1);
  });

  it('after the stop is nothing', async () => {
    loop.start();
    await passesBegun(1);
    end('done');
    await aWhile();
    await loop.stop();
    loop.wake();
    await aWhile();
    expect(begun).toBe(1);
  });

  it('during the last pass, while somebody waits for its end, begins no other', async () => {
    loop.start();
    await passesBegun(1);
    const stopped = loop.stop();
    loop.wake();
    end('more');
    await stopped;
    await aWhile();
    expect(begun).toBe(1);
  });
});
