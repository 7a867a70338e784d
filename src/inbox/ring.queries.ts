import { textArray, uuidArray } from '../database/binary-array.js';
import { hasStatus } from '../database/keyed-plans.js';
import type { Queryable, Tx } from '../database/transaction.js';
import type { EventKey } from './inbox.queries.js';
import type { DueEvent } from './plan-rings.js';

/** A claimed row: nobody else works on it until the transaction ends. */
export interface ClaimedEvent extends EventKey {
  readonly id: string;
  readonly eventType: string;
  /** Null: its time is over; see {@link bodyOf}. */
  readonly body: Buffer | null;
  readonly attempts: number;
  /** Since when it waits: its receipt or, sent through again, the time for which that was due. */
  readonly waitsSince: Date;
}

/** What was received last week and replayed now has not waited for a week. */
const WAITS_SINCE = 'case when replays > 0 then due_at else received_at end';

/** A row that failed waits for its `due_at`, whatever old ring names it. */
const IS_TO_BE_DONE = `${hasStatus('status', 'received')} and (attempts = 0 or due_at <= now())`;

/**
 * The body of event `i`, one of those that `$1` names. That says twice which body is meant, and
 * makes it so much cheaper to plan for these ids than for any, as one partition is less than all of
 * them, that PostgreSQL plans anew each time: a plan that was settled while the week was empty
 * would read the whole of it for each event, once it is not.
 */
export const BODY = `
  (select b.body from inbox_bodies b
   where b.inbox_id = i.id and b.inbox_id = any ($1::uuid[])) as body`;

/** Claims what is still to be done of these rows, save for what somebody else holds. */
export async function claimEvents(tx: Tx, ids: readonly string[]): Promise<ClaimedEvent[]> {
  const { rows } = await tx.query<ClaimColumns>({
    name: 'claim-events',
    text: `
      select id, provider, account, event_id, event_type, ${BODY}, attempts,
             ${WAITS_SINCE} as waits_since
      from inbox i
      where id = any ($1::uuid[]) and ${IS_TO_BE_DONE}
      order by id for update of i skip locked`,
    values: [uuidArray(ids)],
  });
  return rows.map(({ event_id, event_type, waits_since, ...row }) => ({
    eventId: event_id,
    eventType: event_type,
    waitsSince: waits_since,
    ...row,
  }));
}

/** Which of these rows are still to be done, held by somebody or not. */
export async function findUndone(database: Queryable, ids: readonly string[]): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>({
    name: 'find-undone',
    text: `select id from inbox where id = any ($1::uuid[]) and ${IS_TO_BE_DONE} order by id`,
    values: [uuidArray(ids)],
  });
  return rows.map(({ id }) => id);
}

interface ClaimColumns {
  id: string;
  provider: string;
  account: string;
  event_id: string;
  event_type: string;
  body: Buffer | null;
  attempts: number;
  waits_since: Date;
}

/** What became of an event that is done with. */
export interface FinishedEvent {
  readonly id: string;
  readonly status: 'applied' | 'noop' | 'ignored';
  readonly reason: string | null;
  readonly paymentId: string | null;
  /** The part whose payment the event waits for. */
  readonly partId: string | null;
}

/** Records outcomes in the transaction that made them true. */
export async function finishEvents(tx: Tx, events: readonly FinishedEvent[]): Promise<void> {
  await tx.query({
    name: 'finish-events',
    text: `
      update inbox set status = t.status, outcome_reason = t.reason, payment_id = t.payment_id,
                       part_id = t.part_id, finished_at = now()
      from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[])
        as t (id, status, reason, payment_id, part_id)
      where inbox.id = t.id and ${hasStatus('inbox.status', 'received')}`,
    values: [
      uuidArray(events.map(({ id }) => id)),
      textArray(events.map(({ status }) => status)),
      textArray(events.map(({ reason }) => reason)),
      uuidArray(events.map(({ paymentId }) => paymentId)),
      textArray(events.map(({ partId }) => partId)),
    ],
  });
}

/** How far an event is. */
export interface EventProgress {
  readonly status: string;
  readonly reason: string | null;
  readonly paymentId: string | null;
  readonly attempts: number;
  /** Message of the last failed attempt. */
  readonly lastError: string | null;
}

export async function findProgress(database: Queryable, id: string): Promise<EventProgress | null> {
  const { rows } = await database.query<EventProgress>({
    name: 'find-progress',
    text: `
      select status, outcome_reason as reason, payment_id as "paymentId", attempts,
             attempt_errors -> -1 ->> 'message' as "lastError"
      from inbox where id = $1`,
    values: [id],
  });
  return rows[0] ?? null;
}

