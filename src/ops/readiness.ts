import { Inject, Injectable } from '@nestjs/common';
import type { Services } from '../services.js';
import { SERVICES } from '../tokens.js';

/** What `GET /health/ready` tells. */
export interface ReadinessReport {
  readonly status: 'ready' | 'degraded' | 'not_ready';
  readonly postgres: 'up' | 'down';
  /** `down` only degrades: events are stored, and applied when the queue is back. */
  readonly queue: 'up' | 'down';
  readonly shuttingDown: boolean;
}

/** A server that only reads, such as one that takes over too early, can acknowledge nothing. */
async function isWritable(pool: Services['database']['ingest']): Promise<boolean> {
  const { rows } = await pool.query<{ setting: string }>(
    `select current_setting('transaction_read_only') as setting`,
  );
  return rows[0]?.setting === 'off';
}

/** Whether this process should be sent traffic. */
@Injectable()
export class Readiness {
  private isShuttingDown = false;

  constructor(
    @Inject(SERVICES) private readonly services: Pick<Services, 'database' | 'doorbell'>,
  ) {}

  /** From now on the process is not ready, whatever else is up. */
  shutDown(): void {
    this.isShuttingDown = true;
  }

  async check(): Promise<ReadinessReport> {
    const { database, doorbell } = this.services;
    const [postgres, queue] = await Promise.all([
      isWritable(database.ingest).then(
        (isUp) => (isUp ? ('up' as const) : ('down' as const)),
        () => 'down' as const,
      ),
      doorbell.isReachable().then((isUp) => (isUp ? ('up' as const) : ('down' as const))),
    ]);
    const shuttingDown = this.isShuttingDown;
    if (postgres === 'down' || shuttingDown) {
      return { status: 'not_ready', postgres, queue, shuttingDown };
    }
    return { status: queue === 'up' ? 'ready' : 'degraded', postgres, queue, shuttingDown };
  }
}
