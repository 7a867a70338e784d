import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import {
  consumeOnce,
  CONSUMED_MESSAGES_TABLE,
  type Consumable,
  type Consumed,
} from '../../src/consumers/consume-once.js';
import { BreakableClient } from '../../src/database/breakable-client.js';
import { eventually } from '../support/eventually.js';
import { fragilePostgres } from '../support/fragile-postgres.js';
import { messagePool } from '../support/message-harness.js';
import { loseAnswers } from '../support/message-lost-answer.js';
import { countEffects, createEffects } from '../support/message-rows.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const INSERT_EFFECT = 'insert into effects (consumer, message_id) values ($1, $2)';
const COMMIT = /\bcommit\b/i;

/** Runs one statement inside the transaction of an effect. */
type Run = (sql: string, values?: unknown[]) => Promise<unknown>;

/** One of the two things that effects happen in. */
interface Place {
  consume(
    consumer: string,
    message: Consumable,
    effect: (run: Run) => Promise<unknown>,
  ): Promise<Consumed>;
  close(): Promise<void>;
}

const OPENERS: Readonly<Record<'a pool of pg' | 'TypeORM', (url: string) => Promise<Place>>> = {
  'a pool of pg': (url) => {
    const pool = messagePool(url, 8);
    return Promise.resolve({
      consume: (consumer, message, effect) =>
        consumeOnce(pool, consumer, message, (tx) =>
          effect((sql, values) => tx.query(sql, values)),
        ),
      close: () => pool.end(),
    });
  },
  TypeORM: async (url) => {
    const source = await openDataSource(url);
    return {
      consume: (consumer, message, effect) =>
        consumeOnce(source, consumer, message, (manager) =>
          effect((sql, values) => manager.query(sql, values)),
        ),
      close: () => source.destroy(),
    };
  },
};
const KINDS = Object.keys(OPENERS) as (keyof typeof OPENERS)[];

function openDataSource(url: string): Promise<DataSource> {
  return new DataSource({
    type: 'postgres',
    url,
    poolSize: 8,
    extra: { Client: BreakableClient },
    poolErrorHandler: () => undefined,
  }).initialize();
}

