import { describe, expect, it } from '@jest/globals';
import { RingBatches, type BatchLimits } from '../../../src/inbox/ring-batches.js';
import type { Ring } from '../../../src/queues/queues.js';

/** Work that ends when the test says so. */
function heldWork(limits: Partial<BatchLimits> = {}) {
  const begun: Ring[] = [];
  const ends: { done: () => void; fail: (error: unknown) => void }[] = [];
  const work = (ring: Ring) => {
    begun.push(ring);
    return new Promise<void>((done, fail) => ends.push({ done, fail }));
  };
  const batches = new RingBatches(work, { batchesMax: 1, eventsMax: 100, ...limits });
  return { batches, begun, ends, ids: () => begun.map(({ ids }) => ids) };
}

/** Lets everything happen that waits for nothing else. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('rings that are heard', () => {
  it('are worked on at once while there is room', () => {
    const { batches, ids } = heldWork({ batchesMax: 2 });
    void batches.add({ ids: ['a'] });
    void batches.add({ ids: ['b'] });
    expect(ids()).toEqual([['a'], ['b']]);
  });

  it('share the next batch when there is none', async () => {
    const { batches, ends, ids } = heldWork();
    const all = [['a'], ['b'], ['c', 'd']].map((some) => batches.add({ ids: some }));
    expect(ids()).toEqual([['a']]);
    ends[0]?.done();
    await all[0];
    await settled();
    expect(ids()).toEqual([['a'], ['b', 'c', 'd']]);
    ends[1]?.done();
    await Promise.all(all);
  });

  it('are told apart by nothing but their events: one that two of them name comes once', async () => {
    const { batches, ends, ids } = heldWork();
    for (const some of [['a'], ['b', 'c'], ['c', 'b', 'd']]) void batches.add({ ids: some });
    ends[0]?.done();
    await settled();
    expect(ids()).toEqual([['a'], ['b', 'c', 'd']]);
  });

  it('fill a batch up to its limit, in the order in which they came', async () => {
    const { batches, ends, ids } = heldWork({ eventsMax: 3 });
    for (const some of [['a'], ['b', 'c'], ['d'], ['e'], ['f', 'g'], ['h', 'i', 'j'], ['k']]) {
      void batches.add({ ids: some });
    }
    for (let batch = 0; batch < 5; batch += 1) {
      ends[batch]?.done();
      await settled();
    }
    expect(ids()).toEqual([['a'], ['b', 'c', 'd'], ['e', 'f', 'g'], ['h', 'i', 'j'], ['k']]);
  });

  it('are worked on in several batches when they name more, and end with the last of them', async () => {
    const { batches, begun, ends, ids } = heldWork({ eventsMax: 2, batchesMax: 2 });
    let isDone = false;
    const all = batches.add({ ids: ['a', 'b', 'c', 'd', 'e', 'f'] }).then(() => (isDone = true));
    expect(ids()).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    ends[1]?.done();
    await settled();
    expect(begun[2]).toEqual({ ids: ['e', 'f'] });
    ends[2]?.done();
    await settled();
    expect(isDone).toBe(false);
    ends[0]?.done();
    await all;
  });

  it('are worked on in parts of about the same size, none of them small', () => {
    const sizes = (count: number) => {
      const { batches, begun } = heldWork({ eventsMax: 10, batchesMax: 10 });
      const all = Array.from({ length: count }, (_one, index) => `id-${index}`);
      void batches.add({ ids: all });
      expect(begun.flatMap(({ ids }) => ids)).toEqual(all);
      return begun.map(({ ids }) => ids.length);
    };
    expect(sizes(11)).toEqual([11]);
    expect(sizes(14)).toEqual([14]);
    expect(sizes(15)).toEqual([7, 8]);
    expect(sizes(21)).toEqual([10, 11]);
    expect(sizes(50)).toEqual([10, 10, 10, 10, 10]);
  });

  it.each([
    { batchesMax: 1, enough: 1 },
    { batchesMax: 2, enough: 1 },
    { batchesMax: 3, enough: 2 },
    { batchesMax: 4, enough: 2 },
  ])('find their worker of $batchesMax places behind with $enough', async (given) => {
    const { batches, ends } = heldWork({ batchesMax: given.batchesMax });
    let last = Promise.resolve();
    for (let places = 0; places < given.enough; places += 1) {
      expect(batches.isBehind).toBe(false);
      last = batches.add({ ids: [`event ${places}`] });
    }
    expect(batches.isBehind).toBe(true);
    ends.at(-1)?.done();
    await last;
    await settled();
    expect(batches.isBehind).toBe(false);
  });

  it('fail when one of their batches does, once the others have ended', async () => {
    const { batches, ends } = heldWork({ eventsMax: 1, batchesMax: 2 });
    let isFailed = false;
    const both = batches.add({ ids: ['a', 'b'] }).catch(() => (isFailed = true));
    ends[0]?.fail(new Error('the database is away'));
    await settled();
    expect(isFailed).toBe(false);
    ends[1]?.done();
    expect(await both).toBe(true);
  });

  it('keep what is noted of them in every part', () => {
    const { batches, begun } = heldWork({ eventsMax: 2, batchesMax: 3 });
    void batches.add({ ids: ['a', 'b', 'c', 'd'], unended: 0 });
    expect(begun).toEqual([
      { ids: ['a', 'b'], unended: 0 },
      { ids: ['c', 'd'], unended: 0 },
    ]);
  });

  it('fail with their batch, and the next ones do not', async () => {
    const { batches, ends } = heldWork();
    const [first, second, third] = ['a', 'b', 'c'].map((id) => batches.add({ ids: [id] }));
    ends[0]?.done();
    await first;
    await settled();
    const fourth = batches.add({ ids: ['d'] });
    ends[1]?.fail(new Error('the database is away'));
    await expect(second).rejects.toThrow('the database is away');
    await expect(third).rejects.toThrow('the database is away');
    await settled();
    ends[2]?.done();
    await expect(fourth).resolves.toBeUndefined();
  });

  it('stay by themselves when attempts at what they name are noted', async () => {
    const { batches, begun, ends } = heldWork();
    const watched = { ids: ['c'], unended: 1 };
    for (const ring of [{ ids: ['a'] }, { ids: ['b'] }, watched, { ids: ['d'] }, { ids: ['e'] }]) {
      void batches.add(ring);
    }
    for (let batch = 0; batch < 4; batch += 1) {
      ends[batch]?.done();
      await settled();
    }
    expect(begun).toEqual([{ ids: ['a'] }, { ids: ['b'] }, watched, { ids: ['d', 'e'] }]);
  });
});
