import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import pg from 'pg';
import { v4 as uuidv4, v7 as uuidv7 } from 'uuid';
import { idAt } from '../../src/database/id-time.js';
import { createPartition, removeOldBodies } from '../../src/inbox/body-partition.queries.js';
import { weekOf, weeksFrom } from '../../src/inbox/body-weeks.js';
import { insertEvents } from '../../src/inbox/inbox.queries.js';
import { measureBodies, WEEKS_AHEAD } from '../../src/inbox/retain-bodies.js';
import { inTransaction } from '../../src/database/transaction.js';
import type { VerifiedEvent } from '../../src/providers/provider.js';
import { BodyRetention } from '../support/body-retention.js';
import { lifecycles } from '../support/lifecycles.js';
import { createRingHarness, type RingHarness } from '../support/ring-harness.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** Every week that there is now is over by then, and its time as well. */
const LATER_DAYS = 200;
const DAY_MS = 86_400_000;
const DEFAULT = 'inbox_bodies_default';

let database: TestDatabase;
let harness: RingHarness;
let retention: BodyRetention;
let pool: pg.Pool;

beforeEach(async () => {
  database = await createTestDatabase();
  harness = createRingHarness(database);
  retention = new BodyRetention(database);
  pool = harness.context.pool;
});

afterEach(async () => {
  await retention.close();
  await harness.close();
  await database.drop();
});

const namesAt = (days: number) =>
  weeksFrom(Date.now() + days * DAY_MS, WEEKS_AHEAD).map(({ name }) => name);

/** A life with its events, recorded and not worked on. */
async function recordLife(tag = 'life') {
  const { provider, events } = lifecycles(tag)[0]!;
  for (const body of events) await harness.deliver(provider, body);
  return { provider, events };
}

const inbox = () =>
  database.query<{ id: string; event_id: string; status: string }>(
    'select id, event_id, status from inbox order by id',
  );
const bodies = async () =>
  Number((await database.query<{ n: string }>('select count(*) as n from inbox_bodies'))[0]!.n);

/** An event under an id of our choice. */
function eventUnder(id: string) {
  const body = Buffer.from(`{"id":"evt_${id}","type":"customer.created","object":"event"}`);
  const event = {
    eventId: `evt_${id}`,
    eventType: 'customer.created',
    occurredAtMs: Date.now(),
    livemode: false,
    secretIndex: 0,
    fingerprint: createHash('sha256').update(body).digest(),
    body,
  } as unknown as VerifiedEvent;
  return { id, provider: 'stripe', account: 'default', event };
}

/** An id of version 7 of any time. */
function idOf(timeMs: number): string {
  return idAt(timeMs).slice(0, 14) + '7' + uuidv7().slice(15);
}

