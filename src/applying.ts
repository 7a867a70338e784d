import { milliseconds, type Config } from './config/config.js';
import type { Database } from './database/database.js';
import { readDatabaseClock } from './inbox/body-partition.queries.js';
import { fetchEvent } from './inbox/fetch-event.js';
import { createInboxWorker, type InboxWorker } from './inbox/inbox.processor.js';
import { InboxSweeper } from './inbox/inbox.sweeper.js';
import type { AttemptReport, RingContext } from './inbox/process-ring.js';
import type { WatchContext } from './inbox/process-watched.js';
import { bodyRetention, measureBodies } from './inbox/retain-bodies.js';
import { measureBacklog } from './inbox/ring.queries.js';
import { Loop } from './loop.js';
import type { Messaging } from './messaging.js';
import { runReplayOnce, type ReplayContext } from './ops/replays/run-replays.js';
import { countOpenReviews } from './payments/review.queries.js';
import type { PaymentProvider } from './providers/provider.js';
import type { Doorbell } from './queues/doorbell.js';
import type { QueueBackend } from './queues/queue-backend.js';
import { logWritten, type Logger } from './telemetry/logger.js';
import type { Metrics } from './telemetry/metrics.js';

/** Pause between two looks for a part of a replay that is due. */
const REPLAY_INTERVAL_MS = 250;

/** Between two looks at the partitions of bodies; what had to give way is tried again then. */
const RETENTION_INTERVAL_MS = 600_000;

/** What working on rings needs, wired for this process. */
export function createRingContext(
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

/** Hears rings; not started yet. @param onApplied told when there may be something to tell others */
export function createWorker(
  config: Config,
  backend: QueueBackend,
  ring: RingContext,
  metrics: Metrics,
  logger: Logger,
  onApplied: () => void,
): InboxWorker {
  const limits = {
    batchesMax: config.WORKER_CONCURRENCY,
    eventsMax: config.RING_EVENTS_MAX,
    lockSeconds: config.WORKER_LOCK_SECONDS,
  };
  const context: WatchContext = {
    ...ring,
    graceSeconds: config.RING_GRACE_SECONDS,
    onSuspect: async (events, unended) => {
      for (const { id: inboxId, eventType } of events) {
        const line = { inboxId, eventType, unended };
        logger.warn(line, 'attempts at an event never came to an end: it is worked on alone');
      }
      await logWritten(logger);
    },
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

/** A look that found as much as one may is followed by another at once. */
export function createSweeping(
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

/** Sends through again what people chose. */
export function createReplaying(
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

/** Makes and drops the partitions of bodies; a look costs next to nothing when there is nothing. */
export function createRetention(
  config: Config,
  database: Database,
  logger: Logger,
  onError: (error: unknown) => void,
): Loop {
  const pass = bodyRetention({
    pool: database.work,
    retentionDays: config.PAYLOAD_RETENTION_DAYS,
    clock: () => readDatabaseClock(database.work),
    report: (change) => {
      logger.info(change, 'payloads');
    },
    onError,
  });
  return new Loop(pass, RETENTION_INTERVAL_MS, onError);
}

/** The backlog is counted when somebody asks for the metrics, never on a timer. */
export function watchBacklog(metrics: Metrics, database: Database): void {
  metrics.measure.push(async () => {
    // Not a number, when nobody could count: an alarm must not see yesterday's figure.
    const unknown = { received: NaN, dead: NaN, oldestSeconds: NaN };
    const counted = await measureBacklog(database.ingest).catch(() => unknown);
    metrics.backlog.set(counted.received);
    metrics.backlogOldestSeconds.set(counted.oldestSeconds);
    metrics.deadLetters.set(counted.dead);
    const unseen = { oldestSeconds: NaN, weeksAhead: NaN, stray: NaN };
    const bodies = await measureBodies(database.ingest).catch(() => unseen);
    metrics.bodiesOldestSeconds.set(bodies.oldestSeconds);
    metrics.bodyWeeksAhead.set(bodies.weeksAhead);
    metrics.bodiesStray.set(bodies.stray);
    const undecided = { open: NaN, oldestSeconds: NaN };
    const reviews = await countOpenReviews(database.ingest).catch(() => undecided);
    metrics.reviewsOpen.set(reviews.open);
    metrics.reviewsOldestSeconds.set(reviews.oldestSeconds);
  });
}
