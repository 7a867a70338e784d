import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { QUEUE_SCHEMA_DEFAULT } from '../../src/database/migrate.js';
import { inTransaction } from '../../src/database/transaction.js';
import { dispatchSchema, type Dispatch } from '../../src/outbox/dispatch.js';
import {
  claimDispatches,
  countDispatches,
  countWaitingMessages,
  markConsumed,
  postponeDispatch,
} from '../../src/outbox/dispatch.queries.js';
import { consumedForgetter, messageForgetter } from '../../src/outbox/forget.js';
import type { MessageType } from '../../src/outbox/message.js';
import {
  fanOutMessages,
  findConsumers,
  forgetConsumed,
  forgetMessages,
  insertMessages,
  keepConsumers,
  removeConsumer,
} from '../../src/outbox/outbox.queries.js';
import { relayOnce, type Recipient, type RelayContext } from '../../src/outbox/relay.js';
import { describeBackends } from '../support/describe-backends.js';
import { eventually } from '../support/eventually.js';
import { fragilePostgres } from '../support/fragile-postgres.js';
import { isolatedRedis } from '../support/isolated-redis.js';
import {
  effectConsumer,
  messageBacking,
  MessageHarness,
  messagePool,
  register,
  relayPass,
} from '../support/message-harness.js';
import {
  countEffects,
  createEffects,
  expectAllOnce,
  findDispatches,
  tell,
} from '../support/message-rows.js';
import { postgresQueue, redisQueue, type QueueControl } from '../support/queue-control.js';
import { redisIsThere, testRedisUrl } from '../support/test-redis.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const PATIENCE = { timeoutMs: 20_000 };
const DAY_SECONDS = 86_400;

/** A queue that keeps what it is given. */
class ListQueue {
  readonly taken: Dispatch[] = [];
  readonly calls: number[] = [];
  waitingJobs = 0;

  addAll(data: readonly unknown[]): Promise<void> {
    this.calls.push(data.length);
    this.taken.push(...data.map((one) => dispatchSchema.parse(one)));
    return Promise.resolve();
  }

  waiting(): Promise<number> {
    return Promise.resolve(this.waitingJobs);
  }

  get messageIds(): string[] {
    return this.taken.map(({ message }) => message.id);
  }
}

const failing = (): Recipient['queue'] => ({
  addAll: () => Promise.reject(new Error('the queue is away')),
  waiting: () => Promise.resolve(0),
});

