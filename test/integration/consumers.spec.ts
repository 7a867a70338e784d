import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { consumeDispatch, type ConsumeContext } from '../../src/consumers/consume-dispatch.js';
import { consumeOnce } from '../../src/consumers/consume-once.js';
import { NotNow, type Consumer } from '../../src/consumers/consumer.js';
import { settle } from '../../src/consumers/settle.js';
import { startConsumer, type StartConsumerOptions } from '../../src/consumers/start-consumer.js';
import { TollgateError } from '../../src/errors.js';
import type { Dispatch, Outcome } from '../../src/outbox/dispatch.js';
import type { Message } from '../../src/outbox/message.js';
import { QUEUES } from '../../src/queues/queues.js';
import { describeBackends } from '../support/describe-backends.js';
import { eventually } from '../support/eventually.js';
import {
  effectConsumer,
  messageBacking,
  MessageHarness,
  relayPass,
} from '../support/message-harness.js';
import {
  countEffects,
  createEffects,
  expectAllOnce,
  findDispatches,
  tell,
  type DispatchRow,
} from '../support/message-rows.js';
import { orderMessage } from '../support/messages.js';
import { postgresQueue, redisQueue, type QueueControl } from '../support/queue-control.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { replayMessage } from '../support/replay-message.js';

const PATIENCE = { timeoutMs: 20_000 };
const ATTEMPTS_MAX = 3;

const consumed = { status: 'consumed', reason: null, is_settled: true };
const pending = { status: 'pending', reason: null, is_settled: false };

const fails = (message: string) => () => Promise.reject(new Error(message));

