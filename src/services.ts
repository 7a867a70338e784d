import {
  createReplaying,
  createRetention,
  createRingContext,
  createSweeping,
  createWorker,
  watchBacklog,
} from './applying.js';
import { createCommands, type Commands } from './commands.js';
import { milliseconds, type Config } from './config/config.js';
import { openDatabase, type Database } from './database/database.js';
import type { InboxWorker } from './inbox/inbox.processor.js';
import { EventReceiver } from './inbox/receive-event.js';
import { RedeliveryCounter } from './inbox/redeliveries.js';
import type { Loop } from './loop.js';
import { createMessaging, type Messaging } from './messaging.js';
import { configureProviders } from './providers/configure-providers.js';
import type { PaymentProvider } from './providers/provider.js';
import { Doorbell, type RingResult } from './queues/doorbell.js';
import { postgresBackend, redisBackend, type QueueBackend } from './queues/queue-backend.js';
import { QueueWatch } from './queues/queue-watch.js';
import { QUEUES } from './queues/queues.js';
import type { Logger } from './telemetry/logger.js';
import { createMetrics, type Metrics } from './telemetry/metrics.js';

/** Everything one process is made of, wired by hand and in one place. */
export interface Services {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly database: Database;
  readonly providers: ReadonlyMap<string, PaymentProvider>;
  readonly doorbell: Doorbell;
  readonly receiver: EventReceiver;
  readonly commands: Commands;
  readonly messaging: Messaging;
  /** For people who want to know what stands in the queues. */
  readonly queues: QueueWatch;
  /** Sends through again what people chose, part by part. */
  readonly replaying: Pick<Loop, 'wake'>;
  /** Starts the worker's loops; nothing is worked on before. */
  startWorking(): void;
  /** Lets work under way finish, within the bound of `DRAIN_SECONDS`, and closes everything. */
  close(): Promise<void>;
}

/** @param databaseUrl of a database that is migrated */
export async function createServices(
  config: Config,
  databaseUrl: string,
  logger: Logger,
): Promise<Services> {
  const metrics = createMetrics();
  const onError = (source: string) => (error: unknown) => {
    logger.warn({ error, source }, 'trouble that passes by itself');
  };
  const database = await openDatabase(databaseUrl, config, onError('postgres'));
  const providers = configureProviders(config, (provider, call, result, seconds) => {
    metrics.providerSeconds.observe({ provider, call, result }, seconds);
  });
  // Queues in PostgreSQL listen, which needs a session of their own: they go past a pooler.
  const directUrl = config.DATABASE_DIRECT_URL ?? databaseUrl;
  const backend = createBackend(config, directUrl, onError('queue'));
  let worker: InboxWorker | null = null;
  const onRing = (result: RingResult, events: number) => {
    metrics.rings.inc({ result });
    metrics.rungEvents.inc({ result }, events);
    if (result === 'failed') logger.warn({ events }, 'the queue did not take a ring');
  };
  const isBehind = () => worker?.isBehind ?? false;
  const doorbell = new Doorbell(backend.producer(QUEUES.inbox), onRing, isBehind);
  const redeliveries = new RedeliveryCounter(database.ingest, {
    conflict: (conflict) => {
      metrics.conflicts.inc(conflict.deliveries);
      logger.error(conflict, 'an event id came with another content');
    },
    dropped: () => {
      metrics.uncounted.inc();
    },
    failed: onError('redeliveries'),
  });
  const receiver = createReceiver(config, database, doorbell, redeliveries, metrics);
  const ring = createRingContext(config, database, providers, metrics, logger);
  const parts = { config, database, providers, ring, metrics, logger };
  const commands = createCommands(parts, onError('commands'));
  const sweeping = createSweeping(config, database, doorbell, onError('sweeper'));
  const messaging = createMessaging(
    { config, database, backend, metrics, logger },
    onError('messaging'),
  );
  const replaying = createReplaying(
    config,
    database,
    doorbell,
    messaging,
    logger,
    onError('replays'),
  );
  const retention = createRetention(config, database, logger, onError('payloads'));
  const loops = [sweeping, replaying, retention, ...commands.loops];
  watchBacklog(metrics, database);

  const queues = new QueueWatch(backend);

  return {
    config,
    logger,
    metrics,
    database,
    providers,
    doorbell,
    receiver,
    commands,
    messaging,
    queues,
    replaying,
    startWorking() {
      const onTold = () => {
        messaging.wake();
      };
      worker = createWorker(config, backend, ring, metrics, logger, onTold);
      void worker.run().catch(onError('worker'));
      for (const loop of loops) loop.start();
      messaging.start();
    },
    async close() {
      await within(config.DRAIN_SECONDS, logger, 'drain', async () => {
        await receiver.drained();
        const stopped = loops.map((loop) => loop.stop());
        const work = [worker?.close(), messaging.stop()];
        await Promise.all([...stopped, ...work]);
        await redeliveries.close(); // no worker of ours holds a row of them any more
      });
      await within(2, logger, 'close', async () => {
        // What still hangs is left behind; it must not keep the others from closing.
        const closed = [doorbell.close(), messaging.close(), queues.close(), database.close()];
        await Promise.allSettled(closed);
      });
    },
  };
}

function createBackend(
  { REDIS_URL, QUEUE_PREFIX }: Config,
  databaseUrl: string,
  onError: (error: unknown) => void,
): QueueBackend {
  return REDIS_URL === undefined
    ? postgresBackend(databaseUrl, QUEUE_PREFIX, onError)
    : redisBackend(REDIS_URL, QUEUE_PREFIX, onError);
}

function createReceiver(
  config: Config,
  database: Database,
  doorbell: Doorbell,
  redeliveries: RedeliveryCounter,
  metrics: Metrics,
): EventReceiver {
  return new EventReceiver(
    database.ingest,
    {
      rowsMax: config.FLUSH_ROWS_MAX,
      bytesMax: config.FLUSH_BYTES_MAX,
      flushesMax: config.FLUSHES_MAX,
      waitingEventsMax: config.ADMISSION_EVENTS_MAX,
      waitingBytesMax: config.ADMISSION_BYTES_MAX,
      graceSeconds: config.RING_GRACE_SECONDS,
    },
    {
      recorded: (ids) => {
        doorbell.tell(ids);
      },
      redelivered: (redelivery) => {
        redeliveries.note(redelivery);
      },
      flushed: (rows, seconds) => {
        metrics.flushRows.observe(rows);
        metrics.flushSeconds.observe(seconds);
      },
    },
  );
}

/** Runs one step of a shutdown; what does not finish in time is said and left behind. */
async function within(
  seconds: number,
  logger: Logger,
  step: string,
  work: () => Promise<void>,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, milliseconds(seconds), 'late');
  });
  try {
    const result = await Promise.race([work(), timeUp]);
    if (result === 'late') logger.error({ step, seconds }, 'a step of the shutdown took too long');
  } catch (error) {
    logger.error({ step, error }, 'a step of the shutdown failed');
  } finally {
    clearTimeout(timer);
  }
}