describe('the relay', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let reports: [consumer: string, result: string, messages: number][];

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = messagePool(database.url);
  });

  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  beforeEach(async () => {
    await database.query('truncate outbox, dispatches, consumed_messages, consumers');
    reports = [];
  });

  function contextOf(
    recipients: Readonly<Record<string, Recipient['queue']>>,
    given: Partial<RelayContext> = {},
  ): RelayContext {
    return {
      pool,
      recipients: Object.entries(recipients).map(([consumer, queue]) => ({
        consumer,
        queue,
      })),
      source: '/tests',
      messagesMax: 200,
      leaseSeconds: 30,
      resendSeconds: 120,
      report: (...report) => reports.push(report),
      ...given,
    };
  }

  it('sends what was written with a change, as a message that consumers can read', async () => {
    const aggregateId = 'b1f7ac0e-8d2b-4d0b-9a55-5b1f3a0c7a11';
    await inTransaction(pool, (tx) =>
      insertMessages(tx, [
        {
          type: 'order.paid',
          aggregate: 'order',
          aggregateId,
          version: 7,
          subject: 'order-1',
          part: '',
          data: { order: { reference: 'order-1' } },
        },
      ]),
    );
    const queue = new ListQueue();
    expect(await relayPass(contextOf({ mails: queue }))).toBe('done');
    const [row] = await database.query<{ id: string; created_at: Date }>('select * from outbox');
    expect(queue.taken).toEqual([
      {
        tries: 0,
        attempts: 0,
        message: {
          specversion: '1.0',
          id: row!.id,
          source: '/tests',
          type: 'order.paid',
          subject: 'order-1',
          time: row!.created_at.toISOString(),
          datacontenttype: 'application/json',
          dataschema: 'urn:tollgate:message:order:1',
          aggregate: 'order',
          aggregateid: aggregateId,
          aggregateversion: 7,
          data: { order: { reference: 'order-1' } },
        },
      },
    ]);
    expect(await findDispatches(database, 'mails')).toMatchObject([
      { status: 'pending', sends: 1, attempts: 0, is_settled: false },
    ]);
    expect(reports).toEqual([['mails', 'published', 1]]);
  });

  it('sends nothing of a change that was rolled back', async () => {
    const rollback = inTransaction(pool, async (tx) => {
      const aggregateId = 'b1f7ac0e-8d2b-4d0b-9a55-5b1f3a0c7a11';
      const order = { aggregate: 'order', aggregateId, subject: 'order-1', part: '' } as const;
      await insertMessages(tx, [{ ...order, type: 'order.paid', version: 1, data: {} }]);
      throw new Error('something else went wrong');
    });
    await expect(rollback).rejects.toThrow('something else went wrong');
    const queue = new ListQueue();
    await relayPass(contextOf({ mails: queue }));
    expect(queue.taken).toEqual([]);
  });

  it('says that there is more for as long as a pass was full', async () => {
    await tell(database, 5);
    const queue = new ListQueue();
    const context = contextOf({ mails: queue }, { messagesMax: 2 });
    const passes = [];
    for (let count = 0; count < 3; count += 1) passes.push(await relayPass(context));
    expect(passes).toEqual(['more', 'more', 'done']);
    expect(new Set(queue.messageIds).size).toBe(5);
    expect(queue.taken).toHaveLength(5);
  });

  it('adds at most 50 to a queue in one call', async () => {
    await tell(database, 120);
    const queue = new ListQueue();
    await relayPass(contextOf({ mails: queue }));
    expect(queue.calls).toEqual([50, 50, 20]);
  });

  it('sends to nobody twice before the time is over in which somebody may report', async () => {
    await tell(database, 3);
    const queue = new ListQueue();
    for (let count = 0; count < 3; count += 1) await relayPass(contextOf({ mails: queue }));
    expect(queue.taken).toHaveLength(3);
  });

  it('waits twice as long with every time that nobody reports, up to 8 times', async () => {
    await tell(database, 1);
    const queue = new ListQueue();
    const pauses: number[] = [];
    for (let count = 0; count < 6; count += 1) {
      await relayPass(contextOf({ mails: queue }, { resendSeconds: 1000 }));
      const [dispatch] = await findDispatches(database, 'mails');
      pauses.push(Math.ceil(dispatch!.due_in_seconds / 1000));
      await makeDue();
    }
    expect(pauses).toEqual([1, 2, 4, 8, 8, 8]);
    expect(queue.taken).toHaveLength(6);
  });

  it('sends nothing again that may still wait in its queue, and what is new all the same', async () => {
    const [first] = await tell(database, 1);
    const queue = new ListQueue();
    await relayPass(contextOf({ mails: queue }));
    await makeDue();
    queue.waitingJobs = 1;
    const [second] = await tell(database, 1);
    await relayPass(contextOf({ mails: queue }));
    expect(queue.messageIds).toEqual([first, second]);
    queue.waitingJobs = 0;
    await relayPass(contextOf({ mails: queue }));
    expect(queue.messageIds).toEqual([first, second, first]);
  });

  it('makes a dead letter of a message on which a consumer never says a word', async () => {
    await tell(database, 1);
    const queue = new ListQueue();
    for (let count = 0; count < 24; count += 1) {
      await relayPass(contextOf({ mails: queue }));
      await makeDue();
    }
    expect(await findDispatches(database, 'mails')).toMatchObject([{ status: 'pending' }]);
    await relayPass(contextOf({ mails: queue }));
    expect(queue.taken).toHaveLength(24);
    expect(await findDispatches(database, 'mails')).toMatchObject([
      { status: 'dead', reason: 'consumer_silent', attempts: 1 },
    ]);
    expect(reports.at(-1)).toEqual(['mails', 'unanswered', 1]);
  });

  it('leaves messages in the database while many wait in a queue', async () => {
    await tell(database, 3);
    const [crowded, other] = [new ListQueue(), new ListQueue()];
    crowded.waitingJobs = 2000;
    expect(await relayPass(contextOf({ crowded, other }))).toBe('done');
    expect(crowded.taken).toEqual([]);
    expect(other.taken).toHaveLength(3);
    crowded.waitingJobs = 1999;
    await relayPass(contextOf({ crowded, other }));
    expect(crowded.taken).toHaveLength(3);
    expect(other.taken).toHaveLength(3);
  });

  it('marks messages that nobody wants', async () => {
    await tell(database, 2);
    expect(await relayPass(contextOf({}))).toBe('done');
    expect(await countWaitingMessages(pool)).toBe(0);
    expect(await countDispatches(pool)).toEqual([]);
  });

  it('gives a consumer that is registered later only what is newer', async () => {
    const [before] = await tell(database, 1);
    const [first, later] = [new ListQueue(), new ListQueue()];
    await relayPass(contextOf({ first }));
    const [after] = await tell(database, 1);
    await relayPass(contextOf({ first, later }));
    expect(first.messageIds.sort()).toEqual([before!, after!].sort());
    expect(later.messageIds).toEqual([after]);
  });

  it('gives messages to a consumer that it does not know, when another one does', async () => {
    await register(pool, ['known', 'new']);
    await tell(database, 1);
    const [known, added] = [new ListQueue(), new ListQueue()];
    await relayOnce(contextOf({ known })); // started before the deployment
    await relayOnce(contextOf({ known, new: added }));
    expect(added.messageIds).toEqual(known.messageIds);
  });

  it('removes a consumer with everything that it has not got yet', async () => {
    await register(pool, ['mails', 'gone']);
    const [consumed] = await tell(database, 2);
    await fanOutMessages(pool, 10);
    await markConsumed(pool, 'gone', consumed!);
    expect(await removeConsumer(pool, 'gone', 120)).toBe('in_use'); // a worker knows it
    expect(await findDispatches(database, 'gone')).toHaveLength(2);
    await keepConsumers(pool, [{ name: 'mails', patterns: ['of an old worker'] }]);
    await database.query(`update consumers set seen_at = now() - interval '1 hour'
      where name = 'gone'`);
    expect(await removeConsumer(pool, 'gone', 120)).toBe('removed');
    expect(await removeConsumer(pool, 'gone', 120)).toBe('unknown');
    expect(await findConsumers(pool)).toEqual([{ name: 'mails', patterns: ['%'] }]);
    expect(await findDispatches(database, 'gone')).toMatchObject([{ status: 'consumed' }]);
    expect(await findDispatches(database, 'mails')).toHaveLength(2);
  });

  it('counts what waits for each consumer, and since when', async () => {
    await tell(database, 2);
    expect(await countWaitingMessages(pool)).toBe(2);
    await relayPass(contextOf({ one: new ListQueue(), other: new ListQueue() }));
    await database.query(`update dispatches set created_at = now() - interval '1 hour'
      where consumer = 'one'`);
    await database.query(`update dispatches set status = 'dead', reason = 'x', settled_at = now()
      where consumer = 'other'`);
    const [one, other] = await countDispatches(pool);
    expect(one).toMatchObject({ consumer: 'one', pending: 2, dead: 0 });
    expect(Math.floor(one!.oldestSeconds / 60)).toBe(60);
    expect(other).toEqual({ consumer: 'other', pending: 0, dead: 2, oldestSeconds: 0 });
  });

  describe('when a queue takes nothing', () => {
    it('sends to the others, and gives back what it had claimed', async () => {
      await tell(database, 120);
      const other = new ListQueue();
      expect(await relayPass(contextOf({ away: failing(), other }))).toBe('done');
      expect(other.taken).toHaveLength(120);
      const dispatches = await findDispatches(database, 'away');
      expect(dispatches.filter(({ sends }) => sends > 0)).toEqual([]);
      expect(dispatches.filter(({ due_in_seconds }) => due_in_seconds > 0)).toEqual([]);
      expect(reports).toContainEqual(['away', 'failed', 120]);
    });

    it('keeps what the queue took before', async () => {
      await tell(database, 120);
      const queue = new ListQueue();
      const addAll = (data: readonly unknown[]) =>
        queue.calls.length === 1 ? Promise.reject(new Error('full')) : queue.addAll(data);
      await relayPass(contextOf({ mails: { addAll, waiting: () => queue.waiting() } }));
      expect(reports).toEqual([
        ['mails', 'published', 50],
        ['mails', 'failed', 70],
      ]);
      await relayPass(contextOf({ mails: queue }));
      expect(new Set(queue.messageIds).size).toBe(120);
      expect(queue.taken).toHaveLength(120);
    });

    it('claims nothing for a queue that does not say how many wait in it', async () => {
      await tell(database, 1);
      const waiting = () => Promise.reject(new Error('no answer'));
      const queue = { ...failing(), waiting };
      expect(await relayPass(contextOf({ mails: queue }))).toBe('done');
      const [dispatch] = await findDispatches(database, 'mails');
      expect(dispatch!.due_in_seconds).toBeLessThan(0);
      expect(reports).toEqual([]);
    });
  });

  // Otherwise whoever stops the relay would close queues and pool while it uses them.
  it('ends a pass that failed only when nothing of it is under way', async () => {
    await tell(database, 1);
    const [slow, broken] = [new ListQueue(), new ListQueue()];
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const slowQueue = {
      addAll: async (data: readonly unknown[]) => {
        await held;
        await slow.addAll(data);
      },
      waiting: () => Promise.resolve(0),
    };
    const query = (statement: { readonly name: string; readonly values: readonly unknown[] }) =>
      statement.name === 'mark-published' && statement.values[0] === 'broken'
        ? Promise.reject(new Error('the statement took too long'))
        : pool.query(statement as never);
    const brokenPool = { query } as unknown as pg.Pool;
    await register(pool, ['slow', 'broken']);
    const pass = relayOnce(contextOf({ slow: slowQueue, broken }, { pool: brokenPool }));
    let isOver = false;
    const ended = pass.catch(String).then((error) => {
      isOver = true;
      return error;
    });
    await eventually(() => expect(broken.taken).toHaveLength(1));
    await Promise.race([ended, pool.query('select pg_sleep(0.2)')]);
    const wasOver = isOver;
    letGo();
    expect(await ended).toBe('Error: the statement took too long');
    await eventually(async () => {
      expect(await findDispatches(database, 'slow')).toMatchObject([{ sends: 1 }]);
    });
    expect(wasOver).toBe(false);
  });

  describe('when a consumer is faster than the relay', () => {
    it('leaves alone what is consumed before it is noted as sent', async () => {
      const [id] = await tell(database, 1);
      const queue = meanwhile(() => markConsumed(pool, 'mails', id!));
      await relayPass(contextOf({ mails: queue }));
      expect(await findDispatches(database, 'mails')).toMatchObject([
        { status: 'consumed', sends: 0 },
      ]);
    });

    // Otherwise a message that was to be sent again soon would wait as long as one that was lost.
    it('keeps the time at which it is to be sent a message that it put off', async () => {
      const [id] = await tell(database, 1);
      const queue = meanwhile(() =>
        postponeDispatch(pool, 'mails', { messageId: id!, tries: 0 }, 1000),
      );
      await relayPass(contextOf({ mails: queue }, { resendSeconds: 3600 }));
      const [dispatch] = await findDispatches(database, 'mails');
      expect(dispatch!.due_in_seconds).toBeLessThan(60);
    });
  });

  describe('several relays at once', () => {
    it('claim each message for one of them', async () => {
      await tell(database, 200);
      const pools = [1, 2, 3, 4].map(() => messagePool(database.url));
      const queue = new ListQueue();
      const passes = pools.map((own) =>
        relayPass(contextOf({ mails: queue }, { pool: own, messagesMax: 80 })),
      );
      await Promise.all(passes);
      while ((await relayPass(contextOf({ mails: queue }))) === 'more');
      expect(queue.taken).toHaveLength(200);
      expect(new Set(queue.messageIds).size).toBe(200);
      await Promise.all(pools.map((own) => own.end()));
    });

    it('give each message out once, and leave to another what it is at', async () => {
      await tell(database, 100);
      await register(pool, ['mails']);
      const other = await pool.connect();
      await other.query('begin');
      await other.query('select from outbox order by id limit 30 for update');
      expect(await fanOutMessages(pool, 1000)).toBe(70);
      await other.query('rollback');
      other.release();
      const counts = await Promise.all([1, 2, 3].map(() => fanOutMessages(pool, 1000)));
      expect(counts.reduce((sum, count) => sum + count)).toBe(30);
      expect(await findDispatches(database, 'mails')).toHaveLength(100);
    });

    it('take over what one of them claimed and never sent, once its lease is over', async () => {
      await tell(database, 2);
      await register(pool, ['mails']);
      await fanOutMessages(pool, 1000);
      expect(await claimDispatches(pool, 'mails', 1, 3600, 0)).toHaveLength(1);
      expect(await claimDispatches(pool, 'mails', 10, 3600, 0)).toHaveLength(1);
      const queue = new ListQueue();
      await relayPass(contextOf({ mails: queue }));
      expect(queue.taken).toEqual([]);
      await makeDue();
      await relayPass(contextOf({ mails: queue }));
      expect(queue.taken).toHaveLength(2);
    });
  });

  describe('tells a consumer', () => {
    const TYPES = ['order.paid', 'order.partially_paid', 'payment.paid', 'dispute.open'] as const;

    it.each<{ wish: string[]; told: MessageType[] }>([
      { wish: ['*'], told: [...TYPES] },
      { wish: ['order.*'], told: ['order.paid', 'order.partially_paid'] },
      { wish: ['order.paid'], told: ['order.paid'] },
      { wish: ['order.partially_paid', 'order.*'], told: ['order.paid', 'order.partially_paid'] },
      { wish: ['payment.paid', 'dispute.*'], told: ['payment.paid', 'dispute.open'] },
      { wish: ['order'], told: [] },
      { wish: [], told: [] },
    ])('that wants $wish of $told', async ({ wish, told }) => {
      for (const type of TYPES) await tell(database, 1, type);
      const queue = new ListQueue();
      await register(pool, ['picky'], wish);
      await relayOnce(contextOf({}, { recipients: [{ consumer: 'picky', queue }] }));
      expect(queue.taken.map(({ message }) => message.type).sort()).toEqual([...told].sort());
      expect(await countWaitingMessages(pool)).toBe(0);
    });

    it('that wants a type with an underscore of that type alone', async () => {
      await database.query(`insert into outbox (id, type, aggregate, aggregate_id, version, subject, data)
        select gen_random_uuid(), type, 'order', gen_random_uuid(), 1, 'order-1', '{}'
        from unnest('{order.in_review,order.inxreview}'::text[]) as type`);
      const queue = new ListQueue();
      const recipients = [{ consumer: 'picky', queue }];
      await register(pool, ['picky'], ['order.in_review']);
      await relayOnce(contextOf({}, { recipients }));
      expect(queue.taken.map(({ message }) => message.type)).toEqual(['order.in_review']);
    });
  });

  describe('forgets', () => {
    const consumers = ['mails', 'books'];

    /** Messages that both consumers are done with and remember, since this many days. */
    async function consumedSince(days: number, messages = 1): Promise<string[]> {
      const ids = await tell(database, messages);
      await register(pool, consumers);
      await fanOutMessages(pool, 2000);
      for (const consumer of consumers) {
        for (const id of ids) await markConsumed(pool, consumer, id);
      }
      await database.query(
        `insert into consumed_messages (consumer, message_id, consumed_at)
         select consumer, message_id, now() - make_interval(days => $1)
         from dispatches where message_id = any ($2)`,
        [days, ids],
      );
      await database.query(
        `update outbox set fanned_out_at = now() - make_interval(days => $1) where id = any ($2)`,
        [days, ids],
      );
      return ids;
    }

    const kept = async () => {
      const rows = await database.query<{ id: string }>('select id from outbox');
      return rows.map(({ id }) => id).sort();
    };
    const remembered = async () => {
      const rows = await database.query<{ message_id: string }>(
        'select distinct message_id from consumed_messages',
      );
      return rows.map(({ message_id }) => message_id).sort();
    };

    it('messages that everybody is done with, and their dispatches', async () => {
      await consumedSince(31, 3);
      const young = await consumedSince(29);
      expect(await forgetMessages(pool, 30 * DAY_SECONDS, 1000, null)).toBeNull();
      expect(await kept()).toEqual(young);
      expect(await database.query('select distinct message_id from dispatches')).toEqual([
        { message_id: young[0] },
      ]);
    });

    it('messages that nobody wanted, but none that nobody has seen', async () => {
      const [wanted, waiting] = await tell(database, 2);
      await database.query(
        `update outbox set created_at = now() - interval '90 days',
           fanned_out_at = case when id = $1 then now() - interval '90 days' end`,
        [wanted],
      );
      await forgetMessages(pool, 30 * DAY_SECONDS, 1000, null);
      expect(await kept()).toEqual([waiting]);
    });

    it.each([
      ['waits for a consumer', `status = 'pending', settled_at = null`],
      ['is a dead letter of a consumer', `status = 'dead', reason = 'consumer_failed'`],
    ])('no message that %s', async (_what, change) => {
      const [kind] = await consumedSince(90);
      const [gone] = await consumedSince(90);
      await database.query(
        `update dispatches set ${change} where consumer = 'mails' and message_id = $1`,
        [kind],
      );
      await forgetMessages(pool, 30 * DAY_SECONDS, 1000, null);
      expect(await kept()).toEqual([kind]);
      expect(gone).not.toBe(kind);
    });

    it('at most as many as it is told, the oldest first', async () => {
      const young = await consumedSince(40, 2);
      await consumedSince(60, 2);
      expect(await forgetMessages(pool, 30 * DAY_SECONDS, 2, null)).not.toBeNull();
      expect(await kept()).toEqual([...young].sort());
    });

    it('what lies behind messages that somebody waits for', async () => {
      const waited = await consumedSince(90, 3);
      await database.query(
        `update dispatches set status = 'dead', reason = 'x' where message_id = any ($1)`,
        [waited],
      );
      await consumedSince(60, 2);
      let position = await forgetMessages(pool, 30 * DAY_SECONDS, 2, null);
      for (let looks = 0; position !== null; looks += 1) {
        expect(looks).toBeLessThan(5);
        position = await forgetMessages(pool, 30 * DAY_SECONDS, 2, position);
      }
      expect(await kept()).toEqual(waited.sort());
    });

    it('what consumers remember only after the message, and a margin', async () => {
      const [messageKept] = await consumedSince(90);
      await database.query(
        `update dispatches set status = 'dead', reason = 'x' where message_id = $1`,
        [messageKept],
      );
      const [inMargin] = await consumedSince(35);
      await consumedSince(38);
      expect(await messageForgetter(pool, 30)()).toBe('done');
      expect(await consumedForgetter(pool, 30)()).toBe('done');
      expect(await kept()).toEqual([messageKept]);
      expect(await remembered()).toEqual([messageKept!, inMargin!].sort());
      expect(await forgetConsumed(pool, 34 * DAY_SECONDS, 1000, null)).toBeNull();
      expect(await remembered()).toEqual([messageKept]);
    });

    it('in passes, of which a full one is followed by another', async () => {
      await consumedSince(90, 1001);
      const forget = messageForgetter(pool, 30);
      expect([await forget(), await forget()]).toEqual(['more', 'done']);
      const forgetMore = consumedForgetter(pool, 30);
      const looks = [await forgetMore(), await forgetMore(), await forgetMore()];
      expect(looks).toEqual(['more', 'more', 'done']); // two consumers remember each of them
      expect(await kept()).toEqual([]);
      expect(await remembered()).toEqual([]);
    });
  });

  function makeDue(): Promise<unknown> {
    return database.query('update dispatches set due_at = now()');
  }

  /** Somebody acts when the queue has the messages, and the relay does not know it yet. */
  function meanwhile(act: () => Promise<unknown>): Recipient['queue'] {
    return {
      addAll: async () => {
        await act();
      },
      waiting: () => Promise.resolve(0),
    };
  }
});

