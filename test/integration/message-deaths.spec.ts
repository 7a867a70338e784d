import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FailPoint } from '../../src/fail-points.js';
import { describeBackends } from '../support/describe-backends.js';
import { eventually } from '../support/eventually.js';
import {
  effectConsumer,
  messageBacking,
  MessageHarness,
  messagePool,
} from '../support/message-harness.js';
import { startMessageProcess, type MessageProcess } from '../support/message-process.js';
import { createEffects, expectAllOnce, tell } from '../support/message-rows.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const DOOMED = 'doomed';
const CONSUMERS = [DOOMED, 'neighbour'] as const;
/** More than a relay adds to a queue in one call, */
const MESSAGES = 60;
/** which is this many. */
const CHUNK = 50;
const PATIENCE = { timeoutMs: 25_000 };

type MessageFailPoint = Extract<FailPoint, `relay.${string}` | `consumer.${string}`>;

/** What a process leaves of one consumer when it dies there. */
interface Remains {
  /** Messages that wait in the queue; null: some. */
  readonly queued: number | null;
  /** Messages that are noted as sent; null: some. */
  readonly sent: number | null;
  readonly effects: number;
  readonly settled: number;
}

const DEATHS: Readonly<Record<MessageFailPoint, Remains>> = {
  'relay.fanned_out': { queued: 0, sent: 0, effects: 0, settled: 0 },
  'relay.claimed': { queued: 0, sent: 0, effects: 0, settled: 0 },
  'relay.sent': { queued: CHUNK, sent: 0, effects: 0, settled: 0 },
  'relay.marked': { queued: CHUNK, sent: CHUNK, effects: 0, settled: 0 },
  'consumer.received': { queued: null, sent: null, effects: 0, settled: 0 },
  'consumer.before_commit': { queued: null, sent: null, effects: 0, settled: 0 },
  'consumer.committed': { queued: null, sent: null, effects: 1, settled: 0 },
  'consumer.settled': { queued: null, sent: null, effects: 1, settled: 1 },
};
const POINTS = Object.keys(DEATHS) as MessageFailPoint[];

describeBackends((backend) => {
  describe('a process is killed', () => {
    interface Scene {
      readonly database: TestDatabase;
      readonly harness: MessageHarness;
      readonly process: MessageProcess;
    }
    const scenes = new Map<MessageFailPoint, Scene>();

    // They die side by side, and the leases of the first are over when the last is dead.
    beforeAll(async () => {
      const redisUrl = await backend.redisUrl();
      await Promise.all(
        POINTS.map(async (point) => {
          const database = await createTestDatabase();
          const harness = new MessageHarness(messageBacking(database.url, redisUrl));
          await createEffects(database);
          await tell(database, MESSAGES);
          const process = startMessageProcess({
            backing: harness.backing,
            relaysTo: CONSUMERS,
            // What the relay leaves in the queue is not to be taken from there at once.
            consumes: point.startsWith('relay.') ? [] : CONSUMERS,
            failPoints: [point === 'relay.fanned_out' ? point : `${point}:${DOOMED}`],
            concurrency: 1,
            lockSeconds: 1,
          });
          scenes.set(point, { database, harness, process });
        }),
      );
    });

    afterAll(async () => {
      for (const { process, harness, database } of scenes.values()) {
        await process.kill();
        await harness.close();
        await database.drop();
      }
    });

    it.each(POINTS)('at %s: another one goes on, and each effect is there once', async (point) => {
      const { database, harness, process } = scenes.get(point)!;
      expect(await process.exited).toBe('SIGKILL');
      expect(await remainsOf(database)).toMatchObject(withoutNulls(DEATHS[point]));
      const recipients = CONSUMERS.map((consumer) => harness.recipient(consumer));
      const [doomed] = recipients;
      const { queued } = DEATHS[point];
      if (queued !== null) expect(await eventually(() => doomed!.queue.waiting())).toBe(queued);

      harness.startRelay(recipients);
      for (const consumer of CONSUMERS) {
        const toy = effectConsumer(harness.pool, consumer);
        harness.startConsumer(toy, { lockSeconds: 1 });
      }
      await eventually(() => expectAllOnce(database, CONSUMERS, MESSAGES), PATIENCE);
      // What came twice is not wanted any more.
      await eventually(async () => {
        for (const { queue } of recipients) expect(await queue.waiting()).toBe(0);
      }, PATIENCE);
      await expectAllOnce(database, CONSUMERS, MESSAGES);
    });
  });

  describe('two relays and three workers at once, in three processes', () => {
    // BullMQ on PostgreSQL takes its jobs one by one, and adds them so.
    const messages = backend.name === 'redis' ? 10_000 : 1500;
    let database: TestDatabase;
    let harness: MessageHarness;
    let processes: MessageProcess[] = [];

    beforeAll(async () => {
      database = await createTestDatabase();
      harness = new MessageHarness(messageBacking(database.url, await backend.redisUrl()));
      await createEffects(database);
    });

    afterAll(async () => {
      await Promise.all(processes.map((process) => process.kill()));
      await harness.close();
      await database.drop();
    });

    it(`do each of ${messages} messages once for each consumer`, async () => {
      await tell(database, messages);
      const { backing } = harness;
      const limits = { consumes: CONSUMERS, concurrency: 8, resendSeconds: 120, leaseSeconds: 30 };
      processes = [
        startMessageProcess({ ...limits, backing, relaysTo: CONSUMERS }),
        startMessageProcess({ ...limits, backing, relaysTo: [] }),
      ];
      await Promise.all(processes.map(({ ready }) => ready));
      harness.startRelay(
        CONSUMERS.map((consumer) => harness.recipient(consumer)),
        limits,
      );
      const ownPool = messagePool(database.url);
      harness.onClose(() => ownPool.end());
      for (const consumer of CONSUMERS) {
        harness.startConsumer(effectConsumer(ownPool, consumer), { concurrency: 4 });
      }
      await eventually(() => expectAllOnce(database, CONSUMERS, messages), { timeoutMs: 90_000 });
      // All of them end by themselves when they are asked to: nothing is left open.
      const ended = await Promise.all(processes.map((process) => process.kill('SIGTERM')));
      expect(ended).toEqual([0, 0]);
      await expectAllOnce(database, CONSUMERS, messages);
    });
  });
});

async function remainsOf(database: TestDatabase): Promise<Omit<Remains, 'queued'>> {
  const [row] = await database.query<Omit<Remains, 'queued'> & { given: number }>(
    `select count(*)::int as given, count(*) filter (where sends > 0)::int as sent,
            count(*) filter (where status = 'consumed')::int as settled,
            (select count(*)::int from effects where consumer = $1) as effects
     from dispatches where consumer = $1`,
    [DOOMED],
  );
  const { given, ...remains } = row!;
  expect(given).toBe(MESSAGES);
  return remains;
}

function withoutNulls({ sent, effects, settled }: Remains): Partial<Remains> {
  return { effects, settled, ...(sent === null ? {} : { sent }) };
}