describe('bodies in weeks', () => {
  it('lie in the week in which they came', async () => {
    await recordLife();
    const places = Object.values(await retention.places());
    expect(new Set(places)).toEqual(new Set([weekOf(Date.now()).name]));
  });

  it('have partitions for the weeks to come', async () => {
    await retention.runIn(21);
    expect(await retention.weeks()).toEqual([...new Set([...namesAt(0), ...namesAt(21)])]);
    expect(retention.errors).toEqual([]);
    await retention.runIn(21);
    expect(retention.changes).toHaveLength(3);
  });

  it('go with their week, and a late redelivery is still a duplicate', async () => {
    const { provider, events } = await recordLife();
    await harness.ring();
    const before = await inbox();
    const payments = await database.query('select * from payments');
    await retention.runIn(LATER_DAYS);

    expect(await bodies()).toBe(0);
    expect(await retention.weeks()).toEqual(namesAt(LATER_DAYS));
    for (const body of events) {
      await expect(harness.deliver(provider, body)).resolves.toBe('duplicate');
    }
    await harness.ring();
    expect(await inbox()).toEqual(before);
    expect(await database.query('select * from payments')).toEqual(payments);
    expect(retention.errors).toEqual([]);
  });

  it('stay within their time', async () => {
    await recordLife();
    await harness.ring();
    const kept = await bodies();
    await retention.runIn(90);
    expect(await bodies()).toBe(kept);
  });

  it('stay for ever when nobody wants them to go, in weeks all the same', async () => {
    const off = new BodyRetention(database, 0);
    await recordLife();
    await harness.ring();
    const kept = await bodies();
    await off.runIn(3000);
    expect(await bodies()).toBe(kept);
    expect(await off.weeks()).toEqual([...namesAt(0), ...namesAt(3000)]);
    await off.close();
  });

  it('stay while their event waits or is a dead letter, and it is applied then', async () => {
    await recordLife();
    const [dead, ...waiting] = await inbox();
    await database.query(
      `update inbox set status = 'dead', outcome_reason = 'apply_failed', finished_at = now()
       where id = $1`,
      [dead!.id],
    );
    await retention.runIn(LATER_DAYS);
    const places = await retention.places();
    expect(Object.keys(places)).toHaveLength(waiting.length + 1);
    expect(new Set(Object.values(places))).toEqual(new Set([DEFAULT]));
    expect(retention.changes).toContainEqual({
      what: 'week dropped',
      partition: weekOf(Date.now()).name,
      kept: waiting.length + 1,
    });

    await harness.ring();
    const after = await inbox();
    expect(after.find(({ id }) => id === dead!.id)).toMatchObject({ status: 'dead' });
    expect(after.filter(({ status }) => status === 'received')).toEqual([]);
    // Now that they are done with, their time is over, too.
    await retention.runIn(LATER_DAYS);
    expect(Object.keys(await retention.places())).toEqual([dead!.event_id]);
  });

  it('B35 are stored and applied under ids of any time', async () => {
    const odd = [0, Date.now() - 4000 * DAY_MS, Date.now() + 4000 * DAY_MS, 2 ** 48 - 1];
    const ids = [...odd.map(idOf), uuidv4(), '00000000-0000-0000-0000-000000000000'];
    const rows = ids.map(eventUnder);
    const recorded = await insertEvents(pool, rows, 10);
    expect([...recorded].sort()).toEqual([...ids].sort());
    await harness.ring(ids);
    expect(new Set((await inbox()).map(({ status }) => status))).toEqual(new Set(['ignored']));
    expect(new Set(Object.values(await retention.places()))).toEqual(new Set([DEFAULT]));
    // They came now, whatever their ids say.
    await retention.runIn(89);
    expect(await bodies()).toBe(ids.length);
    await retention.runIn(91);
    expect(await bodies()).toBe(0);
    await expect(insertEvents(pool, rows, 10)).resolves.toEqual(new Set());
  });

  it('of a known event are not stored again', async () => {
    const [first, second] = [eventUnder(uuidv7()), eventUnder(uuidv7())];
    const again = { ...first, id: uuidv7() };
    await insertEvents(pool, [first], 10);
    await expect(insertEvents(pool, [again, second], 10)).resolves.toEqual(new Set([second.id]));
    expect(await bodies()).toBe(2);
  });

  it('of other contents go as well, and what was counted of them stays', async () => {
    await recordLife();
    await harness.ring();
    await database.query(
      `insert into inbox_conflicts (inbox_id, fingerprint, body, deliveries)
       select id, sha256('other'), 'other', 3 from inbox`,
    );
    await retention.runIn(LATER_DAYS);
    const conflicts = await database.query('select distinct body, deliveries from inbox_conflicts');
    expect(conflicts).toEqual([{ body: null, deliveries: 3 }]);
  });

  it('tell how they are stored', async () => {
    await insertEvents(pool, [eventUnder(uuidv4())], 10);
    const { oldestSeconds, weeksAhead, stray } = await measureBodies(pool);
    expect({ weeksAhead, stray }).toEqual({ weeksAhead: WEEKS_AHEAD, stray: 1 });
    expect(oldestSeconds).toBeLessThanOrEqual(7 * 86_400 + 1);
  });

  it('lie in tables of one kind, whoever made them', async () => {
    await retention.runIn(LATER_DAYS - 1);
    const kinds = await database.query<{ kind: string }>(`
      select distinct concat_ws(' ', reloptions::text, relpersistence, (
        select string_agg(concat_ws(' ', attname, attstorage, attcompression, attnotnull), ',')
        from pg_attribute where attrelid = c.oid and attnum > 0), (
        select string_agg(replace(pg_get_indexdef(indexrelid), c.relname, '*'), ',')
        from pg_index where indrelid = c.oid)) as kind
      from pg_inherits join pg_class c on c.oid = inhrelid
      where inhparent = 'inbox_bodies'::regclass`);
    expect(kinds).toHaveLength(1);
    expect(kinds[0]!.kind).toContain('autovacuum_freeze_min_age=0');
  });
});

describe('a week that has no partition', () => {
  const week = weekOf(Date.now() + LATER_DAYS * DAY_MS);
  const stray = (count: number) =>
    Array.from({ length: count }, () => eventUnder(idOf(week.fromMs + 1000)));

  it('takes over what came before it was made', async () => {
    await insertEvents(pool, stray(3), 10);
    await retention.runIn(LATER_DAYS);
    expect(new Set(Object.values(await retention.places()))).toEqual(new Set([week.name]));
    expect(retention.errors).toEqual([]);
  });

  it('is left to the default when that is too much, and the others are made', async () => {
    await insertEvents(pool, stray(1001), 10);
    await retention.runIn(LATER_DAYS);
    await retention.runIn(LATER_DAYS);
    expect(new Set(Object.values(await retention.places()))).toEqual(new Set([DEFAULT]));
    expect(retention.changes).toContainEqual({
      what: 'week left to the default',
      partition: week.name,
    });
    expect(await retention.weeks()).toEqual(namesAt(LATER_DAYS).slice(1));
    expect(retention.errors).toEqual([]);
  });

  it('does not keep the others from theirs when its name is taken', async () => {
    await inTransaction(pool, (tx) => createPartition(tx, week));
    await retention.runIn(LATER_DAYS);
    expect(retention.errors).toMatchObject([{ code: '42P07' }]);
    expect(await retention.weeks()).toEqual(namesAt(LATER_DAYS).slice(1));
  });
});

