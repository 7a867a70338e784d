import {
  PostgresConnection,
  PostgresQueueBackend,
  quoteSchemaName,
  type BackendFactory,
  type PgPool,
} from 'bullmq';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { BreakableClient } from '../database/breakable-client.js';

/** The connections of one queue or worker. */
export interface QueueConnections {
  readonly databaseUrl: string;
  /** Schema of BullMQ's tables; it must be migrated. */
  readonly schema: string;
  readonly max: number;
  /** A statement that has no answer by then has failed, and its connection is closed. */
  readonly statementTimeoutMs: number;
}

const CONNECT_TIMEOUT_MS = 2000;
/** Silence after which TCP asks whether the other side of a connection is still there. */
const KEEP_ALIVE_MS = 10_000;
const PAUSE_AFTER_FAILURE_MS = 250;

/**
 * BullMQ's backend on PostgreSQL, in which a connection may break at any moment: a break neither
 * ends the process nor keeps the worker from looking for jobs.
 */
export function postgresQueue(connections: QueueConnections): BackendFactory<PostgresQueueBackend> {
  return (name, options) => {
    const connection = new QueueConnection(openPool(connections));
    return new PatientBackend(connection, name, { ...options, connection: connection.pool });
  };
}

function openPool({ databaseUrl, schema, max, statementTimeoutMs }: QueueConnections): pg.Pool {
  return new pg.Pool({
    Client: BreakableClient,
    connectionString: databaseUrl,
    application_name: 'tollgate-queue',
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: statementTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    options: `-c search_path=${quoteSchemaName(schema)}`, // BullMQ's statements name no schema
  });
}

/** Takes all connections from a pool of ours, also the one that listens for new jobs. */
class QueueConnection extends PostgresConnection {
  private listener: object | null = null;

  constructor(private readonly ownPool: pg.Pool) {
    super(ownPool as unknown as PgPool); // which it is; only its events are typed differently
  }

  /**
   * The schema is migrated before anything starts. BullMQ would look at it once more, and never
   * again when it could not.
   */
  override waitUntilReady(): Promise<void> {
    return Promise.resolve();
  }

  /**
   * A connection that is new listens before anybody waits for it. BullMQ itself may believe that it
   * does, when the last one broke just after it had begun to.
   */
  override async getListenClient() {
    const client = await super.getListenClient();
    if (client !== this.listener) await client.query('listen bullmq_jobs');
    this.listener = client;
    return client;
  }

  override async close(): Promise<void> {
    try {
      await super.close();
    } finally {
      if (!this.ownPool.ending) await this.ownPool.end();
    }
  }
}

/** Looks for jobs when it cannot wait for them. */
class PatientBackend extends PostgresQueueBackend {
  /** After a wait that failed, BullMQ would not look again before a notification, or for an hour. */
  override async waitForJob(seconds: number) {
    try {
      return await super.waitForJob(seconds);
    } catch (error) {
      this.emit('error', error);
      await delay(PAUSE_AFTER_FAILURE_MS);
      return null; // as if the time were over
    }
  }
}