describe('what a consumer comes to', () => {
  let database: TestDatabase;
  let harness: MessageHarness;
  /** A message on its way to the consumer `mails`. */
  let dispatch: Dispatch;

  beforeAll(async () => {
    database = await createTestDatabase();
    await createEffects(database);
    harness = new MessageHarness(messageBacking(database.url, undefined), {
      attemptsMax: ATTEMPTS_MAX,
    });
  });

  afterAll(async () => {
    await harness.close();
    await database.drop();
  });

  beforeEach(async () => {
    await database.query('truncate outbox, dispatches, consumed_messages, consumers, effects');
    harness.reports.splice(0);
    await tell(database, 1);
    dispatch = (await sendTo('mails'))[0]!;
  });

  /** What the relay sends to a consumer in one pass. */
  async function sendTo(consumer: string): Promise<Dispatch[]> {
    const sent: Dispatch[] = [];
    const queue = {
      addAll: (jobs: readonly unknown[]) =>
        Promise.resolve(void sent.push(...(jobs as Dispatch[]))),
      waiting: () => Promise.resolve(0),
    };
    await relayPass(harness.relayContext([{ consumer, queue }]));
    return sent;
  }

  function attempt(
    consume: Consumer['consume'],
    job: Dispatch = dispatch,
    given: Partial<ConsumeContext> = {},
  ): Promise<void> {
    const consumer = { name: 'mails', types: ['*'], consume };
    return consumeDispatch(harness.consumeContext(consumer, given), job);
  }

  const doIt = (message: Message) => effectConsumer(harness.pool, 'mails').consume(message);
  const find = async (): Promise<DispatchRow> => (await findDispatches(database, 'mails'))[0]!;
  const effects = async () => (await countEffects(database))[0]?.effects ?? 0;
  const replay = () => replayMessage(harness.pool, 'mails', dispatch.message.id);
  const outcomeOf = (verdict: Outcome['verdict'], attempts = 0): Outcome => ({
    consumer: 'mails',
    messageId: dispatch.message.id,
    tries: attempts,
    attempts,
    verdict,
  });
  const FAILED = {
    result: 'failed',
    code: 'consumer_failed',
    message: 'x',
    isFinal: false,
  } as const;

  /** Fails until it is a dead letter. */
  async function die(): Promise<void> {
    for (let attempts = 0; attempts < ATTEMPTS_MAX; attempts += 1) {
      await attempt(fails('boom'), { ...dispatch, tries: dispatch.tries + attempts, attempts });
    }
    expect(await find()).toMatchObject({ status: 'dead' });
  }

  it('is noted as consumed', async () => {
    await attempt(doIt);
    expect(await find()).toMatchObject({ ...consumed, attempts: 0, attempt_errors: [] });
    expect(harness.reports).toEqual([
      {
        consumer: 'mails',
        messageId: dispatch.message.id,
        attempt: 1,
        result: 'consumed',
        error: null,
      },
    ]);
  });

  it('is a failed attempt with its reason, which is tried again', async () => {
    await attempt(fails('no such customer'));
    expect(await find()).toMatchObject({
      ...pending,
      attempts: 1,
      attempt_errors: [{ attempt: 1, code: 'consumer_failed', message: 'no such customer' }],
    });
    expect(harness.reports).toMatchObject([
      { attempt: 1, result: 'retry', error: 'no such customer' },
    ]);
    await eventually(async () => {
      expect(await sendTo('mails')).toEqual([{ ...dispatch, tries: 1, attempts: 1 }]);
    });
  });

  it('is a dead letter when the attempts are used up, with all their errors', async () => {
    await die();
    const error = { code: 'consumer_failed', message: 'boom' };
    expect(await find()).toMatchObject({
      status: 'dead',
      reason: 'consumer_failed',
      is_settled: true,
      attempts: 3,
      attempt_errors: [1, 2, 3].map((attempt) => ({ attempt, ...error })),
    });
    expect(harness.reports.map(({ result }) => result)).toEqual(['retry', 'retry', 'dead']);
    expect(await sendTo('mails')).toEqual([]);
  });

  it('is a dead letter at once when trying again cannot help', async () => {
    await attempt(() => Promise.reject(new TollgateError('consumer_refused', 'never')));
    expect(await find()).toMatchObject({
      status: 'dead',
      reason: 'consumer_refused',
      attempts: 1,
      attempt_errors: [{ attempt: 1, code: 'consumer_refused', message: 'never' }],
    });
  });

  it('counts no attempt when it was not able to try', async () => {
    await attempt(() => Promise.reject(new NotNow('closed on Sundays', 0)));
    expect(await find()).toMatchObject({ ...pending, attempts: 0, attempt_errors: [] });
    expect(harness.reports).toMatchObject([
      { attempt: 1, result: 'not_now', error: 'closed on Sundays' },
    ]);
    expect(await sendTo('mails')).toEqual([{ ...dispatch, tries: 1 }]);
  });

  it('puts a message off for as long as the consumer says', async () => {
    await attempt(() => Promise.reject(new NotNow('closed', 3_600_000)));
    expect(Math.ceil((await find()).due_in_seconds / 60)).toBe(60);
    expect(await sendTo('mails')).toEqual([]);
  });

  // Otherwise a message that was put off six times would wait for hours when a queue loses it.
  it('is sent again as soon as at first after it was put off', async () => {
    let job: Dispatch | undefined = dispatch;
    for (let count = 0; count < 4; count += 1) {
      await attempt(() => Promise.reject(new NotNow('closed', 0)), job);
      [job] = await sendTo('mails');
      expect(job).toMatchObject({ tries: count + 1, attempts: 0 });
    }
    expect((await find()).due_in_seconds).toBeLessThanOrEqual(1);
  });

  it('is a failed attempt when its connection breaks, and the effect is not half there', async () => {
    const breakOff = (message: Message) =>
      consumeOnce(harness.pool, 'mails', message, (tx) =>
        tx.query('select pg_terminate_backend(pg_backend_pid())'),
      );
    await attempt(async (message) => {
      await breakOff(message);
    });
    expect(await find()).toMatchObject({ ...pending, attempts: 1 });
    await attempt(doIt, { ...dispatch, tries: 1, attempts: 1 });
    expect(await find()).toMatchObject(consumed);
    expect(await effects()).toBe(1);
  });

  it('changes nothing when it is told of an attempt that is over', async () => {
    await attempt(fails('boom'));
    await settle(harness.settling, outcomeOf(FAILED, 0));
    await settle(harness.settling, outcomeOf({ ...FAILED, isFinal: true }, 0));
    await settle(harness.settling, outcomeOf({ result: 'not_now', message: 'x', retryInMs: 0 }, 0));
    expect(await find()).toMatchObject({ ...pending, attempts: 1 });
    expect((await find()).attempt_errors).toHaveLength(1);
    expect(harness.reports).toHaveLength(1);
  });

  it('changes nothing when it fails after another try was consumed', async () => {
    await attempt(doIt);
    await settle(harness.settling, outcomeOf({ ...FAILED, isFinal: true }));
    await settle(harness.settling, outcomeOf({ result: 'consumed' }));
    expect(await find()).toMatchObject({ ...consumed, attempts: 0, attempt_errors: [] });
    expect(harness.reports).toHaveLength(1);
  });

  it('is consumed when an older try says so after all, be it dead meanwhile', async () => {
    await die();
    await settle(harness.settling, outcomeOf({ result: 'consumed' }, 1));
    expect(await find()).toMatchObject({ ...consumed, attempts: 3 });
  });

  it('of a job that comes late is nothing: the consumer is not asked', async () => {
    const asked: string[] = [];
    const ask = (message: Message) => Promise.resolve(void asked.push(message.id));
    await attempt(fails('boom'));
    await attempt(ask); // the job of the first try again
    expect(asked).toEqual([]);
    await attempt(ask, { ...dispatch, tries: 1, attempts: 1 });
    expect(asked).toHaveLength(1);
    await attempt(ask, { ...dispatch, tries: 1, attempts: 1 });
    expect(asked).toHaveLength(1);
  });

  it('of a message that nobody told is nothing', async () => {
    const message = orderMessage();
    await attempt(fails('asked all the same'), { message, tries: 0, attempts: 0 });
    expect(harness.reports).toEqual([]);
    expect(await findDispatches(database, 'mails')).toHaveLength(1);
  });

  it('of 20 tries at once is one failure', async () => {
    await Promise.all(Array.from({ length: 20 }, () => attempt(fails('boom'))));
    expect(await find()).toMatchObject({ attempts: 1 });
    expect((await find()).attempt_errors).toHaveLength(1);
  });

  it('is not lost with the report: the next try finds the effect, and reports again', async () => {
    const away = { settle: () => Promise.reject(new Error('the database is away')) };
    await expect(attempt(doIt, dispatch, away)).rejects.toThrow('the database is away');
    expect(await find()).toMatchObject(pending);
    expect(await effects()).toBe(1);
    await attempt(doIt);
    expect(await find()).toMatchObject(consumed);
    expect(await effects()).toBe(1);
  });

  it('is recorded although the error holds a NUL, which no row can', async () => {
    await attempt(fails('found \u0000 in the answer'));
    expect(await find()).toMatchObject({ attempts: 1 });
  });

  it('is recorded although the error is cut in the middle of a character', async () => {
    await attempt(fails(`${'x'.repeat(499)}😀`));
    expect((await find()).attempt_errors[0]!.message).toMatch(/^x{499}/);
  });

  describe('a dead letter', () => {
    it('is sent through again, with all its attempts', async () => {
      await die();
      expect(await replay()).toBe(true);
      expect(await find()).toMatchObject({ ...pending, attempts: 0, sends: 0, replays: 1 });
      const [again] = await sendTo('mails');
      expect(again).toEqual({ ...dispatch, tries: ATTEMPTS_MAX + 1 });
      await attempt(doIt, again);
      expect(await find()).toMatchObject({ ...consumed, replays: 1 });
      expect((await find()).attempt_errors).toHaveLength(3);
      expect(await effects()).toBe(1);
    });

    it('that dies again can be sent through again', async () => {
      await die();
      await replay();
      dispatch = (await sendTo('mails'))[0]!;
      await die();
      expect(await find()).toMatchObject({ attempts: 3, replays: 1 });
      expect((await find()).attempt_errors).toHaveLength(6);
      expect(await replay()).toBe(true);
      await attempt(doIt, (await sendTo('mails'))[0]);
      expect(await find()).toMatchObject({ ...consumed, replays: 2 });
    });

    it('is sent through once, however often that is asked for', async () => {
      await die();
      const answers = await Promise.all(Array.from({ length: 20 }, replay));
      expect(answers.filter((isReplayed) => isReplayed)).toHaveLength(1);
      expect(await find()).toMatchObject({ ...pending, replays: 1 });
      expect(await sendTo('mails')).toHaveLength(1);
    });

    it('is what only it can be: nothing happens to a message that waits or is consumed', async () => {
      const before = await find();
      expect(await replay()).toBe(false);
      expect({ ...(await find()), due_in_seconds: 0 }).toEqual({ ...before, due_in_seconds: 0 });
      await attempt(doIt);
      expect(await replay()).toBe(false);
      expect(await find()).toMatchObject({ ...consumed, replays: 0 });
      expect(await replayMessage(harness.pool, 'nobody', dispatch.message.id)).toBe(false);
    });

    it('whose effect had happened is consumed by its replay, and the effect is there once', async () => {
      const thenFail = async (message: Message) => {
        await doIt(message);
        throw new TollgateError('consumer_refused', 'after the effect');
      };
      await attempt(thenFail);
      expect(await find()).toMatchObject({ status: 'dead' });
      await replay();
      await attempt(doIt, (await sendTo('mails'))[0]);
      expect(await find()).toMatchObject(consumed);
      expect(await effects()).toBe(1);
    });

    it('that is sent through again is not killed by a report of before', async () => {
      const final = { ...FAILED, isFinal: true };
      await settle(harness.settling, outcomeOf(final));
      await replay();
      await settle(harness.settling, outcomeOf(final)); // of the same job, which came twice
      expect(await find()).toMatchObject({ ...pending, attempts: 0 });
    });
  });

  // Otherwise it would be sent for ever, and nobody would ever hear of it.
  it('of a message that is not as the contract says is a dead letter', async () => {
    await database.query(`update outbox set subject = ''`);
    await database.query('update dispatches set due_at = now()');
    const [unreadable] = await sendTo('mails');
    await attempt(doIt, unreadable);
    expect(await find()).toMatchObject({ status: 'dead', reason: 'message_unreadable' });
  });
});