describe('a week with more dead letters than can be moved', () => {
  it('stays with them, and the other bodies go one by one', async () => {
    await recordLife();
    await harness.ring();
    const rows = Array.from({ length: 1001 }, () => eventUnder(uuidv7()));
    await insertEvents(pool, rows, 10);
    await database.query(
      `update inbox set status = 'dead', outcome_reason = 'x', finished_at = now()
       where status = 'received'`,
    );
    await retention.runIn(LATER_DAYS);
    expect(await bodies()).toBe(1001);
    expect(await retention.weeks()).toContain(weekOf(Date.now()).name);
    expect(retention.errors).toEqual([]);

    await database.query(`update inbox set status = 'discarded' where status = 'dead'`);
    await retention.runIn(LATER_DAYS);
    expect(await bodies()).toBe(0);
    expect(await retention.weeks()).not.toContain(weekOf(Date.now()).name);
  });
});

describe('many workers at once', () => {
  it('make and drop each week once, without an error', async () => {
    await recordLife();
    await harness.ring();
    const workers = Array.from({ length: 4 }, () => new BodyRetention(database));
    await Promise.all(workers.map((worker) => worker.runIn(LATER_DAYS)));
    await workers[0]!.runIn(LATER_DAYS); // for what somebody left because another was at work

    expect(workers.flatMap(({ errors }) => errors)).toEqual([]);
    const done = workers.flatMap(({ changes }) =>
      changes.flatMap((one) => (one.what === 'bodies removed' ? [] : [one.partition])),
    );
    expect(done.sort()).toEqual([...namesAt(0), ...namesAt(LATER_DAYS)].sort());
    expect(await retention.weeks()).toEqual(namesAt(LATER_DAYS));
    for (const worker of workers) await worker.close();
  });

  it('do not keep deliveries from being stored', async () => {
    const workers = Array.from({ length: 3 }, () => new BodyRetention(database));
    const lives = Array.from({ length: 20 }, (_none, n) => lifecycles(`many${n}`)[0]!);
    const deliveries = lives.flatMap(({ provider, events }) =>
      events.map((body) => harness.deliver(provider, body)),
    );
    const dropping = workers.map((worker) => worker.runIn(LATER_DAYS));
    expect(new Set(await Promise.all(deliveries))).toEqual(new Set(['recorded']));
    await Promise.all(dropping);
    expect(await bodies()).toBe(deliveries.length);
    await harness.ring();
    expect((await inbox()).filter(({ status }) => status === 'dead')).toEqual([]);
    for (const worker of workers) await worker.close();
  });

  it('give way to whoever reads bodies for long, and to deliveries meanwhile', async () => {
    await recordLife();
    await harness.ring();
    const backup = new pg.Client({ connectionString: database.url });
    await backup.connect();
    await backup.query('begin');
    await backup.query('select count(*) from inbox_bodies');
    const dropping = retention.runIn(LATER_DAYS);
    const { provider, events } = lifecycles('meanwhile')[0]!;
    for (const body of events) {
      await expect(harness.deliver(provider, body)).resolves.toBe('recorded');
    }
    await dropping;
    expect(retention.errors.length).toBeGreaterThan(0);
    for (const error of retention.errors) expect(error).toMatchObject({ code: '55P03' });
    expect(await retention.weeks()).toEqual(expect.arrayContaining(namesAt(0)));

    await backup.query('rollback');
    await backup.end();
    retention.errors.length = 0;
    await retention.runIn(LATER_DAYS);
    expect(retention.errors).toEqual([]);
    expect(await retention.weeks()).toEqual(namesAt(LATER_DAYS));
  });

  it('leave the body of an event that somebody sends through again', async () => {
    await recordLife();
    await harness.ring();
    const [event] = await inbox();
    const person = new pg.Client({ connectionString: database.url });
    await person.connect();
    await person.query('begin');
    await person.query('select from inbox where id = $1 for update', [event!.id]);
    const page = { afterId: null, limit: 100, beforeMs: Date.now() + DAY_MS };
    await removeOldBodies(pool, weekOf(Date.now()).name, page);
    await person.query('rollback');
    await person.end();
    expect(Object.keys(await retention.places())).toEqual([event!.event_id]);
  });
});
