import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { armFailPoints } from '../../src/fail-points.js';
import { InboxSweeper } from '../../src/inbox/inbox.sweeper.js';
import { processRing } from '../../src/inbox/process-ring.js';
import { processWatched, type WatchContext } from '../../src/inbox/process-watched.js';
import { findEvents, replayEvents } from '../../src/inbox/replay.queries.js';
import { beginAttempts, keepAttempts } from '../../src/inbox/unended.queries.js';
import { inTransaction } from '../../src/database/transaction.js';
import { Doorbell } from '../../src/queues/doorbell.js';
import { readRing, type Ring } from '../../src/queues/queues.js';
import { eventually } from '../support/eventually.js';
import { lifecycles } from '../support/lifecycles.js';
import { createRingHarness, type RingHarness } from '../support/ring-harness.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** Longer than any test takes. */
const GRACE_SECONDS = 3600;

/** Index in our lives of the event that says that a payment is paid. */
const PAID = 4;

interface Row {
  readonly id: string;
  readonly status: string;
  readonly attempts: number;
  readonly unended: number;
  readonly outcome_reason: string | null;
}

describe('an event of which attempts never come to an end', () => {
  let database: TestDatabase;
  let harness: RingHarness;
  let pool: pg.Pool;
  let suspected: [string, number][];
  let context: WatchContext;

  beforeEach(async () => {
    database = await createTestDatabase();
    harness = createRingHarness(database);
    pool = new pg.Pool({ connectionString: database.url, max: 8 });
    suspected = [];
    context = {
      ...harness.context,
      graceSeconds: GRACE_SECONDS,
      onSuspect: (events, unended) => {
        for (const { id } of events) suspected.push([id, unended]);
        return Promise.resolve();
      },
    };
  });

  afterEach(async () => {
    await pool.end();
    await harness.close();
    await database.drop();
  });

  async function deliver(count: number): Promise<string[]> {
    const from = harness.recorded.length;
    for (let index = 0; index < count; index += 1) {
      const life = lifecycles(`u${from + index}`)[0]!;
      await harness.deliver('stripe', life.events[PAID]!);
    }
    return harness.recorded.slice(from);
  }

  /** One look of a sweeper, for which everything is due; what it rings. */
  async function sweep(): Promise<Ring[]> {
    await database.query('update inbox set ring_at = now(), due_at = least(due_at, now())');
    const rings: Ring[] = [];
    const producer = {
      add: (data: unknown) => Promise.resolve(void rings.push(readRing(data)!)),
      waiting: () => Promise.resolve(0),
      isReachable: () => Promise.resolve(true),
      close: () => Promise.resolve(),
    };
    const options = { eventsMax: 100, ringEventsMax: 100, ringBytesMax: 2_097_152 };
    const doorbell = new Doorbell(producer, () => undefined);
    await new InboxSweeper(pool, doorbell, { ...options, graceSeconds: 10 }).runOnce();
    return rings;
  }

  function hear({ ids, unended }: Ring): Promise<number> {
    return unended === undefined
      ? processRing(context, ids)
      : processWatched(context, { ids, unended });
  }

  /** A process takes up a ring, and dies over it. */
  async function dieOver({ ids, unended }: Ring): Promise<void> {
    if (unended === undefined) return; // it leaves no trace
    await beginAttempts(pool, { ids, unended }, GRACE_SECONDS);
  }

  const rows = () =>
    database.query<Row>(
      'select id, status, attempts, unended, outcome_reason from inbox order by id',
    );

  const replayed = async (id: string) =>
    inTransaction(pool, async (tx) => replayEvents(tx, await findEvents(tx, [id]), 10));

  it('is noticed, found among its neighbours, and becomes a dead letter', async () => {
    const [poison = '', ...neighbours] = await deliver(4);
    const deaths: number[] = [];
    for (let look = 1; (await rows()).some(({ status }) => status === 'received'); look += 1) {
      for (const ring of await sweep()) {
        // It is not the events that end a process by which those are buried.
        const isDeadly = ring.ids.includes(poison) && (ring.unended ?? 0) < 3;
        if (!isDeadly) await hear(ring);
        else {
          await dieOver(ring);
          deaths.push(ring.ids.length);
        }
      }
      expect(look).toBeLessThan(10);
    }
    // Twice with all the others, of which the second time was noted, then alone.
    expect(deaths).toEqual([4, 4, 1, 1]);
    expect(await rows()).toMatchObject([
      { id: poison, status: 'dead', outcome_reason: 'process_ended', attempts: 1, unended: 0 },
      ...neighbours.map((id) => ({ id, status: 'applied', attempts: 0 })),
    ]);
    const [{ error } = { error: '' }] = await database.query<{ error: string }>(
      `select attempt_errors -> -1 ->> 'message' as error from inbox where id = $1`,
      [poison],
    );
    expect(error).toContain('3 attempts at this event began and none came to an end');
    expect(harness.reports.filter(({ outcome }) => outcome === 'dead')).toMatchObject([
      { inboxId: poison, reason: 'process_ended' },
    ]);
    // Whoever reads the log sees which one it was before the end.
    expect(suspected).toContainEqual([poison, 3]);
  });

  it('is not worked on before somebody was told, who may take a while', async () => {
    const [id = ''] = await deliver(1);
    await dieOver({ ids: [id], unended: 0 });
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    const asked = new Promise<void>((resolve) => {
      context = { ...context, onSuspect: () => (resolve(), told) };
    });
    const attempt = hear({ ids: [id], unended: 1 });
    await asked;
    await delay(100);
    expect(await rows()).toMatchObject([{ status: 'received', unended: 2 }]);
    tell();
    expect(await attempt).toBe(1);
    expect(await rows()).toMatchObject([{ status: 'applied' }]);
  });

  it('has all its tries again when it is replayed', async () => {
    const [poison = ''] = await deliver(1);
    for (let look = 1; look <= 5; look += 1) {
      for (const ring of await sweep())
        await ((ring.unended ?? 0) < 3 ? dieOver(ring) : hear(ring));
    }
    expect(await rows()).toMatchObject([{ status: 'dead', outcome_reason: 'process_ended' }]);
    expect(await replayed(poison)).toMatchObject([{ statusBefore: 'dead' }]);
    expect(await sweep()).toEqual([{ ids: [poison] }]);
    expect(await sweep()).toEqual([{ ids: [poison], unended: 0 }]);
    await hear({ ids: [poison], unended: 0 });
    expect(await rows()).toMatchObject([{ status: 'applied' }]);
  });

  it('is none when nobody hears the rings, for however long', async () => {
    const ids = await deliver(3);
    for (let look = 1; look <= 40; look += 1) await sweep();
    expect(await rows()).toEqual(
      ids.map((id) => expect.objectContaining({ id, status: 'received', unended: 0 }) as unknown),
    );
    // A backlog is still worked on together.
    const rings = await sweep();
    expect(rings).toEqual([{ ids, unended: 0 }]);
    expect(await hear(rings[0]!)).toBe(3);
    expect((await rows()).map(({ status }) => status)).toEqual(['applied', 'applied', 'applied']);
  });

  it('is none when the queue does not take the rings', async () => {
    const ids = await deliver(2);
    const away = {
      add: () => Promise.reject(new Error('away')),
      waiting: () => Promise.resolve(0),
      isReachable: () => Promise.resolve(false),
      close: () => Promise.resolve(),
    };
    const options = { eventsMax: 9, ringEventsMax: 9, ringBytesMax: 2_097_152, graceSeconds: 1 };
    await database.query('update inbox set ring_at = now()');
    for (let look = 1; look <= 5; look += 1) {
      await new InboxSweeper(pool, new Doorbell(away, () => undefined), options).runOnce();
    }
    expect(await sweep()).toEqual([{ ids }]);
  });

  it('is none when the database was away, also while that was to be noted', async () => {
    const [id = ''] = await deliver(1);
    const broken = { ...context, pool: brokenTwice(pool) };
    const attempt = processWatched(broken, { ids: [id], unended: 0 });
    await expect(attempt).rejects.toThrow('Connection terminated');
    expect(await rows()).toMatchObject([{ status: 'received', attempts: 0, unended: 0 }]);
  });

  it('may also be one that hangs: at last nobody keeps it for that attempt any more', async () => {
    const [id = ''] = await deliver(1);
    armFailPoints([{ name: 'apply.begun', detail: null, pass: null, action: 'hang' }]);
    void processWatched({ ...context, graceSeconds: 0.1 }, { ids: [id], unended: 0 });
    const due = () => database.query('select from inbox where unended = 1 and ring_at <= now()');
    await eventually(async () => expect(await due()).toHaveLength(1));
    armFailPoints([]);
    expect(await sweep()).toEqual([{ ids: [id], unended: 1 }]);
  });

  it('is tried once by each ring, and not at all by one that comes late', async () => {
    const [id = ''] = await deliver(1);
    await dieOver({ ids: [id], unended: 0 });
    expect(await hear({ ids: [id], unended: 0 })).toBe(0);
    await dieOver({ ids: [id], unended: 1 });
    expect(await hear({ ids: [id], unended: 1 })).toBe(0);
    expect(await rows()).toMatchObject([{ status: 'received', unended: 2 }]);
    expect(await hear({ ids: [id], unended: 2 })).toBe(1);
    expect(await rows()).toMatchObject([{ status: 'applied' }]);
  });

  it('begins anew with an attempt that is recorded', async () => {
    const [id = ''] = await deliver(1);
    await dieOver({ ids: [id], unended: 0 });
    await dieOver({ ids: [id], unended: 1 });
    const failing = { ...context, providers: new Map() };
    expect(await processWatched(failing, { ids: [id], unended: 2 })).toBe(1);
    expect(await rows()).toMatchObject([{ status: 'received', attempts: 1, unended: 0 }]);
  });

  it('is not rung for while somebody works on it, and is when he is gone', async () => {
    const [id = ''] = await deliver(1);
    const isDue = async () =>
      (await database.query('select from inbox where ring_at <= now()')).length === 1;
    const graceIsOver = () => database.query('update inbox set ring_at = now()');
    await graceIsOver();
    expect(await isDue()).toBe(true);
    await beginAttempts(pool, { ids: [id], unended: 0 }, GRACE_SECONDS);
    expect(await isDue()).toBe(false);
    await graceIsOver();
    await keepAttempts(pool, { ids: [id], unended: 0 }, GRACE_SECONDS);
    expect(await isDue()).toBe(false);
    // What has ended, or was taken over by the next attempt, is not kept.
    await graceIsOver();
    await keepAttempts(pool, { ids: [id], unended: 1 }, GRACE_SECONDS);
    expect(await isDue()).toBe(true);
  });

  it('is left alone while another worker holds its row', async () => {
    const [id = ''] = await deliver(1);
    await inTransaction(pool, async (tx) => {
      await tx.query('select from inbox where id = $1 for update', [id]);
      expect(await hear({ ids: [id], unended: 0 })).toBe(0);
    });
    expect(await rows()).toMatchObject([{ status: 'received', unended: 0 }]);
  });
});

/** A pool whose connection is cut when work begins, and again when its end is to be noted. */
function brokenTwice(pool: pg.Pool): pg.Pool {
  const cut = () => Promise.reject(new Error('Connection terminated unexpectedly'));
  const broken = new Set<string>();
  const isBroken = (what: string) => broken.size < broken.add(what).size;
  return {
    connect: () => (isBroken('work') ? cut() : pool.connect()),
    query: (statement: pg.QueryConfig) =>
      statement.name === 'end-attempts' && isBroken('note') ? cut() : pool.query(statement),
  } as unknown as pg.Pool;
}
