import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { TollgateError } from '../errors.js';
import { failPoint } from '../fail-points.js';
import { claimKey, takeOverKey } from './claim.queries.js';
import { deleteExpiredKey } from './expired.queries.js';
import type { FoundKey, HeldKey, StoredResponse } from './key.js';
import type { Operation } from './operation.js';
import { LeaseLost, runPhases, type RunContext } from './run-phases.js';

/** What a request under an idempotency key needs besides what running it needs. */
export interface ExecuteContext extends RunContext {
  /** How long a key is remembered. */
  readonly ttlSeconds: number;
  /** How long to wait for somebody else who runs the same request. */
  readonly waitMs: number;
}

/** A request of a client. */
export interface CommandRequest {
  readonly caller: string;
  readonly key: string;
  readonly fingerprint: Buffer;
  readonly params: Readonly<Record<string, string>>;
  /** Parsed JSON. */
  readonly body: unknown;
}

export interface Execution {
  readonly response: StoredResponse;
  /** True when the response is the one that was stored before. */
  readonly isReplay: boolean;
}

const PAUSE_MS_MIN = 10;
const PAUSE_MS_MAX = 160;

/**
 * Runs a request once, however often and by however many it is sent: the first one runs it, the
 * others wait for its response and get it byte for byte. Who waits holds no connection.
 *
 * @throws TollgateError `idempotency_key_reused` when the key was used for another request;
 * `request_in_progress` when the other one does not finish in time; or what kept the request from
 * being finished: then the same key goes on from where it stands
 */
export async function execute(
  context: ExecuteContext,
  operation: Operation,
  request: CommandRequest,
): Promise<Execution> {
  const giveUpAtMs = performance.now() + context.waitMs;
  for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)) {
    const hasWaited = pauseMs > PAUSE_MS_MIN;
    const execution = await attempt(context, operation, request, hasWaited);
    if (execution !== null) return execution;
    if (performance.now() >= giveUpAtMs) {
      throw new TollgateError(
        'request_in_progress',
        'a request with this Idempotency-Key is still being worked on; send it again',
      );
    }
    await delay(pauseMs);
  }
}

/** Runs the request or replays its response; null while somebody else runs it. */
async function attempt(
  context: ExecuteContext,
  operation: Operation,
  request: CommandRequest,
  hasWaited: boolean,
): Promise<Execution | null> {
  const { pool, leaseSeconds, ttlSeconds } = context;
  const { fingerprint } = request;
  const held = toHeldKey(operation, request);
  const found = await claimKey(pool, { ...held, fingerprint, leaseSeconds, ttlSeconds });
  if (found === 'claimed') {
    await failPoint('command.claimed', operation.name);
    return run(context, operation, request, held);
  }
  if (found === null) return null;
  if (found.isExpired) {
    const isForgotten = await deleteExpiredKey(pool, held);
    return isForgotten ? attempt(context, operation, request, hasWaited) : null;
  }
  refuseOther(found, request);
  if (found.response !== null) return { response: found.response, isReplay: true };
  if (isBusy(found)) return null;
  // What we have waited for has just failed: that is our answer too, and not our turn to try.
  if (hasWaited && !found.isAbandoned && found.lastError !== null) {
    const { code, message, members } = found.lastError;
    throw new TollgateError(code, message, { members });
  }
  const taken = await takeOverKey(pool, held, held.owner, leaseSeconds);
  return taken === null ? null : run(context, operation, request, taken);
}

async function run(
  context: ExecuteContext,
  operation: Operation,
  request: CommandRequest,
  held: HeldKey,
): Promise<Execution> {
  try {
    return { response: await runPhases(context, operation, held), isReplay: false };
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error;
    // Whoever took over finishes it, or has done so: we are one of those who wait, from now on.
    return execute(context, operation, request);
  }
}

function isBusy(found: FoundKey): boolean {
  return found.response === null && found.isLocked;
}

/** Two requests under one key: not a retry, so neither a replay nor a second effect. */
function refuseOther(found: FoundKey, request: CommandRequest): void {
  if (found.fingerprint.equals(request.fingerprint)) return;
  throw new TollgateError(
    'idempotency_key_reused',
    'this Idempotency-Key was used for another request; use a new one',
  );
}

function toHeldKey(operation: Operation, request: CommandRequest): HeldKey {
  const { caller, key, params, body } = request;
  return {
    caller,
    operation: operation.name,
    key,
    owner: randomUUID(),
    request: JSON.stringify({ params, body }),
    recoveryPoint: operation.first,
    state: {},
    attempts: 1,
  };
}
