import type { Pool } from 'pg';
import {
  inTransaction,
  isDatabaseTrouble,
  limitLockWait,
  type Tx,
} from '../database/transaction.js';
import { ERRORS } from '../errors.js';
import { failPoint, failPointOfEach } from '../fail-points.js';
import { applyFacts } from '../payments/apply-facts.js';
import type { ApplyOutcome, EventFacts } from '../payments/ring-state.js';
import { askAboutPayments } from '../payments/write.queries.js';
import type { PaymentProvider } from '../providers/provider.js';
import { backoffMs, type BackoffOptions } from '../backoff.js';
import { describeFailure, type DescribedFailure } from './describe-failure.js';
import {
  claimEvents,
  failEvent,
  findUndone,
  finishEvents,
  linkWaitingEvents,
  type ClaimedEvent,
  type FinishedEvent,
} from './ring.queries.js';
import { translateEvent } from './translate-event.js';

/** What working on a ring needs. */
export interface RingContext {
  readonly pool: Pool;
  readonly providers: ReadonlyMap<string, PaymentProvider>;
  readonly backoff: BackoffOptions;
  readonly attemptsMax: number;
  /** Fetches and applies what an event points at, and says what came of it. */
  readonly fetch: (event: ClaimedEvent) => Promise<FinishedEvent>;
  /** Told of each finished event and failed attempt, after the commit. */
  readonly report: (report: AttemptReport) => void;
}

/** What one attempt at one event came to. */
export interface AttemptReport {
  readonly inboxId: string;
  readonly provider: string;
  readonly eventType: string;
  readonly attempt: number;
  readonly outcome: 'applied' | 'noop' | 'ignored' | 'retry' | 'dead';
  /** Why a `noop`, or the code of the failure; null otherwise. */
  readonly reason: string | null;
  readonly paymentId: string | null;
  /** Seconds since the event was received, or sent through again. */
  readonly lagSeconds: number;
}

/** A failed attempt in the making. */
interface Failure extends DescribedFailure {
  readonly event: ClaimedEvent;
}

const MESSAGE_MAX_CHARACTERS = 500;
/** The patient try was the ring; one locked payment must not hold up everything behind it. */
const ALONE_LOCK_TIMEOUT_MS = 100;
/** Longer than counting takes. */
const LOOK_AGAIN_MS = 100;
const NOTHING = { reason: null, paymentId: null, partId: null } as const;

/**
 * Works on the rows that a ring names, all in one transaction. When that fails, each row is tried
 * alone, so that the one at fault hurts only itself: it gets its attempt recorded after the
 * rollback, and its neighbours are applied now.
 *
 * A row that is held may be held by another worker, who does it, or for a moment by somebody who
 * counts that it was delivered again. So there is a second look: the sweeper would leave such a row
 * alone for the whole of its grace.
 *
 * @returns how many events were taken, whatever came of them
 */
export async function processRing(context: RingContext, ids: readonly string[]): Promise<number> {
  const taken = await processOnce(context, ids);
  if (taken === ids.length) return taken;
  const undone = await findUndone(context.pool, ids);
  if (undone.length === 0) return taken;
  await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  return taken + (await processOnce(context, undone));
}

async function processOnce(context: RingContext, ids: readonly string[]): Promise<number> {
  try {
    return await processTogether(context, ids);
  } catch (error) {
    if (isDatabaseTrouble(error)) throw error; // no event is to blame: the rows stay due
    let taken = 0;
    for (const id of ids) taken += await processAlone(context, id);
    return taken;
  }
}

async function processTogether(
  context: RingContext,
  ids: readonly string[],
  lockTimeoutMs?: number,
): Promise<number> {
  const { claimed, finished, failures, pointers } = await inTransaction(
    context.pool,
    async (tx) => {
      if (lockTimeoutMs !== undefined) await limitLockWait(tx, lockTimeoutMs);
      const events = await claimEvents(tx, ids);
      await failPointOfEach('apply.claimed', events, namesOf);
      const applied = await applyEvents(tx, context, events);
      await failPointOfEach('apply.before_commit', events, namesOf);
      return { claimed: events, ...applied };
    },
  );
  await failPointOfEach('apply.committed', claimed, namesOf);
  const byId = new Map(claimed.map((event) => [event.id, event]));
  for (const done of finished) {
    const event = byId.get(done.id);
    if (event) context.report(toReport(event, done.status, done.reason, done.paymentId));
  }
  for (const failure of failures) await recordFailure(context, failure);
  for (const event of pointers) await fetchEvent(context, event);
  return claimed.length;
}

