import type { Worker } from 'bullmq';
import { createCommands, type Commands } from './commands.js';
import { milliseconds, type Config } from './config/config.js';
import { openDatabase, type Database } from './database/database.js';
import { createInboxWorker } from './inbox/inbox.processor.js';
import { measureBacklog } from './inbox/ring.queries.js';
import { fetchEvent } from './inbox/fetch-event.js';
import { InboxSweeper } from './inbox/inbox.sweeper.js';
import type { AttemptReport, RingContext } from './inbox/process-ring.js';
import { EventReceiver } from './inbox/receive-event.js';
import { RedeliveryCounter } from './inbox/redeliveries.js';
import { Loop } from './loop.js';
import { runReplayOnce, type ReplayContext } from './ops/replays/run-replays.js';
import { createMessaging, type Messaging } from './messaging.js';
import { countOpenReviews } from './payments/review.queries.js';
import { configureProviders } from './providers/configure-providers.js';
import type { PaymentProvider } from './providers/provider.js';
import { Doorbell } from './queues/doorbell.js';
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

/** Pause between two looks for a part of a replay that is due. */
const REPLAY_INTERVAL_MS = 250;

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
  const backend = createBackend(config, databaseUrl, onError('queue'));
  const doorbell = new Doorbell(backend.producer(QUEUES.inbox), (result, events) => {
    metrics.rings.inc({ result });
    metrics.rungEvents.inc({ result }, events);
    if (result === 'failed') logger.warn({ events }, 'the queue did not take a ring');
  });
  const redeliveries = new RedeliveryCounter(database.ingest, {
    conflicts: (count) => {
      metrics.conflicts.inc(count);
      logger.error({ count }, 'an event id came with another content');
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
  const loops = [sweeping, replaying, ...commands.loops];
  watchBacklog(metrics, database);

  const queues = new QueueWatch(backend);

  let worker: Worker | null = null;
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
        await Promise.all([redeliveries.drained(), ...stopped, ...work]);
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

/** A look that found as much as one may is followed by another at once. */
function createSweeping(
  config: Config,
  database: Database,
  doorbell: Doorbell,
  onError: (error: unknown) => void,
): Loop {
  const sweeper = new InboxSweeper(database.work, doorbell, {
    eventsMax: config.SWEEP_EVENTS_MAX,
    ringEventsMax: config.RING_EVENTS_MAX,
    ringBytesMax: config.FLUSH_BYTES_MAX,
    graceSeconds: config.RING_GRACE_SECONDS,
  });
  return new Loop(
    async () => ((await sweeper.runOnce()) >= config.SWEEP_EVENTS_MAX ? 'more' : 'done'),
    milliseconds(config.SWEEP_INTERVAL_SECONDS),
    onError,
  );
}

function createReplaying(
  config: Config,
  database: Database,
  doorbell: Doorbell,
  messaging: Messaging,
  logger: Logger,
  onError: (error: unknown) => void,
): Loop {
  const context: ReplayContext = {
    pool: database.work,
    graceSeconds: config.RING_GRACE_SECONDS,
    ring: (ids) => doorbell.ring(ids),
    wakeRelay: () => {
      messaging.wake();
    },
    report: ({ replayId, target, action, done, skipped }) => {
      logger.info({ replayId, target, action, done, skipped }, 'part of a replay');
    },
  };
  return new Loop(() => runReplayOnce(context), REPLAY_INTERVAL_MS, onError);
}

function createRingContext(
  config: Config,
  database: Database,
  providers: ReadonlyMap<string, PaymentProvider>,
  metrics: Metrics,
  logger: Logger,
): RingContext {
  const context: RingContext = {
    pool: database.work,
    providers,
    fetch: (event) => fetchEvent(context, event),
    attemptsMax: config.ATTEMPTS_MAX,
    backoff: {
      baseSeconds: config.BACKOFF_BASE_SECONDS,
      factor: config.BACKOFF_FACTOR,
      capSeconds: config.BACKOFF_CAP_SECONDS,
    },
    report: (report) => {
      reportAttempt(metrics, logger, report);
    },
  };
  return context;
}

function createWorker(
  config: Config,
  backend: QueueBackend,
  context: RingContext,
  metrics: Metrics,
  logger: Logger,
  onApplied: () => void,
): Worker {
  const limits = {
    concurrency: config.WORKER_CONCURRENCY,
    lockSeconds: config.WORKER_LOCK_SECONDS,
  };
  return createInboxWorker(backend, context, limits, (named, taken, seconds) => {
    metrics.ringEvents.observe(taken);
    metrics.ringSeconds.observe(seconds);
    if (taken > 0) onApplied();
    logger.info({ named, taken, seconds }, 'ring');
  });
}

function reportAttempt(metrics: Metrics, logger: Logger, report: AttemptReport): void {
  const { provider, outcome, reason, lagSeconds } = report;
  metrics.outcomes.inc({ provider, outcome, reason: reason ?? '' });
  if (outcome !== 'retry') metrics.applyLagSeconds.observe({ provider }, lagSeconds);
  if (reason === 'transition_impossible') metrics.impossible.inc();
  logger[outcome === 'retry' || outcome === 'dead' ? 'warn' : 'info'](report, 'attempt');
}

/** The backlog is counted when somebody asks for the metrics, never on a timer. */
function watchBacklog(metrics: Metrics, database: Database): void {
  metrics.measure.push(async () => {
    // Not a number, when nobody could count: an alarm must not see yesterday's figure.
    const unknown = { received: NaN, dead: NaN, oldestSeconds: NaN };
    const counted = await measureBacklog(database.ingest).catch(() => unknown);
    metrics.backlog.set(counted.received);
    metrics.backlogOldestSeconds.set(counted.oldestSeconds);
    metrics.deadLetters.set(counted.dead);
    const undecided = { open: NaN, oldestSeconds: NaN };
    const reviews = await countOpenReviews(database.ingest).catch(() => undecided);
    metrics.reviewsOpen.set(reviews.open);
    metrics.reviewsOldestSeconds.set(reviews.oldestSeconds);
  });
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