/** Puts events that waited for these parts onto the timeline of the payment that took them. */
export async function linkWaitingEvents(
  tx: Tx,
  parts: readonly {
    readonly provider: string;
    readonly account: string;
    readonly partId: string;
    readonly paymentId: string | null;
  }[],
): Promise<void> {
  await tx.query({
    name: 'link-waiting-events',
    text: `
      with waiting as materialized (
        select i.id, t.payment_id
        from unnest($1::text[], $2::text[], $3::text[], $4::uuid[])
          as t (provider, account, part_id, payment_id)
        join inbox i on (i.part_id, i.provider, i.account) = (t.part_id, t.provider, t.account)
        where i.payment_id is null
        order by i.id for no key update of i)
      update inbox set payment_id = waiting.payment_id
      from waiting where inbox.id = waiting.id`,
    values: [
      parts.map(({ provider }) => provider),
      parts.map(({ account }) => account),
      parts.map(({ partId }) => partId),
      parts.map(({ paymentId }) => paymentId),
    ],
  });
}

/** A failed attempt: what went wrong, and when to try again (null: never). */
export interface FailedAttempt {
  readonly id: string;
  /** How many attempts had failed when this one began: a late writer changes nothing. */
  readonly attemptsBefore: number;
  readonly code: string;
  readonly message: string;
  readonly retryInMs: number | null;
}

/** Records a failed attempt after its rollback, so that the record survives. */
export async function failEvent(database: Queryable, attempt: FailedAttempt): Promise<boolean> {
  const { rowCount } = await database.query({
    name: 'fail-event',
    text: `
      update inbox set
        attempts = attempts + 1,
        attempt_errors = attempt_errors || jsonb_build_array(jsonb_build_object(
          'attempt', attempts + 1, 'code', $3::text, 'message', $4::text, 'at', now())),
        status = case when $5::float8 is null then 'dead' else 'received' end,
        outcome_reason = case when $5::float8 is null then $3::text end,
        finished_at = case when $5::float8 is null then now() end,
        due_at = now() + make_interval(secs => coalesce($5::float8, 0) / 1000.0),
        ring_at = now() + make_interval(secs => coalesce($5::float8, 0) / 1000.0),
        rings = 0, unended = 0
      where id = $1 and ${hasStatus('status', 'received')} and attempts = $2`,
    values: [attempt.id, attempt.attemptsBefore, attempt.code, attempt.message, attempt.retryInMs],
  });
  return rowCount === 1;
}

/**
 * Takes what should be rung for and puts the next ring off by the grace period, so that of many
 * sweepers only one rings for it and nobody rings again while the ring is worked on.
 */
export async function claimRings(
  database: Queryable,
  eventsMax: number,
  graceSeconds: number,
): Promise<DueEvent[]> {
  const { rows } = await database.query<DueEvent>({
    name: 'claim-rings',
    text: `
      with due as materialized (
        select id from inbox where status = 'received' and ring_at <= now()
        order by ring_at, id limit $1 for update skip locked)
      update inbox set ring_at = now() + make_interval(secs => $2),
                       rings = least(rings + 1, ${RINGS_MAX})
      from due where inbox.id = due.id
      returning inbox.id, inbox.body_bytes as bytes, rings, unended`,
    values: [eventsMax, graceSeconds],
  });
  return rows.sort((one, other) => (one.id < other.id ? -1 : 1));
}

/** More are not counted: workers may be away for days. */
const RINGS_MAX = 1000;

/** Makes events due for a ring at once, when the ring that was claimed for them was not heard. */
export async function releaseRings(database: Queryable, ids: readonly string[]): Promise<void> {
  await database.query({
    name: 'release-rings',
    // A row that is locked is being worked on: somebody heard of it, and nobody waits for that.
    text: `
      with unheard as materialized (
        select id from inbox where id = any ($1::uuid[]) and ${hasStatus('status', 'received')}
        order by id for update skip locked)
      update inbox set ring_at = now(), rings = greatest(rings - 1, 0)
      from unheard where inbox.id = unheard.id`,
    values: [uuidArray(ids)],
  });
}

/** How much waits, and since when: what the backlog metric shows. */
export async function measureBacklog(
  database: Queryable,
): Promise<{ received: number; dead: number; oldestSeconds: number }> {
  const { rows } = await database.query<{ received: number; dead: number; oldest: number }>({
    name: 'measure-backlog',
    text: `
      select (select count(*) from inbox where status = 'received')::int as received,
             (select count(*) from inbox where status = 'dead')::int as dead,
             coalesce((select extract(epoch from now() - min(least(now(), ${WAITS_SINCE})))
                       from inbox where status = 'received'), 0)::float8 as oldest`,
  });
  const [row] = rows;
  return { received: row?.received ?? 0, dead: row?.dead ?? 0, oldestSeconds: row?.oldest ?? 0 };
}
