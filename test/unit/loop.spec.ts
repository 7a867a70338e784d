import { describe, expect, it } from '@jest/globals';
import { Loop, type Pass } from '../../src/loop.js';
import { eventually } from '../support/eventually.js';

const NEVER_MS = 3_600_000;

describe('Loop', () => {
  it('follows a pass that left something at once, and any other after its pause', async () => {
    const passes: Pass[] = ['more', 'more', 'done', 'more'];
    let count = 0;
    const loop = new Loop(() => Promise.resolve(passes[count++] ?? 'done'), NEVER_MS, fail);
    loop.start();
    await eventually(() => expect(count).toBe(3));
    await loop.stop();
    expect(count).toBe(3);
  });

  it('goes on after a pass that failed', async () => {
    const errors: unknown[] = [];
    let count = 0;
    const pass = () => {
      count += 1;
      return count < 3
        ? Promise.reject(new Error(`pass ${count}`))
        : Promise.resolve('done' as const);
    };
    const loop = new Loop(pass, 1, (error) => errors.push(error));
    loop.start();
    await eventually(() => expect(count).toBeGreaterThanOrEqual(4));
    await loop.stop();
    expect(errors.map(String)).toEqual(['Error: pass 1', 'Error: pass 2']);
  });

  it('waits for the pass under way when it is stopped, and starts no other', async () => {
    let finish: () => void = () => undefined;
    let count = 0;
    const loop = new Loop(
      () => {
        count += 1;
        return new Promise((resolve) => {
          finish = () => resolve('more');
        });
      },
      1,
      fail,
    );
    loop.start();
    await eventually(() => expect(count).toBe(1));
    let isStopped = false;
    const stopped = loop.stop().then(() => (isStopped = true));
    await Promise.resolve();
    expect(isStopped).toBe(false);
    finish();
    await stopped;
    expect(count).toBe(1);
  });
});

function fail(error: unknown): void {
  throw error;
}
