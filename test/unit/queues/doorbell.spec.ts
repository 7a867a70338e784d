import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { Doorbell, type RingResult } from '../../../src/queues/doorbell.js';
import type { Producer } from '../../../src/queues/queue-backend.js';
import { readRing } from '../../../src/queues/queues.js';
import { eventually } from '../../support/eventually.js';

/** A queue whose answers the test gives. */
class HeldProducer implements Omit<Producer, 'addAll'> {
  readonly rings: string[][] = [];
  private readonly open: { resolve: () => void; reject: (error: Error) => void }[] = [];
  private isHolding = true;
  waitingCount = 0;

  add(data: unknown): Promise<void> {
    this.rings.push([...(data as { ids: string[] }).ids]);
    if (!this.isHolding) return Promise.resolve();
    return new Promise((resolve, reject) => this.open.push({ resolve, reject }));
  }

  /** From now on every ring is answered. */
  letGo(): void {
    this.isHolding = false;
    this.answer();
  }

  answer(): void {
    for (const { resolve } of this.open.splice(0)) resolve();
  }

  refuse(): void {
    for (const { reject } of this.open.splice(0)) reject(new Error('away'));
  }

  waiting = () => Promise.resolve(this.waitingCount);
  isReachable = () => Promise.resolve(true);
  close = () => Promise.resolve();
}

const ids = (from: number, count: number) =>
  Array.from({ length: count }, (_one, index) => `id-${from + index}`);