async function processAlone(context: RingContext, id: string): Promise<number> {
  try {
    return await processTogether(context, [id], ALONE_LOCK_TIMEOUT_MS);
  } catch (error) {
    if (isDatabaseTrouble(error)) throw error;
    return failUntried(context, id, describeFailure(error));
  }
}

/**
 * Records a failed attempt at an event without working on it.
 * @returns 0 when the event does not wait for an attempt any more, otherwise 1
 */
export async function failUntried(
  context: RingContext,
  id: string,
  failure: DescribedFailure,
): Promise<number> {
  const claimed = await findClaimable(context, id);
  if (claimed) await recordFailure(context, { event: claimed, ...failure });
  return claimed ? 1 : 0;
}

/** What came of the events of a ring. */
interface Applied {
  readonly finished: FinishedEvent[];
  readonly failures: Failure[];
  /** Events that say nothing before their provider is asked. */
  readonly pointers: ClaimedEvent[];
}

/** Translates and applies what was claimed, and marks it done in the same transaction. */
async function applyEvents(
  tx: Tx,
  context: RingContext,
  events: readonly ClaimedEvent[],
): Promise<Applied> {
  const toApply: EventFacts[] = [];
  const ignored: FinishedEvent[] = [];
  const failures: Failure[] = [];
  const pointers: ClaimedEvent[] = [];
  const hints: string[] = [];
  for (const event of events) {
    try {
      const { facts, isHint } = translateEvent(context.providers, event);
      const { id, provider, account } = event;
      if (isHint) hints.push(id);
      if (facts === 'to_be_fetched') pointers.push(event);
      else if (facts) toApply.push({ inboxId: id, command: null, provider, account, facts });
      else ignored.push({ id, status: 'ignored', ...NOTHING });
    } catch (error) {
      failures.push({ event, ...describeFailure(error, 'translate_failed') });
    }
  }
  const { outcomes, unparked } = await applyFacts(tx, toApply);
  const hinted = hints.flatMap((id) => outcomes.get(id)?.paymentId ?? []);
  if (hinted.length > 0) await askAboutPayments(tx, hinted);
  const finished = [...ignored, ...[...outcomes].map(toFinished)];
  if (finished.length > 0) await finishEvents(tx, finished);
  if (unparked.length > 0) await linkWaitingEvents(tx, unparked);
  return { finished, failures, pointers };
}

/** No transaction is open while the provider is asked; should two workers do so, both do no harm. */
async function fetchEvent(context: RingContext, event: ClaimedEvent): Promise<void> {
  try {
    const done = await context.fetch(event);
    await inTransaction(context.pool, (tx) => finishEvents(tx, [done]));
    context.report(toReport(event, done.status, done.reason, done.paymentId));
  } catch (error) {
    if (isDatabaseTrouble(error)) throw error;
    await recordFailure(context, { event, ...describeFailure(error) });
  }
}

/** The row as it stands after the rollback, if it still waits for this attempt. */
function findClaimable(context: RingContext, id: string): Promise<ClaimedEvent | undefined> {
  return inTransaction(context.pool, async (tx) => (await claimEvents(tx, [id]))[0]);
}

async function recordFailure(context: RingContext, failure: Failure): Promise<void> {
  const { event, code, message } = failure;
  const attempt = event.attempts + 1;
  const isDead = ERRORS[code].next === 'dead' || attempt >= context.attemptsMax;
  await failPoint('apply.failed', event.eventType);
  const isRecorded = await failEvent(context.pool, {
    id: event.id,
    attemptsBefore: event.attempts,
    code,
    message: message.slice(0, MESSAGE_MAX_CHARACTERS),
    retryInMs: isDead ? null : backoffMs(context.backoff, attempt),
  });
  if (isRecorded) context.report(toReport(event, isDead ? 'dead' : 'retry', code, null));
}

function namesOf({ eventType, eventId }: ClaimedEvent): readonly string[] {
  return [eventType, eventId];
}

function toFinished([id, outcome]: [string, ApplyOutcome]): FinishedEvent {
  const { outcome: status, paymentId } = outcome;
  if (outcome.outcome === 'applied') return { id, status, ...NOTHING, paymentId };
  return { id, status, reason: outcome.reason, paymentId, partId: outcome.partId };
}

function toReport(
  event: ClaimedEvent,
  outcome: AttemptReport['outcome'],
  reason: string | null,
  paymentId: string | null,
): AttemptReport {
  return {
    inboxId: event.id,
    provider: event.provider,
    eventType: event.eventType,
    attempt: event.attempts + 1,
    outcome,
    reason,
    paymentId,
    lagSeconds: (Date.now() - event.waitsSince.getTime()) / 1000,
  };
}
