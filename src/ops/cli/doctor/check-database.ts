import { MINIMUM_POSTGRES_VERSION, RECOMMENDED_POSTGRES_VERSION } from 'bullmq';
import { BreakableClient } from '../../../database/breakable-client.js';
import { findDurabilityProblems } from '../../../database/database.js';
import { findMigrationState } from '../../../database/migration-state.js';
import { checkClock } from './check-clock.js';
import { checkQueueSchema } from './check-queue-schema.js';
import { describeError, fail, ok, skipped, warn, type Check } from './check.js';

export interface DatabaseToCheck {
  /** Null: the embedded one is wanted, and does not run. */
  readonly databaseUrl: string | null;
  /** Null: the queues are in Redis. */
  readonly queueSchema: string | null;
  readonly isProduction: boolean;
}

const CONNECT_MS_MAX = 3000;
const STATEMENT_MS_MAX = 5000;
const VERSION_UNIT = 10_000;
const AFTER_DATABASE = ['durability', 'clock', 'migrations', 'queues'];

/** The database: reachable, new enough, durable, in step with our clock and with this build. */
export async function checkDatabase(database: DatabaseToCheck): Promise<Check[]> {
  const { databaseUrl } = database;
  if (databaseUrl === null) {
    const advice = 'npm start starts it; then ask again';
    return [skipped('database', 'the embedded PostgreSQL does not run', advice)];
  }
  const client = new BreakableClient({
    connectionString: databaseUrl,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    query_timeout: STATEMENT_MS_MAX,
    application_name: 'tollgate-doctor',
  });
  try {
    await client.connect();
    return [
      await checkVersion(client),
      ...(await checkDurability(databaseUrl, database.isProduction)),
      await checkClock(client),
      ...(await checkMigrations(client)),
      ...(await checkQueueSchema(client, database.queueSchema)),
    ];
  } catch (error) {
    return [
      fail('database', describeError(error), 'see that it runs, and check DATABASE_URL'),
      ...AFTER_DATABASE.map((name) => skipped(name, 'the database cannot be asked')),
    ];
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function checkVersion(client: BreakableClient): Promise<Check> {
  const { rows } = await client.query<{ version: string; number: string; isStandby: boolean }>(
    `select current_setting('server_version') as version,
            current_setting('server_version_num') as number,
            pg_is_in_recovery() as "isStandby"`,
  );
  const { version = '?', number = '0', isStandby = false } = rows[0] ?? {};
  const found = `PostgreSQL ${version}`;
  const major = Math.floor(Number(number) / VERSION_UNIT);
  if (major < MINIMUM_POSTGRES_VERSION) {
    return fail('database', found, `${MINIMUM_POSTGRES_VERSION} is the oldest that will do`);
  }
  if (isStandby) {
    return fail('database', `${found}, a standby`, 'it cannot be written: name the primary');
  }
  if (major < RECOMMENDED_POSTGRES_VERSION) {
    return warn('database', found, `${RECOMMENDED_POSTGRES_VERSION} or newer is better`);
  }
  return ok('database', found);
}

/** Production refuses to start on a database that does not commit durably. */
async function checkDurability(databaseUrl: string, isProduction: boolean): Promise<Check[]> {
  const problems = await findDurabilityProblems(databaseUrl);
  if (problems.length === 0) {
    return [ok('durability', 'fsync, full_page_writes and synchronous_commit are on')];
  }
  const judge = isProduction ? fail : warn;
  return problems.map((problem) =>
    judge('durability', problem, 'set it to on in postgresql.conf, and reload'),
  );
}

async function checkMigrations(client: BreakableClient): Promise<Check[]> {
  const { pending, unknown } = await findMigrationState(client);
  const problems = [
    ...(pending.length === 0
      ? []
      : [
          warn(
            'migrations',
            `${pending.length} to run: ${pending.join(', ')}`,
            'the next start runs them, or npm run migrate',
          ),
        ]),
    ...(unknown.length === 0
      ? []
      : [
          fail(
            'migrations',
            `unknown to this build: ${unknown.join(', ')}`,
            'the database is newer than this build: deploy the newer one',
          ),
        ]),
  ];
  return problems.length > 0 ? problems : [ok('migrations', 'all run')];
}
