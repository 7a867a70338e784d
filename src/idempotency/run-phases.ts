import type { Pool } from 'pg';
import { backoffMs, type BackoffOptions } from '../backoff.js';
import { inTransaction, type Tx } from '../database/transaction.js';
import { TollgateError } from '../errors.js';
import { failPoint } from '../fail-points.js';
import { toProblem } from '../problem.js';
import { advanceKey, dropKey, finishKey, releaseKey, renewLease } from './key.queries.js';
import type { HeldKey, KeyError, StoredResponse } from './key.js';
import type { Operation, Outcome, Phase, Run } from './operation.js';
import { toStored, toStoredProblem } from './response.js';

/** What running a request needs. */
export interface RunContext {
  readonly pool: Pool;
  /** How long a silent process counts as alive. */
  readonly leaseSeconds: number;
  /** Pauses before the completer tries again. */
  readonly backoff: BackoffOptions;
}

/** Somebody else runs the request now: this process was thought dead, and changes nothing. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/**
 * Runs a request from its recovery point to its end, phase by phase. A process may die after any
 * line: whoever takes the key over goes on from the last recovery point.
 *
 * @returns the response, which is stored
 * @throws LeaseLost when somebody else has taken over
 * @throws Error when it cannot be finished now: nothing is stored, the key is let go
 */
export async function runPhases(
  context: RunContext,
  operation: Operation,
  held: HeldKey,
): Promise<StoredResponse> {
  let key = held;
  for (;;) {
    const step = await runPhase(context, operation, key);
    if ('next' in step) key = { ...key, recoveryPoint: step.next, state: step.state };
    else if ('later' in step) throw step.later;
    else return toStoredResponse(step);
  }
}

async function runPhase(
  context: RunContext,
  operation: Operation,
  held: HeldKey,
): Promise<Outcome> {
  const at = `${operation.name}/${held.recoveryPoint}`;
  try {
    const phase = operation.phases[held.recoveryPoint];
    if (!phase) throw new Error(`${operation.name} has no phase ${held.recoveryPoint}`);
    const run = toRun(held);
    return await whileLeased(context, held, async () => {
      await failPoint('command.before_call', at);
      const answer = await phase.call(run);
      await failPoint('command.after_call', at);
      const outcome = await commitPhase(context, held, phase, run, answer, at);
      await failPoint('command.committed', at);
      return outcome;
    });
  } catch (error) {
    return await recordFailure(context, operation, held, error);
  }
}

function commitPhase(
  context: RunContext,
  held: HeldKey,
  phase: Phase,
  run: Run,
  answer: unknown,
  at: string,
): Promise<Outcome> {
  return inTransaction(context.pool, async (tx) => {
    const outcome = await phase.commit(tx, run, answer);
    await recordOutcome(context, tx, held, outcome);
    await failPoint('command.before_commit', at);
    return outcome;
  });
}

/** The guard in each statement stops whoever lost the key: the whole phase is rolled back. */
async function recordOutcome(
  context: RunContext,
  tx: Tx,
  held: HeldKey,
  outcome: Outcome,
): Promise<void> {
  const { leaseSeconds } = context;
  const isOurs =
    'next' in outcome
      ? await advanceKey(tx, held, outcome.next, outcome.state, leaseSeconds)
      : 'later' in outcome
        ? await releaseKey(tx, held, toKeyError(outcome.later), resumeInMs(context, held))
        : await finishKey(tx, held, toStoredResponse(outcome));
  if (!isOurs) throw new LeaseLost('another process runs this request now');
}

/** What a retry cannot change is the stored answer; for everything else the key is let go. */
async function recordFailure(
  context: RunContext,
  operation: Operation,
  held: HeldKey,
  error: unknown,
): Promise<Outcome> {
  if (error instanceof LeaseLost) throw error;
  if (error instanceof TollgateError && (error.status ?? 500) < 500) {
    const isOurs = await finishKey(context.pool, held, toStoredProblem(error));
    if (!isOurs) throw new LeaseLost('another process runs this request now');
    return { refused: error };
  }
  // When not even this can be written, the lease runs out by itself.
  const isLetGo = await letGo(context, operation, held, error).catch(() => true);
  throw isLetGo ? error : new LeaseLost('another process runs this request now');
}

/** False when there is nothing to let go: another process runs the request, or it is done. */
async function letGo(
  context: RunContext,
  operation: Operation,
  held: HeldKey,
  error: unknown,
): Promise<boolean> {
  // Nothing is done before the first phase is: what failed there must not happen hours later, when
  // its client has long given up. Unless only the answer to its COMMIT got lost: then it is done.
  const isFirst = held.recoveryPoint === operation.first;
  if (isFirst && (await dropKey(context.pool, held))) return true;
  return releaseKey(context.pool, held, toKeyError(error), resumeInMs(context, held));
}

const RENEWALS_PER_LEASE = 3;
/** A phase that never ends must not keep its key for ever. */
const RENEWALS_MAX = 60;

/** Renews the lease while `work` takes its time. */
async function whileLeased<T>(
  { pool, leaseSeconds }: RunContext,
  held: HeldKey,
  work: () => Promise<T>,
): Promise<T> {
  let renewals = 0;
  const timer = setInterval(
    () => {
      renewals += 1;
      if (renewals === RENEWALS_MAX) clearInterval(timer);
      // One that fails is made up for by the next.
      void renewLease(pool, held, leaseSeconds).catch(() => undefined);
    },
    (leaseSeconds * 1000) / RENEWALS_PER_LEASE,
  );
  timer.unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

function toRun({ caller, request, state, attempts }: HeldKey): Run {
  const { params, body } = JSON.parse(request) as Pick<Run, 'params' | 'body'>;
  return { caller, params, body, state, attempts };
}

function toStoredResponse(
  outcome: Extract<Outcome, { response: unknown } | { refused: unknown }>,
): StoredResponse {
  return 'response' in outcome ? toStored(outcome.response) : toStoredProblem(outcome.refused);
}

function resumeInMs({ backoff }: RunContext, { attempts }: HeldKey): number {
  return backoffMs(backoff, attempts);
}

/** A provider's own words may be part of it. */
const MESSAGE_CHARACTERS_MAX = 1000;

function toKeyError(error: unknown): KeyError {
  const { code, detail, title } = toProblem(error);
  const members = error instanceof TollgateError ? error.members : {};
  return { code, message: (detail ?? title).slice(0, MESSAGE_CHARACTERS_MAX), members };
}
