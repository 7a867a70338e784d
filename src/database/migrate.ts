import { runMigrations as migrateQueues } from 'bullmq';
import type pg from 'pg';
import { setTimeout as delay } from 'node:timers/promises';
import { MIGRATIONS } from '../../migrations/index.js';
import { backoffMs } from '../backoff.js';
import { findOpenTransactions, type OpenTransaction } from './blockers.queries.js';
import {
  inMigrationSession,
  type MigrationClass,
  type MigrationSession,
} from './migration-session.js';
import { findMigrationState } from './migration-state.js';
import { isGivenUp, sqlState } from './transaction.js';

/** Name of the schema in which BullMQ keeps its queues when there is no Redis. */
export const QUEUE_SCHEMA_DEFAULT = 'tollgate_queues';

/** Why a migration does not go on at the moment. */
export type MigrationWait =
  | { readonly why: 'another process migrates' }
  | {
      readonly why: 'a table is in use';
      readonly tries: number;
      /** Transactions that are open now, the oldest first: one of them is in the way. */
      readonly open: readonly OpenTransaction[];
    };

export interface MigrateOptions {
  readonly queueSchema?: string;
  /** All of this build by default. */
  readonly migrations?: readonly MigrationClass[];
  /** Told of every wait before it begins. */
  readonly onWait?: (wait: MigrationWait) => void;
  /** After how long a migration that gets no lock gives up. */
  readonly patienceSeconds?: number;
}

/**
 * How long a migration waits for the lock of a table. Everybody who wants to use the table waits
 * behind it meanwhile, so it is a part of DATABASE_LOCK_TIMEOUT_MS only: no webhook fails of it.
 */
const LOCK_TIMEOUT_MS = 500;
/** Then those behind it have their turn, before it tries again. */
const RETRY = { baseSeconds: 1, factor: 1.5, capSeconds: 5 };
const PATIENCE_SECONDS = 300;
const LOCK_POLL_MS = 250;
/** What a statement fails with that waited for a lock for too long. */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Brings the schema up to date: ours, and that of the queues on PostgreSQL. One process does it,
 * others wait until it is done. A database that is newer than this build is left as it is.
 *
 * @returns names of the migrations of ours that were run
 * @throws when a table stays in use for `patienceSeconds`: what was run until then stays
 */
export function migrate(databaseUrl: string, options: MigrateOptions = {}): Promise<string[]> {
  const { queueSchema = QUEUE_SCHEMA_DEFAULT } = options;
  const migrations = migrationsOf(options);
  return withSession(databaseUrl, options, async (session) => {
    const { client, runner, executor } = session;
    await refuseSchemaOfUser(client, queueSchema);
    const { pending } = await findMigrationState(client, migrations);
    // One that is no transaction waits for nobody's table: it may take the time it needs.
    runner.beforeMigration = () => limitLockWait(client, LOCK_TIMEOUT_MS);
    runner.afterMigration = () => limitLockWait(client, 0);
    await patiently(session, options, async () => {
      await limitLockWait(client, 0);
      await executor.executePendingMigrations();
    });
    await patiently(session, options, async () => {
      await limitLockWait(client, LOCK_TIMEOUT_MS);
      await migrateQueues(client, queueSchema);
    });
    return [...pending];
  });
}

/**
 * Takes back the newest migration of ours.
 *
 * @returns its name; null: there was none
 * @throws when it is unknown to this build
 */
export function revertMigration(
  databaseUrl: string,
  options: MigrateOptions = {},
): Promise<string | null> {
  const migrations = migrationsOf(options);
  return withSession(databaseUrl, options, async (session) => {
    const { client, executor } = session;
    const { run } = await findMigrationState(client, migrations);
    const newest = run.at(-1);
    if (newest === undefined) return null;
    const Newest = migrations.find(({ name }) => name === newest);
    if (!Newest) throw new Error(`${newest} is unknown to this build: take it back with its own`);
    const isTransaction = new Newest().transaction !== false;
    executor.transaction = isTransaction ? 'each' : 'none';
    await patiently(session, options, async () => {
      await limitLockWait(client, isTransaction ? LOCK_TIMEOUT_MS : 0);
      await executor.undoLastMigration();
    });
    return newest;
  });
}

function withSession<T>(
  databaseUrl: string,
  options: MigrateOptions,
  work: (session: MigrationSession) => Promise<T>,
): Promise<T> {
  let waits = 0;
  const onLocked = async () => {
    if (waits % WAITS_A_NOTE === 0) options.onWait?.({ why: 'another process migrates' });
    waits += 1;
    await delay(LOCK_POLL_MS);
  };
  return inMigrationSession(databaseUrl, migrationsOf(options), onLocked, work);
}

function migrationsOf({ migrations = MIGRATIONS }: MigrateOptions): readonly MigrationClass[] {
  return migrations;
}

/** Half a minute between two notes about one wait. */
const WAITS_A_NOTE = 30_000 / LOCK_POLL_MS;

/** Tries until no statement of it had to wait for a lock, with pauses in which others have it. */
async function patiently(
  { client }: MigrationSession,
  { onWait, patienceSeconds = PATIENCE_SECONDS }: MigrateOptions,
  work: () => Promise<void>,
): Promise<void> {
  const giveUpAtMs = Date.now() + patienceSeconds * 1000;
  for (let tries = 1; ; tries += 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (sqlState(error) !== LOCK_NOT_AVAILABLE && !isGivenUp(error)) throw error;
      const open = await findOpenTransactions(client);
      if (Date.now() >= giveUpAtMs) throw new Error(describeStandstill(open), { cause: error });
      onWait?.({ why: 'a table is in use', tries, open });
      // At least the half of it, since those behind us must have their turn.
      await delay(backoffMs(RETRY, tries, 0.5 + Math.random() / 2));
    }
  }
}

function describeStandstill(open: readonly OpenTransaction[]): string {
  const described = open.map(
    ({ pid, application, state, seconds }) =>
      `process ${pid} (${application || 'unnamed'}, ${state}, ${seconds} s)`,
  );
  return (
    'a migration got no lock of its table, since a transaction uses it; open are: ' +
    `${described.join(', ') || 'none any more'}. End the one in the way, and start again`
  );
}

async function limitLockWait(client: pg.PoolClient, timeoutMs: number): Promise<void> {
  await client.query(`set lock_timeout = ${timeoutMs}`);
}

/**
 * PostgreSQL looks into the schema named like the user before it looks into `public`. If the
 * queues' schema had that name, the next start would find none of our tables and make new ones.
 */
async function refuseSchemaOfUser(client: pg.PoolClient, queueSchema: string): Promise<void> {
  const { rows } = await client.query<{ user: string }>('select current_user as user');
  if (rows[0]?.user !== queueSchema) return;
  throw new Error(
    `the queues may not live in the schema ${queueSchema}, since the database user has that ` +
      'name too: set QUEUE_PREFIX to another one',
  );
}
