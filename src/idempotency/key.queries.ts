import type { Queryable } from '../database/transaction.js';
import type { ErrorCode } from '../errors.js';
import type { State } from './operation.js';

/** Names a key: scoped to who calls and what is asked for. */
export interface KeyScope {
  readonly caller: string;
  readonly operation: string;
  readonly key: string;
}

/** A key that this process runs: every write is guarded by `owner`. */
export interface HeldKey extends KeyScope {
  readonly owner: string;
  /** JSON of `{ params, body }`. */
  readonly request: string;
  readonly recoveryPoint: string;
  readonly state: State;
  readonly attempts: number;
}

/** A response as it goes over the wire. */
export interface StoredResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface KeyError {
  readonly code: ErrorCode;
  readonly message: string;
}

/** A key as somebody finds it who did not insert it. */
export interface FoundKey {
  readonly fingerprint: Buffer;
  /** Why it could not be finished the last time; null: nothing is known to be wrong. */
  readonly lastError: KeyError | null;
  /** Somebody runs it. */
  readonly isLocked: boolean;
  /** Who ran it did not let it go: it has died, or is about to lose the key. */
  readonly isAbandoned: boolean;
  readonly isExpired: boolean;
  /** Null while the request is not done. */
  readonly response: StoredResponse | null;
}

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
  const { rows } = await database.query<FoundColumns & { is_new: boolean }>({
    name: 'claim-key',
    text: `
      with claimed as (
        insert into idempotency_keys (caller, operation, key, fingerprint, request,
          recovery_point, locked_by, locked_until, resume_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8),
                now() + make_interval(secs => $8), now() + make_interval(secs => $9))
        on conflict (caller, operation, key) do nothing
        returning ${FOUND_COLUMNS})
      select claimed.*, true as is_new from claimed
      union all
      select ${FOUND_COLUMNS}, false from idempotency_keys
      where caller = $1 and operation = $2 and key = $3`,
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
  scope: KeyScope,
  owner: string,
  leaseSeconds: number,
): Promise<HeldKey | null> {
  const { rows } = await database.query<HeldColumns>({
    name: 'take-over-key',
    text: `
      update idempotency_keys set ${TAKE_OVER}
      where caller = $3 and operation = $4 and key = $5 and status = 'in_progress'
        and locked_until <= now()
      returning ${HELD_COLUMNS}`,
    values: [owner, leaseSeconds, scope.caller, scope.operation, scope.key],
  });
  return rows[0] ? toHeld(rows[0], owner) : null;
}

/** Takes over requests that wait to be resumed, each by one of many completers. */
export async function claimAbandoned(
  database: Queryable,
  owner: string,
  leaseSeconds: number,
  keysMax: number,
): Promise<HeldKey[]> {
  const { rows } = await database.query<HeldColumns>({
    name: 'claim-abandoned',
    text: `
      with due as materialized (
        select caller, operation, key from idempotency_keys
        where status = 'in_progress' and resume_at <= now() and locked_until <= now()
        order by resume_at limit $3 for update skip locked)
      update idempotency_keys k set ${TAKE_OVER} from due
      where (k.caller, k.operation, k.key) = (due.caller, due.operation, due.key)
      returning ${HELD_COLUMNS.replaceAll(/\b(caller|operation|key)\b/g, 'k.$1')}`,
    values: [owner, leaseSeconds, keysMax],
  });
  return rows.map((row) => toHeld(row, owner));
}

/** Moves the recovery point in the transaction of its phase. False: somebody else runs it now. */
export async function advanceKey(
  database: Queryable,
  held: HeldKey,
  next: string,
  state: State,
  leaseSeconds: number,
): Promise<boolean> {
  const { rowCount } = await database.query({
    name: 'advance-key',
    text: `
      update idempotency_keys set recovery_point = $5, state = $6,
        locked_until = now() + make_interval(secs => $7),
        resume_at = now() + make_interval(secs => $7)
      where ${IS_HELD}`,
    values: [...guardOf(held), next, JSON.stringify(state), leaseSeconds],
  });
  return rowCount === 1;
}

/** Keeps the key while somebody else is asked. False: somebody else runs it now. */
export async function renewLease(
  database: Queryable,
  held: HeldKey,
  leaseSeconds: number,
): Promise<boolean> {
  const { rowCount } = await database.query({
    name: 'renew-lease',
    text: `
      update idempotency_keys set locked_until = now() + make_interval(secs => $5),
        resume_at = now() + make_interval(secs => $5)
      where ${IS_HELD}`,
    values: [...guardOf(held), leaseSeconds],
  });
  return rowCount === 1;
}

/** Stores the response. False: somebody else runs it now. */
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

/** Lets go of a request that cannot be finished now; the completer takes it up after a while. */
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

/** Forgets a key whose request came to nothing: there is nothing that would have to be finished. */
export async function dropKey(database: Queryable, held: HeldKey): Promise<void> {
  await database.query({
    name: 'drop-key',
    text: `delete from idempotency_keys where ${IS_HELD}`,
    values: guardOf(held),
  });
}

/** Forgets keys whose time is over, a bounded number of them; one that is run is kept. */
export async function deleteExpiredKeys(database: Queryable, keysMax: number): Promise<number> {
  const { rowCount } = await database.query({
    name: 'delete-expired-keys',
    text: `
      delete from idempotency_keys k using (
        select caller, operation, key from idempotency_keys
        where expires_at <= now() and ${IS_IDLE}
        order by expires_at limit $1 for update skip locked) as expired
      where (k.caller, k.operation, k.key) = (expired.caller, expired.operation, expired.key)`,
    values: [keysMax],
  });
  return rowCount ?? 0;
}

/** Forgets one key if its time is over. */
export async function deleteExpiredKey(database: Queryable, scope: KeyScope): Promise<void> {
  await database.query({
    name: 'delete-expired-key',
    text: `
      delete from idempotency_keys
      where caller = $1 and operation = $2 and key = $3 and expires_at <= now() and ${IS_IDLE}`,
    values: [scope.caller, scope.operation, scope.key],
  });
}

const IS_IDLE = `(status = 'done' or locked_until <= now())`;
const IS_HELD = `caller = $1 and operation = $2 and key = $3 and locked_by = $4
  and status = 'in_progress'`;
const TAKE_OVER = `locked_by = $1, locked_until = now() + make_interval(secs => $2),
  resume_at = now() + make_interval(secs => $2), attempts = attempts + 1`;

function guardOf({ caller, operation, key, owner }: HeldKey): string[] {
  return [caller, operation, key, owner];
}

const HELD_COLUMNS = 'caller, operation, key, request, recovery_point, state, attempts';

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

const FOUND_COLUMNS = `fingerprint, last_error, locked_until > now() as is_locked,
  locked_by is not null and locked_until <= now() as is_abandoned, expires_at <= now() as is_expired, response_status, response_headers, response_body`;

interface FoundColumns {
  fingerprint: Buffer;
  last_error: KeyError | null;
  is_locked: boolean;
  is_abandoned: boolean;
  is_expired: boolean;
  response_status: number | null;
  response_headers: Readonly<Record<string, string>> | null;
  response_body: Buffer | null;
}

function toFound(row: FoundColumns): FoundKey {
  const { response_status: status, response_headers: headers, response_body: body } = row;
  return {
    fingerprint: row.fingerprint,
    lastError: row.last_error,
    isLocked: row.is_locked,
    isAbandoned: row.is_abandoned,
    isExpired: row.is_expired,
    response: status === null || body === null ? null : { status, headers: headers ?? {}, body },
  };
}
