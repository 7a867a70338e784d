import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';

/** Any number; it is alone in the database `postgres`, where nothing else of ours lives. */
const OWNER_LOCK_KEY = 7_106_557_002;

/** A killed owner's lock goes with its connection, which PostgreSQL notices within a moment. */
const CLAIM_MS_MAX = 3000;
const RETRY_MS = 100;

/** Two services on one DATA_DIR would stop each other's database. */
export class DataDirInUseError extends Error {
  override readonly name = 'DataDirInUseError';
}

/**
 * Makes this process the owner of the embedded server for as long as the connection lives: the
 * only one that may stop it. However the process dies, the lock goes with the connection.
 * @throws DataDirInUseError when another process is the owner
 */
export async function claimServer(client: Client, dataDir: string): Promise<void> {
  const deadline = Date.now() + CLAIM_MS_MAX;
  while (!(await tryLock(client))) {
    if (Date.now() > deadline) {
      throw new DataDirInUseError(
        `Another service already uses ${dataDir} (${await describeOwner(client)}). Stop it, or ` +
          'give this one another DATA_DIR, or set DATABASE_URL to share one database.',
      );
    }
    await delay(RETRY_MS);
  }
}

async function tryLock(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(
    'select pg_try_advisory_lock($1::bigint) as locked',
    [OWNER_LOCK_KEY],
  );
  return rows[0]?.locked === true;
}

async function describeOwner(client: Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `select application_name as name
       from pg_locks join pg_stat_activity using (pid)
      where locktype = 'advisory' and granted
        and (classid::bigint << 32 | objid::bigint) = $1::bigint`,
    [OWNER_LOCK_KEY],
  );
  return rows[0]?.name ?? 'it ended just now: try again';
}
