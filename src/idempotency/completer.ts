import { randomUUID } from 'node:crypto';
import type { Pass } from '../loop.js';
import { claimAbandoned } from './claim.queries.js';
import { deleteExpiredKeys } from './expired.queries.js';
import type { HeldKey } from './key.js';
import type { Operation } from './operation.js';
import { LeaseLost, runPhases, type RunContext } from './run-phases.js';

/** What finishing requests of others needs. */
export interface CompleterContext extends RunContext {
  /** By name. */
  readonly operations: ReadonlyMap<string, Operation>;
  /** Told of each request that was taken up: `done`, or the error that kept it from that. */
  readonly report: (held: HeldKey, result: 'done' | Error) => void;
}

/** Requests that one pass takes up: each may have to wait for a provider. */
const KEYS_MAX = 8;
/** Keys that one statement forgets. */
const EXPIRED_MAX = 1000;

/**
 * Finishes requests whose process died or could not finish them, so that nothing depends on a
 * client that comes back. Any number of processes may do so at once.
 *
 * @returns `more` when as many were taken up as one pass may
 */
export async function completeOnce(context: CompleterContext): Promise<Pass> {
  const { pool, leaseSeconds, operations } = context;
  const names = [...operations.keys()];
  const abandoned = await claimAbandoned(pool, names, randomUUID(), leaseSeconds, KEYS_MAX);
  await Promise.all(abandoned.map((held) => complete(context, held)));
  return abandoned.length === KEYS_MAX ? 'more' : 'done';
}

async function complete(context: CompleterContext, held: HeldKey): Promise<void> {
  const operation = context.operations.get(held.operation);
  if (!operation) return; // never: only those that we know are claimed
  try {
    await runPhases(context, operation, held);
    context.report(held, 'done');
  } catch (error) {
    if (error instanceof LeaseLost) return; // its client has taken it over
    context.report(held, error instanceof Error ? error : new Error(String(error)));
  }
}

/** Forgets keys whose time is over; `more` when there may be others. */
export async function forgetOnce({ pool }: Pick<RunContext, 'pool'>): Promise<Pass> {
  return (await deleteExpiredKeys(pool, EXPIRED_MAX)) === EXPIRED_MAX ? 'more' : 'done';
}