describeBackends((backend) => {
  let database: TestDatabase;
  let queue: QueueControl;

  beforeAll(async () => {
    database = await createTestDatabase();
    await createEffects(database);
    queue = await (backend.name === 'redis' ? redisQueue() : postgresQueue(database));
  });

  afterAll(async () => {
    await queue.remove();
    await database.drop();
  });

  describe('consumers', () => {
    const MESSAGES = 40;
    let harness: MessageHarness;

    beforeEach(async () => {
      await database.query('truncate outbox, dispatches, consumed_messages, consumers, effects');
      await queue.empty();
      harness = new MessageHarness(
        messageBacking(database.url, queue.redisUrl, 'tollgate_queues'),
        { attemptsMax: ATTEMPTS_MAX },
      );
    });

    afterEach(() => harness.close());

    const relayTo = (...consumers: string[]) =>
      harness.startRelay(consumers.map((consumer) => harness.recipient(consumer)));

    it('go on when one of them always fails with one message, until it is mended', async () => {
      const ids = await tell(database, MESSAGES);
      const poison = ids[7]!;
      let isMended = false;
      const toy = effectConsumer(harness.pool, 'picky');
      harness.startConsumer({
        ...toy,
        consume: (message) =>
          message.id === poison && !isMended
            ? Promise.reject(new Error('I choke on this'))
            : toy.consume(message),
      });
      harness.startConsumer(effectConsumer(harness.pool, 'calm'));
      relayTo('picky', 'calm');

      await eventually(async () => {
        expect(await findDispatches(database, 'picky', poison)).toMatchObject([
          { status: 'dead', reason: 'consumer_failed', attempts: ATTEMPTS_MAX },
        ]);
        expect(await countEffects(database)).toEqual([
          { consumer: 'calm', effects: MESSAGES, messages: MESSAGES },
          { consumer: 'picky', effects: MESSAGES - 1, messages: MESSAGES - 1 },
        ]);
      }, PATIENCE);
      const [letter] = await findDispatches(database, 'picky', poison);
      expect(letter!.attempt_errors).toMatchObject(
        [1, 2, 3].map((attempt) => ({ attempt, message: 'I choke on this' })),
      );

      isMended = true;
      const clicks = Array.from({ length: 20 }, () => replayMessage(harness.pool, 'picky', poison));
      expect((await Promise.all(clicks)).filter((isReplayed) => isReplayed)).toHaveLength(1);
      await eventually(() => expectAllOnce(database, ['calm', 'picky'], MESSAGES), PATIENCE);
    });

    it('do everything once although the first report of each message gets lost', async () => {
      await tell(database, MESSAGES);
      const reported = new Set<string>();
      const { settle: settleOf } = harness.consumeContext(effectConsumer(harness.pool, 'mails'));
      harness.startConsumer(effectConsumer(harness.pool, 'mails'), {
        settle: (outcome) => {
          if (reported.has(outcome.messageId)) return settleOf(outcome);
          reported.add(outcome.messageId);
          return Promise.reject(new Error('the database is away'));
        },
      });
      relayTo('mails');
      await eventually(() => expectAllOnce(database, ['mails'], MESSAGES), PATIENCE);
      expect(reported.size).toBe(MESSAGES);
    });

    it('go on after a job that is none of ours', async () => {
      harness.startConsumer(effectConsumer(harness.pool, 'mails'), { concurrency: 1 });
      const recipient = harness.recipient('mails');
      const producer = harness.producer('mails');
      await eventually(() => producer.add({ ids: ['what is this?'] }), PATIENCE);
      await tell(database, 3);
      harness.startRelay([recipient]);
      await eventually(() => expectAllOnce(database, ['mails'], 3), PATIENCE);
      await eventually(async () => expect(await recipient.queue.waiting()).toBe(0));
    });
  });

  describe('a consumer outside', () => {
    const NAME = 'warehouse';
    const MESSAGES = 20;
    /** The service that tells. */
    let harness: MessageHarness;

    beforeEach(async () => {
      await database.query('truncate outbox, dispatches, consumed_messages, consumers, effects');
      await queue.empty();
      harness = new MessageHarness(
        messageBacking(database.url, queue.redisUrl, 'tollgate_queues'),
        { attemptsMax: ATTEMPTS_MAX },
      );
    });

    afterEach(() => harness.close());

    /** As it is written in another service. */
    function startOutside(
      consume: StartConsumerOptions['consume'],
      given: Partial<StartConsumerOptions> = {},
    ): void {
      const { databaseUrl, redisUrl } = harness.backing;
      const where = redisUrl === undefined ? { databaseUrl } : { redisUrl };
      const outside = startConsumer({ name: NAME, ...where, consume, ...given });
      harness.onClose(() => outside.close());
    }

    const doIt = (message: Message) => effectConsumer(harness.pool, NAME).consume(message);
    const relayTo = (...consumers: string[]) =>
      harness.startRelay(consumers.map((consumer) => harness.recipient(consumer)));

    it('does each message once, and reports it over a queue', async () => {
      await tell(database, MESSAGES);
      startOutside(doIt);
      harness.startOutcomes([NAME]);
      relayTo(NAME);
      await eventually(() => expectAllOnce(database, [NAME], MESSAGES), PATIENCE);
      expect(harness.reports.filter(({ result }) => result !== 'consumed')).toEqual([]);
    });

    it('has its attempts counted, its dead letters kept, and its wish to be asked later heard', async () => {
      const [failing, late, fine] = await tell(database, 3);
      const tries = new Map<string, number>();
      startOutside((message) => {
        const count = (tries.get(message.id) ?? 0) + 1;
        tries.set(message.id, count);
        if (message.id === failing) throw new Error('no such shelf');
        if (message.id === late && count < 3) throw new NotNow('stocktaking', 0);
        return doIt(message);
      });
      harness.startOutcomes([NAME]);
      relayTo(NAME);
      await eventually(async () => {
        expect(await findDispatches(database, NAME, failing)).toMatchObject([
          { status: 'dead', reason: 'consumer_failed', attempts: ATTEMPTS_MAX },
        ]);
        for (const id of [late, fine]) {
          expect(await findDispatches(database, NAME, id)).toMatchObject([
            { ...consumed, attempts: 0, attempt_errors: [] },
          ]);
        }
      }, PATIENCE);
      const [letter] = await findDispatches(database, NAME, failing);
      expect(letter!.attempt_errors).toMatchObject(
        [1, 2, 3].map((attempt) => ({ attempt, message: 'no such shelf' })),
      );
      expect(tries.get(late!)).toBeGreaterThanOrEqual(3);
      expect(await countEffects(database)).toEqual([{ consumer: NAME, effects: 2, messages: 2 }]);
    });

    it('cannot report for somebody else', async () => {
      await tell(database, 1);
      const ours = harness.recipient('invoices');
      await eventually(async () => {
        await relayPass(harness.relayContext([ours]));
        expect(await ours.queue.waiting()).toBeGreaterThan(0);
      }, PATIENCE);
      const [before] = await findDispatches(database, 'invoices');
      const outcomes = harness.backend.producer(QUEUES.outcomes);
      harness.onClose(() => outcomes.close());
      const messageId = before!.message_id;
      const report = { messageId, attempts: 0, verdict: { result: 'consumed' } };
      await eventually(() => outcomes.add({ ...report, consumer: 'invoices' }), PATIENCE);
      await outcomes.add('no outcome at all');
      await outcomes.add({ ...report, consumer: 'nobody' });

      // They are heard one after the other: what is settled last was reported after those.
      harness.startOutcomes([NAME]);
      startOutside(doIt);
      await tell(database, 1);
      relayTo(NAME);
      await eventually(async () => {
        expect(await findDispatches(database, NAME)).toMatchObject([consumed]);
        expect(await outcomes.waiting()).toBe(0);
      }, PATIENCE);
      expect(await findDispatches(database, 'invoices')).toMatchObject([pending, pending]);
      expect(await findDispatches(database, 'nobody')).toEqual([]);
      expect(harness.reports).toMatchObject([{ consumer: NAME, result: 'consumed' }]);
    });

    it('is sent a message again when its report gets lost', async () => {
      await tell(database, MESSAGES);
      startOutside(doIt);
      const relay = relayTo(NAME);
      await eventually(async () => {
        expect(await countEffects(database)).toEqual([
          { consumer: NAME, effects: MESSAGES, messages: MESSAGES },
        ]);
      }, PATIENCE);
      await relay.stop();
      await queue.empty();
      const dispatches = await findDispatches(database, NAME);
      expect(dispatches.filter(({ status }) => status !== 'pending')).toEqual([]);

      harness.startOutcomes([NAME]);
      relayTo(NAME);
      await eventually(() => expectAllOnce(database, [NAME], MESSAGES), PATIENCE);
    });

    it('has errors recorded that no row and no job can hold as they are', async () => {
      const [first] = await tell(database, 2);
      startOutside(({ id }) => {
        throw new Error(id === first ? 'found \u0000 in the answer' : `${'x'.repeat(499)}😀`);
      });
      harness.startOutcomes([NAME]);
      relayTo(NAME);
      await eventually(
        async () => {
          const letters = await findDispatches(database, NAME);
          expect(letters.map(({ status }) => status)).toEqual(['dead', 'dead']);
        },
        { timeoutMs: 4000 },
      );
    });
  });
});

it('says what a consumer outside is missing', () => {
  const consume = () => Promise.resolve();
  expect(() => startConsumer({ name: 'warehouse', consume })).toThrow(
    'startConsumer needs the redisUrl or the databaseUrl of the queues',
  );
});