describe('consumeOnce', () => {
  let database: TestDatabase;
  let message: Consumable;

  beforeAll(async () => {
    database = await createTestDatabase();
    await createEffects(database);
  });

  afterAll(() => database.drop());

  beforeEach(async () => {
    await database.query('truncate effects, consumed_messages');
    message = { id: uuidv7() };
  });

  const once = (consumer: string) => ({ consumer, effects: 1, messages: 1 });
  const remembered = () =>
    database.query('select consumer, message_id from consumed_messages order by consumer');

  describe.each(KINDS)('with %s', (kind) => {
    let places: [Place, Place];

    beforeAll(async () => {
      places = [await OPENERS[kind](database.url), await OPENERS[kind](database.url)];
    });

    afterAll(async () => {
      await Promise.all(places.map((place) => place.close()));
    });

    const consume = (
      given: {
        consumer?: string;
        place?: Place;
        before?: (run: Run) => Promise<unknown>;
        after?: (run: Run) => Promise<unknown>;
      } = {},
    ): Promise<Consumed> => {
      const { consumer = 'mails', place = places[0], before, after } = given;
      return place.consume(consumer, message, async (run) => {
        await before?.(run);
        await run(INSERT_EFFECT, [consumer, message.id]);
        await after?.(run);
      });
    };

    it('lets an effect happen, and says of each repetition that it has', async () => {
      expect(await consume()).toBe('consumed');
      expect(await consume()).toBe('duplicate');
      expect(await consume({ place: places[1] })).toBe('duplicate');
      expect(await countEffects(database)).toEqual([once('mails')]);
      expect(await remembered()).toEqual([{ consumer: 'mails', message_id: message.id }]);
    });

    it('lets it happen once for each consumer, and for each message', async () => {
      expect(await consume({ consumer: 'mails' })).toBe('consumed');
      expect(await consume({ consumer: 'books' })).toBe('consumed');
      message = { id: uuidv7() };
      expect(await consume({ consumer: 'mails' })).toBe('consumed');
      expect(await countEffects(database)).toEqual([
        once('books'),
        { consumer: 'mails', effects: 2, messages: 2 },
      ]);
    });

    it('lets it happen once when 50 are at it at the same time', async () => {
      const calls = Array.from({ length: 50 }, (_, index) =>
        consume({ place: places[index % 2 === 0 ? 0 : 1] }),
      );
      const results = await Promise.all(calls);
      expect(results.filter((result) => result === 'consumed')).toHaveLength(1);
      expect(results.filter((result) => result === 'duplicate')).toHaveLength(49);
      expect(await countEffects(database)).toEqual([once('mails')]);
    });

    it('leaves nothing of an effect that throws, and lets it happen later', async () => {
      const boom = () => Promise.reject(new Error('boom'));
      await expect(consume({ after: boom })).rejects.toThrow('boom');
      expect(await countEffects(database)).toEqual([]);
      expect(await remembered()).toEqual([]);
      expect(await consume()).toBe('consumed');
      expect(await countEffects(database)).toEqual([once('mails')]);
    });

    /** One that has begun and is held there, and one that comes after it. */
    const twoAtOnce = async () => {
      const [inside, gate] = [deferred(), deferred()];
      const first = consume({
        after: () => {
          inside.open();
          return gate.opened;
        },
      });
      first.catch(() => undefined); // looked at by whoever gets it
      await inside.opened;
      const second = consume({ place: places[1] });
      await eventually(() => expectWaiting(database));
      return { first, second, gate };
    };

    it('lets the one that waited do it when the first one fails', async () => {
      const { first, second, gate } = await twoAtOnce();
      gate.fail(new Error('boom'));
      await expect(first).rejects.toThrow('boom');
      expect(await second).toBe('consumed');
      expect(await countEffects(database)).toEqual([once('mails')]);
    });

    it('tells the one that waited that it has happened when the first one succeeds', async () => {
      const { first, second, gate } = await twoAtOnce();
      gate.open();
      expect(await Promise.all([first, second])).toEqual(['consumed', 'duplicate']);
      expect(await countEffects(database)).toEqual([once('mails')]);
    });

    it('leaves nothing when the connection ends in the middle', async () => {
      const end = (run: Run) => run('select pg_terminate_backend(pg_backend_pid())');
      await expect(consume({ after: end })).rejects.toThrow();
      expect(await countEffects(database)).toEqual([]);
      expect(await eventually(() => consume())).toBe('consumed');
    });

    it('has an effect once when the COMMIT did not get through', async () => {
      const postgres = await fragilePostgres(database.url);
      const place = await OPENERS[kind](postgres.url);
      let breaks = 1;
      postgres.fate = ({ sent }) =>
        COMMIT.test(sent.at(-1) ?? '') && breaks-- > 0 ? 'broken instead of the answer' : 'kept';
      await expect(consume({ place })).rejects.toThrow();
      expect(await countEffects(database)).toEqual([]);
      expect(await consume({ place })).toBe('consumed');
      expect(await consume({ place })).toBe('duplicate');
      expect(await countEffects(database)).toEqual([once('mails')]);
      await place.close();
      await postgres.close();
    });

    it('has an effect once when the answer to the COMMIT got lost', async () => {
      const lost = await loseAnswers(database.url);
      const place = await OPENERS[kind](lost.url);
      lost.losses = 1;
      await expect(consume({ place })).rejects.toThrow();
      expect(lost.losses).toBe(0);
      // Whoever asked does not know it, and comes again.
      await eventually(async () => expect(await countEffects(database)).toEqual([once('mails')]));
      expect(await consume({ place })).toBe('duplicate');
      expect(await countEffects(database)).toEqual([once('mails')]);
      await place.close();
      await lost.close();
    });

    /** Two effects that each need what the other one has. */
    const deadlock = async () => {
      let arrived = 0;
      const bothThere = deferred();
      let tries = 0;
      const run = (first: number, then: number, place: Place) => {
        const own = { id: uuidv7() };
        let isFirstTry = true;
        return place.consume('mails', own, async (query) => {
          tries += 1;
          await query('select pg_advisory_xact_lock($1)', [first]);
          if (isFirstTry) {
            isFirstTry = false;
            arrived += 1;
            if (arrived === 2) bothThere.open();
            await bothThere.opened;
          }
          await query('select pg_advisory_xact_lock($1)', [then]);
          await query(INSERT_EFFECT, ['mails', own.id]);
        });
      };
      const results = await Promise.all([run(1, 2, places[0]), run(2, 1, places[1])]);
      return { results, tries };
    };

    it('tries again what PostgreSQL gave up for a deadlock', async () => {
      const { results, tries } = await deadlock();
      expect(results).toEqual(['consumed', 'consumed']);
      expect(tries).toBe(3);
      expect(await countEffects(database)).toEqual([
        { consumer: 'mails', effects: 2, messages: 2 },
      ]);
    });
  });

  it('may happen in either of them, and still only once', async () => {
    const places = await Promise.all(KINDS.map((kind) => OPENERS[kind](database.url)));
    const calls = Array.from({ length: 20 }, (_, index) =>
      places[index % places.length]!.consume('mails', message, (run) =>
        run(INSERT_EFFECT, ['mails', message.id]),
      ),
    );
    const results = await Promise.all(calls);
    expect(results.filter((result) => result === 'consumed')).toHaveLength(1);
    expect(await countEffects(database)).toEqual([once('mails')]);
    await Promise.all(places.map((place) => place.close()));
  });

  it('runs in the transaction that TypeORM gives, entities and all', async () => {
    const source = await openDataSource(database.url);
    const consumed = await consumeOnce(source, 'mails', message, async (manager) => {
      expect(manager.queryRunner?.isTransactionActive).toBe(true);
      await manager.query(INSERT_EFFECT, ['mails', message.id]);
      // Nobody else sees it yet.
      expect(await countEffects(database)).toEqual([]);
    });
    expect(consumed).toBe('consumed');
    expect(await countEffects(database)).toEqual([once('mails')]);
    await source.destroy();
  });

  it('works in the database of another service, which has the table', async () => {
    const schema = `service_${message.id.slice(-12)}`;
    await database.query(`create schema ${schema}`);
    const pool = new pg.Pool({
      connectionString: database.url,
      max: 2,
      options: `-c search_path=${schema}`,
    });
    await pool.query(CONSUMED_MESSAGES_TABLE);
    await pool.query(CONSUMED_MESSAGES_TABLE); // at each of its starts, say
    const effect = () => Promise.resolve();
    expect(await consumeOnce(pool, 'mails', message, effect)).toBe('consumed');
    expect(await consumeOnce(pool, 'mails', message, effect)).toBe('duplicate');
    expect(await remembered()).toEqual([]); // ours know nothing of it
    await pool.end();
    await database.query(`drop schema ${schema} cascade`);
  });
});

/** Somebody waits for the end of somebody else's transaction. */
async function expectWaiting(database: TestDatabase): Promise<void> {
  const waiting = await database.query(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  expect(waiting).toHaveLength(1);
}

/** A promise that a test fulfils when it likes. */
function deferred() {
  let open: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const opened = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { opened, open: () => open(), fail: (error: Error) => fail(error) };
}
