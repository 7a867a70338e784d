import { hasStatus } from '../database/keyed-plans.js';
import type { Queryable } from '../database/transaction.js';
import type { HeldKey, KeyError, StoredResponse } from './key.js';
import type { State } from './operation.js';

/** Moves the recovery point in the transaction of its phase. False: somebody else runs it now. */
export async function advanceKey(
  database: Queryable,
  held: HeldKey,
  next: string,
  state: State,
  leaseSeconds: number,
): Promise<boolean> {
  // now() would be the beginning of the transaction, which may have waited for locks.
  const { rowCount } = await database.query({
    name: 'advance-key',
    text: `
      update idempotency_keys set recovery_point = $5, state = $6,
        locked_until = clock_timestamp() + make_interval(secs => $7),
        resume_at = clock_timestamp() + make_interval(secs => $7)
      where ${IS_HELD}`,
    values: [...guardOf(held), next, JSON.stringify(state), leaseSeconds],
  });
  return rowCount === 1;
}

/** Keeps the key while a phase takes its time. False: somebody else runs it now. */
export async function renewLease(
  database: Queryable,
  held: HeldKey,
  leaseSeconds: number,
): Promise<boolean> {
  const { rowCount } = await database.query({
    name: 'renew-lease',
    text: `
      update idempotency_keys set locked_until = clock_timestamp() + make_interval(secs => $5)
      where ${IS_HELD}`,
    values: [...guardOf(held), leaseSeconds],
  });
  return rowCount === 1;
}

/** Stores the response. False: somebody else runs it now, or has finished it. */
export async function finishKey(
  database: Queryable,
  held: HeldKey,
  response: StoredResponse,
): Promise<boolean> {
  const { rowCount } = await database.query({
    name: 'finish-key',
    text: `
      update idempotency_keys set status = 'done', response_status = $5, response_headers = $6,
        response_body = $7, finished_at = now(), locked_by = null, locked_until = now()
      where ${IS_HELD}`,
    values: [...guardOf(held), response.status, JSON.stringify(response.headers), response.body],
  });
  return rowCount === 1;
}

/**
 * Lets go of a request that cannot be finished now; the completer takes it up after a while. False:
 * somebody else runs it now, or has finished it.
 */
export async function releaseKey(
  database: Queryable,
  held: HeldKey,
  error: KeyError,
  resumeInMs: number,
): Promise<boolean> {
  const { rowCount } = await database.query({
    name: 'release-key',
    text: `
      update idempotency_keys set last_error = $5, locked_by = null, locked_until = now(),
        resume_at = now() + make_interval(secs => $6::float8 / 1000.0)
      where ${IS_HELD}`,
    values: [...guardOf(held), JSON.stringify(error), resumeInMs],
  });
  return rowCount === 1;
}

/**
 * Forgets a key whose request came to nothing: there is nothing that would have to be finished.
 * False: it has come further than that, or somebody else runs it now.
 */
export async function dropKey(database: Queryable, held: HeldKey): Promise<boolean> {
  const { rowCount } = await database.query({
    name: 'drop-key',
    text: `delete from idempotency_keys where ${IS_HELD} and recovery_point = $5`,
    values: [...guardOf(held), held.recoveryPoint],
  });
  return rowCount === 1;
}

const IS_HELD = `caller = $1 and operation = $2 and key = $3 and locked_by = $4
  and ${hasStatus('status', 'in_progress')}`;

function guardOf({ caller, operation, key, owner }: HeldKey): string[] {
  return [caller, operation, key, owner];
}
