import pg from 'pg';
import { findPartitions } from '../../src/inbox/body-partition.queries.js';
import { bodyRetention, type RetentionChange } from '../../src/inbox/retain-bodies.js';
import type { TestDatabase } from './test-database.js';

const DAY_MS = 86_400_000;

/** What a worker does to the partitions of a test database, at any time that a test likes. */
export class BodyRetention {
  readonly changes: RetentionChange[] = [];
  readonly errors: unknown[] = [];
  private readonly pool: pg.Pool;

  constructor(
    private readonly database: TestDatabase,
    private readonly retentionDays = 90,
  ) {
    // Limits that are far from those with which it gives way.
    this.pool = new pg.Pool({ connectionString: database.url, max: 2, lock_timeout: 20_000 });
    this.pool.on('error', () => undefined);
  }

  /** Everything that is due in so many days, pass by pass. */
  async runIn(days: number): Promise<void> {
    const pass = bodyRetention({
      pool: this.pool,
      retentionDays: this.retentionDays,
      clock: () => Promise.resolve(Date.now() + days * DAY_MS),
      report: (change) => this.changes.push(change),
      onError: (error) => this.errors.push(error),
    });
    while ((await pass()) === 'more');
  }

  /** Names of the partitions of weeks. */
  async weeks(): Promise<string[]> {
    return (await findPartitions(this.pool)).map(({ name }) => name);
  }

  /** In which partition which body lies, by event id. */
  async places(): Promise<Record<string, string>> {
    const rows = await this.database.query<{ event_id: string; place: string }>(
      `select event_id, b.tableoid::regclass::text as place
       from inbox_bodies b join inbox on id = inbox_id`,
    );
    return Object.fromEntries(rows.map(({ event_id, place }) => [event_id, place]));
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}
