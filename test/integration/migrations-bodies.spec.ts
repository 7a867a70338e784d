import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { v4 as uuidv4, v7 as uuidv7 } from 'uuid';
import { MIGRATIONS } from '../../migrations/index.js';
import { migrate, revertMigration } from '../../src/database/migrate.js';
import { weekOf } from '../../src/inbox/body-weeks.js';
import { BodyRetention } from '../support/body-retention.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const DAY_MS = 86_400_000;
const NAMES = MIGRATIONS.map(({ name }) => name);
const FROM = NAMES.indexOf('BodiesInPartitions1795737600000');

interface Stored {
  readonly id: string;
  readonly body: Buffer;
}

describe('the migration that moves bodies', () => {
  let database: TestDatabase;
  let retention: BodyRetention;

  beforeEach(async () => {
    database = await createTestDatabase();
    retention = new BodyRetention(database);
    await down();
  });

  afterEach(async () => {
    await retention.close();
    await database.drop();
  });

  const down = async () => {
    for (let left = NAMES.length; left > FROM; left -= 1) await revertMigration(database.url);
  };
  const up = () => migrate(database.url);

  /** Events as they were stored before, of this week, of weeks ago and of no time at all. */
  async function fill(): Promise<readonly Stored[]> {
    const now = Date.now();
    const times = [now, now - 1, now - 10 * DAY_MS, now - 60 * DAY_MS, now - 4000 * DAY_MS];
    const ids = [...times.map((msecs) => uuidv7({ msecs })), uuidv4()].sort();
    // Of any bytes and any length, so that some are stored out of line.
    await database.query(
      `insert into inbox (id, provider, account, event_id, event_type, fingerprint, body, due_at,
                          ring_at)
       select id, 'stripe', 'default', 'evt_' || id, 'customer.created', sha256('x'),
              (select string_agg(sha256(convert_to(id::text || n, 'UTF8')), '') || '\\x00ff'::bytea
               from generate_series(1, position * position * 40) n),
              now(), now()
       from unnest($1::uuid[]) with ordinality as t (id, position)`,
      [ids],
    );
    return database.query<Stored & Record<string, unknown>>(
      'select id, body from inbox order by id',
    );
  }

  const moved = () =>
    database.query<Stored & { place: string; bytes: number }>(
      `select id, body, b.tableoid::regclass::text as place, body_bytes as bytes
       from inbox join inbox_bodies b on inbox_id = id order by id`,
    );

  it('takes every byte along, into the week of its id, and back', async () => {
    const before = await fill();
    expect(before).toHaveLength(6);
    await up();
    const after = await moved();
    expect(after.map(({ id, body }) => ({ id, body }))).toEqual(before);
    expect(after.map(({ bytes }) => bytes)).toEqual(before.map(({ body }) => body.length));
    const now = Date.now();
    const weeks = [now - 60 * DAY_MS, now - 10 * DAY_MS, now].map((time) => weekOf(time).name);
    expect([...new Set(after.map(({ place }) => place))].sort()).toEqual(
      [...new Set([...weeks, 'inbox_bodies_default'])].sort(),
    );
    await down();
    expect(await database.query('select id, body from inbox order by id')).toEqual(before);
    await up();
    expect(await moved()).toEqual(after);
  });

  it('leaves what was removed empty when it is taken back', async () => {
    const before = await fill();
    await up();
    await database.query(`update inbox set status = 'ignored', finished_at = now()`);
    await retention.runIn(200);
    await down();
    expect(await database.query('select id, body from inbox order by id')).toEqual(
      before.map(({ id }) => ({ id, body: Buffer.alloc(0) })),
    );
  });
});
