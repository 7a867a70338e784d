import type { Worker } from 'bullmq';
import type { Pool } from 'pg';
import { milliseconds, type Config } from './config/config.js';
import type { ShippedConsumer } from './config/consumers.js';
import { asWritten } from './consumers/as-written.js';
import { createAccessConsumer } from './consumers/access/access.consumer.js';
import type { Consumer } from './consumers/consumer.js';
import { createConsumerWorker, createOutcomesWorker } from './consumers/consumer.worker.js';
import { createCrmConsumer } from './consumers/crm/crm.consumer.js';
import { createInvoicesConsumer } from './consumers/invoices/invoices.consumer.js';
import { settle, type ConsumerReport, type SettleContext } from './consumers/settle.js';
import type { Database } from './database/database.js';
import { Loop } from './loop.js';
import { countDispatches, countWaitingMessages, isWanted } from './outbox/dispatch.queries.js';
import { consumedForgetter, messageForgetter } from './outbox/forget.js';
import { keepConsumers, registerConsumers } from './outbox/outbox.queries.js';
import { toPattern } from './outbox/type-pattern.js';
import { relayOnce, type Recipient, type RelayContext } from './outbox/relay.js';
import type { Producer, QueueBackend } from './queues/queue-backend.js';
import { queueOf } from './queues/queues.js';
import type { Logger } from './telemetry/logger.js';
import type { Metrics } from './telemetry/metrics.js';

/** What tells others: the relay, and the consumers that run in this process. */
export interface Messaging {
  /** Everybody who is told, and of what. */
  readonly consumers: readonly { readonly name: string; readonly types: readonly string[] }[];
  /** There are new messages: the relay need not wait for its next look. */
  wake(): void;
  /** Starts relay, clean-up and consumers. */
  start(): void;
  /** Lets what is under way finish. */
  stop(): Promise<void>;
  /** Lets go of the queues. */
  close(): Promise<void>;
}