describe('Doorbell', () => {
  let producer: HeldProducer;
  let results: [RingResult, number][];
  let doorbell: Doorbell;

  beforeEach(() => {
    producer = new HeldProducer();
    results = [];
    doorbell = new Doorbell(producer, (result, events) => results.push([result, events]));
  });

  afterEach(async () => {
    producer.letGo();
    await doorbell.close();
  });

  const rung = (count: number) =>
    eventually(() => {
      expect(producer.rings).toHaveLength(count);
    });

  it('tells of news by itself, and gathers what comes while a ring is under way', async () => {
    doorbell.tell(ids(0, 3));
    await rung(1);
    doorbell.tell(ids(3, 2));
    doorbell.tell(ids(5, 2));
    expect(producer.rings).toEqual([ids(0, 3)]);
    producer.answer();
    await rung(2);
    expect(producer.rings[1]).toEqual(ids(3, 4));
    producer.answer();
    await eventually(() => {
      expect(results).toEqual([
        ['rung', 3],
        ['rung', 4],
      ]);
    });
    doorbell.tell(ids(9, 1));
    await rung(3);
  });

  it('rings for what comes at every moment ten times a second', async () => {
    const beganAtMs = performance.now();
    for (let n = 0; performance.now() - beganAtMs < 300; n += 1) {
      doorbell.tell(ids(n, 1));
      producer.answer();
      await delay(1);
    }
    const paces = (performance.now() - beganAtMs) / 100; // a slow machine rings less often
    expect(producer.rings.length).toBeLessThanOrEqual(paces * 1.2 + 1);
    await eventually(() => {
      producer.answer();
      expect(producer.rings.flat()).toEqual(ids(0, producer.rings.flat().length));
      expect(results.reduce((sum, [, events]) => sum + events, 0)).toBe(
        producer.rings.flat().length,
      );
    });
  });

  describe('while the worker of the process is behind', () => {
    let isBehind: boolean;
    let beganAtMs: number;

    beforeEach(async () => {
      isBehind = true;
      producer.letGo();
      doorbell = new Doorbell(
        producer,
        (result, events) => results.push([result, events]),
        () => isBehind,
      );
      beganAtMs = performance.now();
      doorbell.tell(ids(0, 1)); // nobody knows of anything yet: it rings at once
      await rung(1);
      doorbell.tell(ids(1, 1));
    });

    it('gathers news for up to a second', async () => {
      await delay(500);
      doorbell.tell(ids(2, 1));
      await rung(2);
      expect(performance.now() - beganAtMs).toBeGreaterThanOrEqual(900); // timers may be early
      expect(producer.rings[1]).toEqual(ids(1, 2));
    });

    it('rings soon after it is not any more', async () => {
      await delay(250);
      expect(producer.rings).toHaveLength(1);
      isBehind = false;
      await rung(2);
    });

    it('rings when there is enough for a ring', async () => {
      doorbell.tell(ids(2, 999));
      await rung(2);
      expect(producer.rings[1]).toEqual(ids(1, 1000));
    });

    it('rings for them at once when it closes', async () => {
      await doorbell.close();
      expect(producer.rings).toEqual([ids(0, 1), ids(1, 1)]);
    });
  });

  it('rings at once for what waits for its ring when it closes', async () => {
    doorbell.tell(ids(0, 1));
    await rung(1);
    producer.answer();
    doorbell.tell(ids(1, 1200));
    const closing = doorbell.close();
    await rung(2);
    producer.answer();
    await rung(3);
    producer.answer();
    await closing;
    expect(producer.rings.flat()).toEqual(ids(0, 1201));
  });

  it('does not wait for a queue that is away when it closes', async () => {
    doorbell.tell(ids(0, 1));
    await rung(1);
    producer.refuse();
    await eventually(() => {
      expect(doorbell.isListenedTo).toBe(false);
    });
    doorbell.tell(ids(1, 300));
    await doorbell.close();
    expect(producer.rings).toEqual([ids(0, 1)]);
  });

  it('names no more than a thousand in one ring, and does not wait with them', async () => {
    doorbell.tell(ids(0, 2088));
    await rung(1);
    producer.answer();
    await rung(2);
    producer.answer();
    await rung(3);
    expect(producer.rings.map((ring) => ring.length)).toEqual([1000, 1000, 88]);
  });

  it('tells the news again that a queue which is away did not hear', async () => {
    doorbell.tell(ids(0, 1300));
    await rung(1);
    producer.refuse();
    await eventually(() => {
      expect(results).toEqual([['failed', 1000]]);
    });
    expect(doorbell.isListenedTo).toBe(false);
    expect(await doorbell.ring(ids(5000, 1))).toBe(false);
    doorbell.tell(ids(1300, 10));
    expect(producer.rings).toHaveLength(1);
    await rung(2);
    producer.answer();
    await rung(3);
    producer.answer();
    expect(producer.rings.slice(1)).toEqual([ids(0, 1000), ids(1000, 310)]);
    await eventually(() => {
      expect(results.slice(1)).toEqual([
        ['skipped', 1],
        ['rung', 1000],
        ['rung', 310],
      ]);
    });
  });

  it('leaves to the sweeper what is older than the ten thousand latest news', async () => {
    doorbell.tell(ids(0, 1000));
    await rung(1);
    doorbell.tell(ids(1000, 9000));
    doorbell.tell(ids(10_000, 1500));
    expect(results).toEqual([['skipped', 500]]);
    producer.refuse();
    await eventually(() => {
      expect(results.slice(1)).toEqual([
        ['failed', 1000],
        ['skipped', 1000],
      ]);
    });
    await rung(2);
    expect(producer.rings[1]).toEqual(ids(1500, 1000));
  });

  it('tells nothing any more once it is closed', async () => {
    doorbell.tell(ids(0, 1));
    await rung(1);
    await doorbell.close();
    producer.refuse();
    await delay(1200);
    expect(producer.rings).toHaveLength(1);
  });

  it('never has more than a bounded number of rings under way', async () => {
    const rings = Array.from({ length: 100 }, (_one, index) => doorbell.ring(ids(index, 1)));
    expect(producer.rings).toHaveLength(64);
    producer.answer();
    expect((await Promise.all(rings)).filter(Boolean)).toHaveLength(64);
  });

  it('says when so many rings wait that one more would help nobody', async () => {
    producer.waitingCount = 99;
    expect(await doorbell.isCrowded()).toBe(false);
    producer.waitingCount = 100;
    expect(await doorbell.isCrowded()).toBe(true);
    producer.waiting = () => Promise.reject(new Error('away'));
    expect(await doorbell.isCrowded()).toBe(false);
  });
});

describe('readRing', () => {
  it('takes inbox ids and nothing else', () => {
    const id = '01a201b3-8124-770c-a06e-26d1d0bfe99f';
    expect(readRing({ ids: [id] })).toEqual({ ids: [id] });
    expect(readRing({ ids: [id], unended: 2 })).toEqual({ ids: [id], unended: 2 });
    const others = [
      null,
      1,
      {},
      { ids: 'x' },
      { ids: [1] },
      { ids: [id, `${id}'; --`] },
      { ids: [id], unended: 'x' },
    ];
    for (const other of others) expect(readRing(other)).toBeNull();
  });
});
