import type { Queryable } from '../database/transaction.js';
import type { FoundKey, HeldKey, KeyError, KeyScope } from './key.js';
import type { State } from './operation.js';

export interface NewKey extends KeyScope {
  readonly fingerprint: Buffer;
  readonly request: string;
  readonly recoveryPoint: string;
  readonly owner: string;
  readonly leaseSeconds: number;
  readonly ttlSeconds: number;
}

/**
 * Claims a key by inserting it; of many at once, one succeeds. Whoever fails reads what is there, in
 * the same statement: `null` when the other one's insert was not visible yet.
 */
export async function claimKey(
  database: Queryable,
  key: NewKey,
): Promise<'claimed' | FoundKey | null> {
  // ON CONFLICT decides. The look before it is for those who wait: an insert would wait for the
  // transaction of whoever is just writing the row, and hold a connection all the while. As both
  // see one snapshot, a row that is deleted at this moment never comes back beside the new one.
  const { rows } = await database.query<FoundColumns & { is_new: boolean }>({
    name: 'claim-key',
    text: `
      with found as (
        select ${FOUND_COLUMNS} from idempotency_keys
        where caller = $1 and operation = $2 and key = $3),
      claimed as (
        insert into idempotency_keys (caller, operation, key, fingerprint, request,
          recovery_point, locked_by, locked_until, resume_at, expires_at)
        select $1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8),
               now() + make_interval(secs => $8), now() + make_interval(secs => $9)
        where not exists (select from found)
        on conflict (caller, operation, key) do nothing
        returning ${FOUND_COLUMNS})
      select claimed.*, true as is_new from claimed
      union all
      select found.*, false from found`,
    values: [
      key.caller,
      key.operation,
      key.key,
      key.fingerprint,
      key.request,
      key.recoveryPoint,
      key.owner,
      key.leaseSeconds,
      key.ttlSeconds,
    ],
  });
  const [row] = rows;
  if (!row) return null;
  return row.is_new ? 'claimed' : toFound(row);
}

/** Takes over a request that nobody runs any more; null when somebody else was faster. */
export async function takeOverKey(
  database: Queryable,
  { caller, operation, key }: KeyScope,
  owner: string,
  leaseSeconds: number,
): Promise<HeldKey | null> {
  const { rows } = await database.query<HeldColumns>({
    name: 'take-over-key',
    text: `
      with due as materialized (
        select caller, operation, key from idempotency_keys
        where caller = $3 and operation = $4 and key = $5 and ${IS_TO_BE_RESUMED}
        for update skip locked)
      ${TAKE_OVER_DUE}`,
    values: [owner, leaseSeconds, caller, operation, key],
  });
  return rows[0] ? toHeld(rows[0], owner) : null;
}

/**
 * Takes over requests that wait to be resumed, each by one of many completers.
 * @param operations names of those that this process knows; others belong to another version of it
 */
export async function claimAbandoned(
  database: Queryable,
  operations: readonly string[],
  owner: string,
  leaseSeconds: number,
  keysMax: number,
): Promise<HeldKey[]> {
  const { rows } = await database.query<HeldColumns>({
    name: 'claim-abandoned',
    text: `
      with due as materialized (
        select caller, operation, key from idempotency_keys
        where resume_at <= now() and ${IS_TO_BE_RESUMED} and operation = any ($3)
        order by resume_at limit $4 for update skip locked)
      ${TAKE_OVER_DUE}`,
    values: [owner, leaseSeconds, operations, keysMax],
  });
  return rows.map((row) => toHeld(row, owner));
}

/** One whose time is over is left to the clean-up: by then everybody else counts it as lost. */
const IS_TO_BE_RESUMED = `status = 'in_progress' and locked_until <= now() and expires_at > now()`;

/** Longest pause before the completer takes up again what nobody let go, in leases. */
const PAUSE_LEASES_MAX = 120;

/** A request that ends every process that runs it is taken up more and more rarely. */
const TAKE_OVER_DUE = `
  update idempotency_keys k
  set locked_by = $1, locked_until = now() + make_interval(secs => $2), attempts = attempts + 1,
      resume_at = now() + make_interval(secs => $2 * least(attempts + 1, ${PAUSE_LEASES_MAX}))
  from due
  where (k.caller, k.operation, k.key) = (due.caller, due.operation, due.key)
  returning k.caller, k.operation, k.key, k.request, k.recovery_point, k.state, k.attempts`;

interface HeldColumns {
  caller: string;
  operation: string;
  key: string;
  request: string;
  recovery_point: string;
  state: State;
  attempts: number;
}

function toHeld({ recovery_point, ...row }: HeldColumns, owner: string): HeldKey {
  return { ...row, recoveryPoint: recovery_point, owner };
}

const FOUND_COLUMNS = `
  fingerprint, last_error, response_status, response_headers, response_body,
  locked_until > now() as is_locked, expires_at <= now() as is_expired,
  locked_by is not null and locked_until <= now() as is_abandoned`;

interface FoundColumns {
  fingerprint: Buffer;
  last_error: KeyError | null;
  response_status: number | null;
  response_headers: Readonly<Record<string, string>> | null;
  response_body: Buffer | null;
  is_locked: boolean;
  is_expired: boolean;
  is_abandoned: boolean;
}

function toFound(row: FoundColumns): FoundKey {
  const { response_status: status, response_headers: headers, response_body: body } = row;
  return {
    fingerprint: row.fingerprint,
    lastError: row.last_error,
    isLocked: row.is_locked,
    isAbandoned: row.is_abandoned,
    isExpired: row.is_expired,
    response:
      status === null || headers === null || body === null ? null : { status, headers, body },
  };
}

/** Whether somebody has sent a request under this key, and nobody has forgotten it. */
export async function isKeyKnown(database: Queryable, scope: KeyScope): Promise<boolean> {
  const { rowCount } = await database.query({
    name: 'is-idempotency-key-known',
    text: 'select 1 from idempotency_keys where caller = $1 and operation = $2 and key = $3',
    values: [scope.caller, scope.operation, scope.key],
  });
  return rowCount === 1;
}