interface Parts {
  readonly config: Config;
  readonly database: Database;
  readonly backend: QueueBackend;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

const CLEANUP_SECONDS = 3600;
/** Well within the time after which a consumer counts as given up. */
const SAY_AGAIN_MS = 20_000;

export function createMessaging(parts: Parts, onError: (error: unknown) => void): Messaging {
  const { config, database, backend, metrics } = parts;
  const pool = database.messages;
  const shipped = createShippedConsumers(config, pool);
  const consumers = [...shipped, ...config.OUTSIDE_CONSUMERS];
  watchMessages(metrics, pool, consumers);

  const queues: Producer[] = [];
  const workers: Worker[] = [];
  const loops: Loop[] = [];
  let relaying: Loop | null = null;
  return {
    consumers,
    wake() {
      relaying?.wake();
    },
    start() {
      const recipients = consumers.map(({ name }) => {
        const queue = backend.producer(queueOf(name));
        queues.push(queue);
        return { consumer: name, queue };
      });
      const relay = createRelayContext(parts, recipients);
      const registered = consumers.map(toRegistered);
      let saidAtMs: number | null = null;
      const pass = async () => {
        // Before anything is given out: what nobody is registered for is told to nobody.
        if (saidAtMs === null) await registerConsumers(pool, registered);
        else if (Date.now() - saidAtMs > SAY_AGAIN_MS) await keepConsumers(pool, registered);
        else return relayOnce(relay);
        saidAtMs = Date.now();
        return relayOnce(relay);
      };
      const days = config.MESSAGE_RETENTION_DAYS;
      const cleanUps = [messageForgetter(pool, days), consumedForgetter(pool, days)];
      relaying = new Loop(pass, config.RELAY_INTERVAL_MS, onError);
      loops.push(relaying);
      loops.push(...cleanUps.map((one) => new Loop(one, milliseconds(CLEANUP_SECONDS), onError)));
      workers.push(...createWorkers(parts, pool, shipped, onError));
      for (const worker of workers) void worker.run().catch(onError);
      for (const loop of loops) loop.start();
    },
    async stop() {
      const stopped = loops.map((loop) => loop.stop());
      await Promise.all([...stopped, ...workers.map((worker) => worker.close())]);
    },
    async close() {
      const closed = shipped.map((consumer) => consumer.close?.());
      await Promise.allSettled([...closed, ...queues.map((queue) => queue.close())]);
    },
  };
}

function toRegistered({ name, types }: Messaging['consumers'][number]) {
  return { name, patterns: types.map(toPattern) };
}

function createRelayContext(
  { config, database, metrics, logger }: Parts,
  recipients: readonly Recipient[],
): RelayContext {
  return {
    pool: database.messages,
    recipients,
    source: config.MESSAGE_SOURCE,
    messagesMax: config.RELAY_MESSAGES_MAX,
    leaseSeconds: config.RELAY_LEASE_SECONDS,
    resendSeconds: config.RELAY_RESEND_SECONDS,
    report: (consumer, result, messages) => {
      metrics.published.inc({ consumer, result }, messages);
      if (result !== 'published') logger.warn({ consumer, messages, result }, 'relay');
    },
  };
}

type ClosableConsumer = Consumer & { close?(): Promise<void> };

function createShippedConsumers(config: Config, pool: Pool): ClosableConsumer[] {
  const make: Record<ShippedConsumer, () => ClosableConsumer> = {
    invoices: () => createInvoicesConsumer({ pool, series: config.INVOICE_SERIES }),
    access: () => createAccessConsumer({ pool }),
    crm: () =>
      createCrmConsumer({
        url: config.CRM_URL ?? '',
        secrets: config.CRM_SECRETS ?? [],
        types: config.CRM_TYPES,
        timeoutMs: config.CRM_TIMEOUT_MS,
        allowPrivate: config.CRM_ALLOW_PRIVATE,
        breakerFailures: config.CRM_BREAKER_FAILURES,
        breakerPauseMs: milliseconds(config.CRM_BREAKER_PAUSE_SECONDS),
      }),
  };
  return [...new Set(config.CONSUMERS)].map((name) => make[name]());
}

function createWorkers(
  parts: Parts,
  pool: Pool,
  shipped: readonly Consumer[],
  onError: (error: unknown) => void,
): Worker[] {
  const { config, backend, metrics, logger } = parts;
  const limits = {
    concurrency: config.CONSUMER_CONCURRENCY,
    lockSeconds: config.WORKER_LOCK_SECONDS,
  };
  const context: SettleContext = {
    pool,
    attemptsMax: config.CONSUMER_ATTEMPTS_MAX,
    backoff: {
      baseSeconds: config.BACKOFF_BASE_SECONDS,
      factor: config.BACKOFF_FACTOR,
      capSeconds: config.BACKOFF_CAP_SECONDS,
    },
    report: (report) => {
      reportOutcome(metrics, logger, report);
    },
  };
  const workers = shipped.map((consumer) =>
    createConsumerWorker(
      backend,
      {
        consumer: asWritten(consumer, pool, config.MESSAGE_SOURCE),
        isWanted: ({ message, tries }) =>
          isWanted(pool, consumer.name, { messageId: message.id, tries }),
        settle: (outcome) => settle(context, outcome),
      },
      limits,
      onError,
    ),
  );
  const outside = new Set(config.OUTSIDE_CONSUMERS.map(({ name }) => name));
  if (outside.size === 0) return workers;
  return [...workers, createOutcomesWorker(backend, context, outside, limits, onError)];
}

function reportOutcome(metrics: Metrics, logger: Logger, report: ConsumerReport): void {
  const { error, ...line } = report;
  const { consumer, result } = line;
  metrics.consumed.inc({ consumer, result });
  const told = error === null ? line : { ...line, error };
  logger[result === 'consumed' ? 'info' : 'warn'](told, 'message');
}

/** Counted when somebody asks for the metrics, never on a timer. */
function watchMessages(metrics: Metrics, pool: Pool, consumers: Messaging['consumers']): void {
  metrics.measure.push(async () => {
    // Nothing, when nobody could count: an alarm must not see yesterday's figure.
    for (const gauge of [
      metrics.messagesPending,
      metrics.messagesDead,
      metrics.messagesOldestSeconds,
    ]) {
      gauge.reset();
    }
    metrics.messagesWaiting.set(await countWaitingMessages(pool).catch(() => NaN));
    const counts = await countDispatches(pool).catch(() => null);
    if (counts === null) return;
    const nothing = { pending: 0, dead: 0, oldestSeconds: 0 };
    const silent = consumers.filter(
      ({ name }) => !counts.some(({ consumer }) => consumer === name),
    );
    const all = [...counts, ...silent.map(({ name }) => ({ consumer: name, ...nothing }))];
    for (const { consumer, pending, dead, oldestSeconds } of all) {
      metrics.messagesPending.set({ consumer }, pending);
      metrics.messagesDead.set({ consumer }, dead);
      metrics.messagesOldestSeconds.set({ consumer }, oldestSeconds);
    }
  });
}
