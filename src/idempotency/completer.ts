import { randomUUID } from 'node:crypto';
import type { Pass } from '../loop.js';
import { claimAbandoned, deleteExpiredKeys, type HeldKey } from './key.queries.js';
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
  const { pool, leaseSeconds, operations, report } = context;
  const abandoned = await claimAbandoned(pool, randomUUID(), leaseSeconds, KEYS_MAX);
  await Promise.all(
    abandoned.map(async (held) => {
      const operation = operations.get(held.operation);
      if (!operation) return; // of a newer version of this service, which will take it up
      try {
        await runPhases(context, operation, held);
        report(held, 'done');
      } catch (error) {
        if (error instanceof LeaseLost) return; // its client has taken it over
        report(held, error instanceof Error ? error : new Error(String(error)));
      }
    }),
  );
  return abandoned.length === KEYS_MAX ? 'more' : 'done';
}

/** Forgets keys whose time is over; `more` when there may be others. */
export async function forgetOnce({ pool }: Pick<RunContext, 'pool'>): Promise<Pass> {
  return (await deleteExpiredKeys(pool, EXPIRED_MAX)) === EXPIRED_MAX ? 'more' : 'done';
}
