import 'reflect-metadata';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ConfigError,
  loadConfig,
  milliseconds,
  summarizeConfig,
  type Config,
} from './config/config.js';
import { findDurabilityProblems, waitForDatabase } from './database/database.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './database/embedded-postgres.js';
import { migrate } from './database/migrate.js';
import { findMissingLimits } from './database/pooled-client.js';
import { armFailPoints } from './fail-points.js';
import { createHttpServer, endConnections, listen } from './http-server.js';
import { Loop } from './loop.js';
import { Sampler } from './ops/overview/sampler.js';
import { Readiness } from './ops/readiness.js';
import { API_KEY_PREFIXES, SECRET_PREFIXES } from './providers/providers.js';
import { createServices, type Services } from './services.js';
import { createLogger, type Logger } from './telemetry/logger.js';
import { welcome } from './welcome.js';

/** Everything that was started, to be stopped in the opposite order. */
interface Running {
  readonly app: NestFastifyApplication;
  readonly services: Services;
  readonly sampling: Sampling;
  readonly embedded: EmbeddedPostgres | null;
}

/** Ctrl-C reaches us twice under npm: from the terminal and from npm. That is one wish. */
const SAME_WISH_MS = 1000;
/** What a shutdown may take beyond draining; then the process just ends. */
const EXIT_MARGIN_SECONDS = 8;

async function main(): Promise<void> {
  const config = loadConfig(SECRET_PREFIXES, API_KEY_PREFIXES);
  const logger = createLogger(config.LOG_LEVEL);
  armFailPoints(config.FAILPOINTS);
  logger.info({ config: summarizeConfig(config) }, 'starting');
  endOnDefect(logger);
  const starting = start(config, logger);
  stopOnSignal(config, logger, starting);
  await starting;
}

/** @throws when PostgreSQL cannot be reached, migrated or trusted, or the port is taken */
async function start(config: Config, logger: Logger): Promise<Running> {
  let embedded: EmbeddedPostgres | null = null;
  let services: Services | null = null;
  try {
    if (config.DATABASE_URL === undefined) {
      const log = (message: string) => {
        logger.info({ source: 'embedded-postgres' }, message);
      };
      embedded = await startEmbeddedPostgres({
        dataDir: config.DATA_DIR,
        log,
        reservedPort: config.PORT,
      });
    }
    const databaseUrl = config.DATABASE_URL ?? embedded?.url ?? '';
    await prepareDatabase(config, databaseUrl, logger);
    services = await createServices(config, databaseUrl, logger);
    const app = await createHttpServer(services);
    const url = await listen(app, config);
    if (config.ROLES.includes('worker')) services.startWorking();
    const sampling = startSampling(services);
    logger.info({ url, roles: config.ROLES }, 'ready');
    if (config.embedded) process.stdout.write(welcome(config, url, databaseUrl));
    return { app, services, sampling, embedded };
  } catch (error) {
    await services?.close();
    await embedded?.stop();
    throw error;
  }
}

/** What counts what this process does, in every role. */
interface Sampling {
  /** Writes down what was counted last. Never rejects. */
  stop(): Promise<void>;
}

function startSampling({ config, logger, metrics, database }: Services): Sampling {
  const sampler = new Sampler({ metrics, pool: database.command, config });
  const onError = (error: unknown) => {
    logger.warn({ error, source: 'sampler' }, 'trouble that passes by itself');
  };
  const loop = new Loop(
    () => sampler.runOnce(),
    milliseconds(config.SAMPLE_INTERVAL_SECONDS),
    onError,
  );
  loop.start();
  return {
    async stop() {
      await loop.stop();
      await sampler.runOnce().catch(onError);
    },
  };
}

/** Past a pooler, where there is one: migrations need a session of their own. */
async function prepareDatabase(config: Config, databaseUrl: string, logger: Logger): Promise<void> {
  const directUrl = config.DATABASE_DIRECT_URL ?? databaseUrl;
  for (const url of new Set([directUrl, databaseUrl])) {
    await waitForDatabase(url, config.DATABASE_WAIT_SECONDS, (error) => {
      logger.warn({ error, isPooler: url !== directUrl }, 'waiting for PostgreSQL');
    });
  }
  const problems = await findDurabilityProblems(databaseUrl);
  if (problems.length > 0) {
    if (config.NODE_ENV === 'production') throw new ConfigError(problems);
    logger.warn({ problems }, 'the database does not commit durably');
  }
  if (directUrl !== databaseUrl) await insistOnLimits(config, databaseUrl, logger);
  const migrations = await migrate(directUrl, {
    queueSchema: config.QUEUE_PREFIX,
    onWait: (wait) => {
      logger.warn(wait, 'waiting to migrate');
    },
  });
  logger.info({ migrations }, 'migrated');
}

async function insistOnLimits(config: Config, databaseUrl: string, logger: Logger): Promise<void> {
  const problems = await findMissingLimits(databaseUrl);
  if (problems.length === 0) return;
  if (config.NODE_ENV === 'production') throw new ConfigError(problems);
  logger.warn({ problems }, 'a statement behind the pooler may wait for ever');
}

/** Not ready, close the door, finish what is under way, let go: in this order. */
async function stop(
  { app, services, sampling, embedded }: Running,
  readyDelayMs: number,
): Promise<void> {
  app.get(Readiness).shutDown();
  endConnections(app);
  await delay(readyDelayMs);
  await app.close();
  await sampling.stop();
  await services.close();
  await embedded?.stop();
}

function stopOnSignal(config: Config, logger: Logger, starting: Promise<Running>): void {
  let firstSignalAtMs: number | null = null;
  let isStarted = false;
  void starting.then(
    () => (isStarted = true),
    () => undefined,
  );
  const onSignal = (signal: NodeJS.Signals) => {
    if (firstSignalAtMs !== null) {
      if (Date.now() - firstSignalAtMs > SAME_WISH_MS) process.exit(1);
      return;
    }
    firstSignalAtMs = Date.now();
    logger.info({ signal }, 'stopping');
    // Who waits for a PostgreSQL of somebody else has nothing yet that would have to be stopped.
    if (!isStarted && !config.embedded) exitWhenFlushed(logger, 0);
    // Who presses Ctrl-C waits for it, and nobody is sent to a process that only works.
    const isAwaited = signal === 'SIGTERM' && config.ROLES.includes('api');
    const readyDelayMs = isAwaited ? config.READY_DELAY_MS : 0;
    const timeLimitMs = milliseconds(config.DRAIN_SECONDS + EXIT_MARGIN_SECONDS);
    setTimeout(() => process.exit(1), timeLimitMs + readyDelayMs).unref();
    void starting
      .then((running) => stop(running, readyDelayMs))
      .then(
        () => {
          logger.info('stopped');
          exitWhenFlushed(logger, 0);
        },
        (error: unknown) => {
          logger.error({ error }, 'the shutdown failed');
          exitWhenFlushed(logger, 1);
        },
      );
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}

/** A defect leaves a process in a state that nobody knows: say so and end; the rows stay due. */
function endOnDefect(logger: Logger): void {
  const onDefect = (error: unknown) => {
    logger.fatal({ error }, 'defect');
    exitWhenFlushed(logger, 1);
  };
  process.on('uncaughtException', onDefect);
  process.on('unhandledRejection', onDefect);
}

function exitWhenFlushed(logger: Logger, code: number): void {
  logger.flush(() => process.exit(code));
  setTimeout(() => process.exit(code), 500).unref();
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`Tollgate cannot start: ${message}\n`);
  process.exit(1);
});
