import pg from 'pg';
import { consumeOnce } from '../../src/consumers/consume-once.js';
import type { ConsumeContext } from '../../src/consumers/consume-dispatch.js';
import { createConsumerWorker, createOutcomesWorker } from '../../src/consumers/consumer.worker.js';
import type { Consumer } from '../../src/consumers/consumer.js';
import { settle, type ConsumerReport, type SettleContext } from '../../src/consumers/settle.js';
import { BreakableClient } from '../../src/database/breakable-client.js';
import { QUEUE_SCHEMA_DEFAULT } from '../../src/database/migrate.js';
import { Loop } from '../../src/loop.js';
import { isWanted } from '../../src/outbox/dispatch.queries.js';
import { registerConsumers } from '../../src/outbox/outbox.queries.js';
import { relayOnce, type Recipient, type RelayContext } from '../../src/outbox/relay.js';
import { toPattern } from '../../src/outbox/type-pattern.js';
import {
  postgresBackend,
  redisBackend,
  type Producer,
  type QueueBackend,
} from '../../src/queues/queue-backend.js';
import { queueOf } from '../../src/queues/queues.js';
import { freshQueuePrefix } from './service-environment.js';
import { directUrlOf } from './test-pooler.js';

/** Where the messages of a test are, and its queues. */
export interface MessageBacking {
  readonly databaseUrl: string;
  /** Undefined: the queues are in that database. */
  readonly redisUrl: string | undefined;
  readonly prefix: string;
  /** The way to that database for the queues, which is past a pooler. */
  readonly queueDatabaseUrl: string;
}

/** @param redisUrl undefined for queues in the database */
export function messageBacking(
  databaseUrl: string,
  redisUrl: string | undefined,
  prefix: string = redisUrl === undefined ? QUEUE_SCHEMA_DEFAULT : freshQueuePrefix(),
): MessageBacking {
  const queueDatabaseUrl = directUrlOf(databaseUrl) ?? databaseUrl;
  return { databaseUrl, redisUrl, prefix, queueDatabaseUrl };
}

const RELAY_PAUSE_MS = 25;
/** Everything that takes long in production is soon over, and never by chance. */
const RELAY_LIMITS = { messagesMax: 200, leaseSeconds: 1, resendSeconds: 1 };

/** Registers consumers for these types, all of them unless it is said. */
export function register(
  pool: pg.Pool,
  consumers: readonly string[],
  types: readonly string[] = ['*'],
): Promise<void> {
  const patterns = types.map(toPattern);
  return registerConsumers(
    pool,
    consumers.map((name) => ({ name, patterns })),
  );
}

/** A pass of a relay that knows its recipients, as one in production does from its start on. */
export async function relayPass(context: RelayContext): ReturnType<typeof relayOnce> {
  const names = context.recipients.map(({ consumer }) => consumer);
  await register(context.pool, names);
  return relayOnce(context);
}

/** Relays and consumers in the process of the test, and what they share. */
export class MessageHarness {
  readonly pool: pg.Pool;
  readonly backend: QueueBackend;
  /** What consumers came to, in order. */
  readonly reports: ConsumerReport[] = [];
  /** What was settled as. */
  readonly settling: SettleContext;
  private readonly closing: (() => Promise<unknown>)[] = [];

  constructor(
    readonly backing: MessageBacking,
    { attemptsMax = 3 }: { readonly attemptsMax?: number } = {},
  ) {
    this.pool = messagePool(backing.databaseUrl);
    this.backend = queueBackendOf(backing);
    this.settling = {
      pool: this.pool,
      attemptsMax,
      backoff: { baseSeconds: 0.01, factor: 1, capSeconds: 0.01 },
      report: (report) => this.reports.push(report),
    };
  }

  /** A queue to add to, closed with everything else. */
  producer(consumer: string): Producer {
    const producer = this.backend.producer(queueOf(consumer));
    this.closing.push(() => producer.close());
    return producer;
  }

  recipient(consumer: string): Recipient {
    return { consumer, queue: this.producer(consumer) };
  }

  relayContext(recipients: readonly Recipient[], given: Partial<RelayContext> = {}): RelayContext {
    return {
      pool: this.pool,
      recipients,
      source: '/tests',
      report: () => undefined,
      ...RELAY_LIMITS,
      ...given,
    };
  }

  /** Relays until the end of the test, or until the loop is stopped. */
  startRelay(recipients: readonly Recipient[], given: Partial<RelayContext> = {}): Loop {
    const context = this.relayContext(recipients, given);
    const loop = new Loop(
      () => relayPass(context),
      RELAY_PAUSE_MS,
      () => undefined,
    );
    loop.start();
    this.closing.push(() => loop.stop());
    return loop;
  }

  /** How a consumer of ours is run in production; a test may change a part of it. */
  consumeContext(consumer: Consumer, given: Partial<ConsumeContext> = {}): ConsumeContext {
    return {
      consumer,
      isWanted: ({ message, tries }) =>
        isWanted(this.pool, consumer.name, { messageId: message.id, tries }),
      settle: (outcome) => settle(this.settling, outcome),
      ...given,
    };
  }

  /** Runs a consumer until the end of the test. */
  startConsumer(
    consumer: Consumer,
    given: Partial<ConsumeContext> & {
      readonly concurrency?: number;
      readonly lockSeconds?: number;
    } = {},
  ): void {
    const { concurrency = 4, lockSeconds = 5, ...context } = given;
    const limits = { concurrency, lockSeconds };
    const worker = createConsumerWorker(
      this.backend,
      this.consumeContext(consumer, context),
      limits,
      () => undefined,
    );
    void worker.run();
    this.closing.push(() => worker.close());
  }

  /** Hears the reports of these consumers outside, one after the other. */
  startOutcomes(consumers: readonly string[]): void {
    const limits = { concurrency: 1, lockSeconds: 5 };
    const known = new Set(consumers);
    const worker = createOutcomesWorker(
      this.backend,
      this.settling,
      known,
      limits,
      () => undefined,
    );
    void worker.run();
    this.closing.push(() => worker.close());
  }

  /** Closes something else before the pool. */
  onClose(close: () => Promise<unknown>): void {
    this.closing.push(close);
  }

  /** Who adds to a queue stops first, then who takes from it. */
  async close(): Promise<void> {
    for (const close of this.closing.splice(0).reverse()) await close();
    await this.pool.end();
  }
}

/** A pool as the service has it. */
export function messagePool(databaseUrl: string, max = 12): pg.Pool {
  const pool = new pg.Pool({ Client: BreakableClient, connectionString: databaseUrl, max });
  pool.on('error', () => undefined);
  return pool;
}

export function queueBackendOf(backing: MessageBacking): QueueBackend {
  const { redisUrl, prefix, queueDatabaseUrl } = backing;
  const onError = () => undefined; // what goes wrong on purpose
  return redisUrl === undefined
    ? postgresBackend(queueDatabaseUrl, prefix, onError)
    : redisBackend(redisUrl, prefix, onError);
}

/** A consumer whose effect is one row for each time that it happens. */
export function effectConsumer(pool: pg.Pool, name: string): Consumer {
  return {
    name,
    types: ['*'],
    consume: async (message) => {
      await consumeOnce(pool, name, message, (tx) =>
        tx.query('insert into effects (consumer, message_id) values ($1, $2)', [name, message.id]),
      );
    },
  };
}
