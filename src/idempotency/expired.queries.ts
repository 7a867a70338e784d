import type { Queryable } from '../database/transaction.js';
import type { KeyScope } from './key.js';

/** Forgets keys whose time is over, a bounded number of them; one that is run is kept. */
export async function deleteExpiredKeys(database: Queryable, keysMax: number): Promise<number> {
  const { rowCount } = await database.query({
    name: 'delete-expired-keys',
    text: `
      with expired as materialized (
        select caller, operation, key from idempotency_keys where ${IS_EXPIRED}
        order by expires_at limit $1 for update skip locked)
      ${DELETE_EXPIRED}`,
    values: [keysMax],
  });
  return rowCount ?? 0;
}

/** Forgets one key if its time is over. False: it is run, or somebody is at it. */
export async function deleteExpiredKey(
  database: Queryable,
  { caller, operation, key }: KeyScope,
): Promise<boolean> {
  const { rowCount } = await database.query({
    name: 'delete-expired-key',
    text: `
      with expired as materialized (
        select caller, operation, key from idempotency_keys
        where caller = $1 and operation = $2 and key = $3 and ${IS_EXPIRED}
        for update skip locked)
      ${DELETE_EXPIRED}`,
    values: [caller, operation, key],
  });
  return rowCount === 1;
}

const IS_EXPIRED = `expires_at <= now() and (status = 'done' or locked_until <= now())`;

const DELETE_EXPIRED = `
  delete from idempotency_keys k using expired
  where (k.caller, k.operation, k.key) = (expired.caller, expired.operation, expired.key)`;
