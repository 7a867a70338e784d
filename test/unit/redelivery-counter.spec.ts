import { describe, expect, it } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import type { Pool, QueryConfig } from 'pg';
import { type BinaryArray } from '../../src/database/binary-array.js';
import { RedeliveryCounter } from '../../src/inbox/redeliveries.js';
import type { Redelivery } from '../../src/inbox/redelivery.queries.js';

const nothing = () => undefined;

describe('RedeliveryCounter', () => {
  const redelivery = (eventId: string, bytes = 1): Redelivery => ({
    provider: 'stripe',
    account: 'default',
    eventId,
    fingerprint: Buffer.alloc(32, 7),
    body: Buffer.alloc(bytes, 'x'),
    deliveries: 1,
  });

  /** A counter, and the arrays that its statements had. */
  function counterWithStatements() {
    const asked: (readonly unknown[])[][] = [];
    const query = ({ values = [] }: QueryConfig) => {
      asked.push((values as BinaryArray<unknown>[]).map((array) => array.values));
      return Promise.resolve({ rows: [] });
    };
    const pool = { query } as unknown as Pool;
    const listeners = { conflict: nothing, dropped: nothing, failed: nothing };
    return { asked, counter: new RedeliveryCounter(pool, listeners) };
  }

  it('counts the first delivery at once, and those soon after it together', async () => {
    const { asked, counter } = counterWithStatements();
    counter.note(redelivery('evt_1'));
    await setImmediate();
    for (let count = 0; count < 49; count += 1) counter.note(redelivery('evt_1'));
    counter.note(redelivery('evt_2'));
    expect(asked.map((arrays) => arrays.at(-1))).toEqual([[1]]);
    await counter.drained();
    expect(asked.map((arrays) => arrays.at(-1))).toEqual([[1], [49, 1]]);
  });

  it('counts those soon after it by itself', async () => {
    const { asked, counter } = counterWithStatements();
    counter.note(redelivery('evt_1'));
    await setImmediate();
    counter.note(redelivery('evt_1'));
    while (asked.length < 2) await setImmediate();
    expect(asked.map((arrays) => arrays.at(-1))).toEqual([[1], [1]]);
    await counter.close();
  });

  it('waits no longer once a batch is full', async () => {
    const { asked, counter } = counterWithStatements();
    counter.note(redelivery('evt_1'));
    await setImmediate();
    for (let count = 0; count < 3; count += 1) {
      counter.note(redelivery(`evt_large_${count}`, 1_000_000));
    }
    await setImmediate();
    expect(asked.map((arrays) => arrays[2])).toEqual([['evt_1'], ['evt_large_0', 'evt_large_1']]);
    await counter.close();
    expect(asked).toHaveLength(3);
  });

  it('sends no bodies to be counted', async () => {
    const { asked, counter } = counterWithStatements();
    const one = redelivery('evt_1');
    counter.note(one);
    await counter.close();
    expect(asked.flat(2)).toContain(one.fingerprint);
    expect(asked.flat(2)).not.toContain(one.body);
  });
});