describeBackends((backend) => {
  describe('a queue', () => {
    const CONSUMERS = ['one', 'other'];
    const MESSAGES = 120;
    let database: TestDatabase;
    let harness: MessageHarness;
    let removeQueue: () => Promise<void>;

    beforeEach(async () => {
      database = await createTestDatabase();
      await createEffects(database);
    });

    afterEach(async () => {
      await harness.close();
      await removeQueue();
      await database.drop();
    });

    /** Queues that can be emptied and held up. */
    async function openQueue(): Promise<QueueControl> {
      const queue = await (backend.name === 'redis' ? redisQueue() : postgresQueue(database));
      removeQueue = () => queue.remove();
      const prefix = QUEUE_SCHEMA_DEFAULT;
      harness = new MessageHarness(messageBacking(database.url, queue.redisUrl, prefix));
      return queue;
    }

    /** Queues that are out of reach until somebody brings them back. */
    async function openOutage(): Promise<Outage> {
      if (backend.name === 'redis') {
        const redis = await isolatedRedis();
        removeQueue = () => redis.remove();
        harness = new MessageHarness(messageBacking(database.url, redis.url));
        return { begin: () => redis.kill(), end: () => redis.start() };
      }
      const postgres = await fragilePostgres(database.url);
      removeQueue = () => postgres.close();
      const begin = () => (postgres.fate = () => 'broken instead of the answer');
      const end = () => (postgres.fate = () => 'kept');
      begin();
      const backing = messageBacking(database.url, undefined);
      harness = new MessageHarness({ ...backing, queueDatabaseUrl: postgres.url });
      return { begin: () => Promise.resolve(begin()), end: () => Promise.resolve(end()) };
    }

    const recipients = () => CONSUMERS.map((consumer) => harness.recipient(consumer));
    const startConsumers = () => {
      for (const consumer of CONSUMERS) {
        harness.startConsumer(effectConsumer(harness.pool, consumer), { lockSeconds: 1 });
      }
    };
    const effectsOf = async (name: string) => {
      const counts = await countEffects(database);
      return counts.find(({ consumer }) => consumer === name)?.effects ?? 0;
    };

    it('loses messages that wait in it: they are sent again, and done once', async () => {
      const queue = await openQueue();
      await tell(database, MESSAGES);
      const everybody = recipients();
      // The connection may not be there yet.
      await eventually(async () => {
        await relayPass(harness.relayContext(everybody));
        for (const one of everybody) expect(await one.queue.waiting()).toBe(MESSAGES);
      }, PATIENCE);
      await queue.empty();
      for (const one of everybody) expect(await one.queue.waiting()).toBe(0);

      startConsumers();
      const sentAgain = new Map<string, number>();
      harness.startRelay(everybody, {
        report: (consumer, _result, messages) =>
          sentAgain.set(consumer, messages + (sentAgain.get(consumer) ?? 0)),
      });
      await eventually(() => expectAllOnce(database, CONSUMERS, MESSAGES), PATIENCE);
      for (const consumer of CONSUMERS) {
        expect(sentAgain.get(consumer)).toBeGreaterThanOrEqual(MESSAGES);
      }
    });

    it('loses everything again and again while its messages are worked on', async () => {
      const queue = await openQueue();
      await tell(database, MESSAGES);
      harness.startRelay(recipients(), { messagesMax: 40 });
      startConsumers();
      for (const effects of [1, MESSAGES / 4, MESSAGES / 2]) {
        await eventually(
          async () => expect(await effectsOf('one')).toBeGreaterThanOrEqual(effects),
          PATIENCE,
        );
        await queue.empty();
      }
      await eventually(() => expectAllOnce(database, CONSUMERS, MESSAGES), PATIENCE);
    });

    it('is out of reach from the start: passes end, and all is sent when it is back', async () => {
      const outage = await openOutage();
      await tell(database, MESSAGES);
      const everybody = recipients();
      const reachable = new ListQueue();
      const context = harness.relayContext([
        ...everybody,
        { consumer: 'reachable', queue: reachable },
      ]);
      startConsumers();
      for (let pass = 0; pass < 3; pass += 1) await relayPass(context);
      expect(reachable.taken).toHaveLength(MESSAGES);
      for (const consumer of CONSUMERS) {
        const dispatches = await findDispatches(database, consumer);
        expect(dispatches).toHaveLength(MESSAGES);
        expect(dispatches.filter(({ sends }) => sends > 0)).toEqual([]);
      }
      await database.query(`delete from dispatches where consumer = 'reachable'`);
      await removeConsumer(harness.pool, 'reachable', 0);

      await outage.end();
      const relay = harness.startRelay(everybody);
      await eventually(() => expectAllOnce(database, CONSUMERS, MESSAGES), PATIENCE);

      await outage.begin();
      await tell(database, MESSAGES);
      relay.wake();
      await eventually(async () => expect(await countWaitingMessages(harness.pool)).toBe(0));
      await outage.end();
      await eventually(() => expectAllOnce(database, CONSUMERS, 2 * MESSAGES), PATIENCE);
    });

    it('hangs: passes end, and whoever has another queue is told', async () => {
      const queue = await openQueue();
      const hung = harness.recipient('hung');
      await eventually(() => hung.queue.waiting(), PATIENCE); // it worked once
      const elsewhere = await openElsewhere();
      harness.onClose(() => elsewhere.close()); // after the relay, which adds to its queues
      await queue.hold();
      await tell(database, MESSAGES);
      const free = elsewhere.recipient('free');
      elsewhere.startConsumer(effectConsumer(elsewhere.pool, 'free'));
      await eventually(async () => {
        await relayPass(harness.relayContext([hung, free]));
        expect(await effectsOf('free')).toBe(MESSAGES);
      }, PATIENCE);
      const held = await findDispatches(database, 'hung');
      expect(held).toHaveLength(MESSAGES);
      expect(held.filter(({ sends }) => sends > 0)).toEqual([]);

      await queue.release();
      harness.startConsumer(effectConsumer(harness.pool, 'hung'), { lockSeconds: 1 });
      harness.startRelay([hung, free]);
      await eventually(() => expectAllOnce(database, ['free', 'hung'], MESSAGES), PATIENCE);
    });

    /** Queues of the other backend, or other ones where there is no Redis. */
    async function openElsewhere(): Promise<MessageHarness> {
      const redisUrl =
        backend.name === 'postgres' && redisIsThere ? await testRedisUrl() : undefined;
      return new MessageHarness(messageBacking(database.url, redisUrl));
    }
  });
});

/** A time in which queues are out of reach. */
interface Outage {
  begin(): Promise<unknown>;
  end(): Promise<unknown>;
}
