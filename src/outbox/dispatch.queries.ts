import type { Queryable } from '../database/transaction.js';
import type { ClaimedDispatch } from './dispatch.js';

/**
 * Claims what is due for a consumer, by lease and in one statement: nobody else sends it before
 * the lease ends, and if this relay dies, somebody does after that.
 */
export async function claimDispatches(
  database: Queryable,
  consumer: string,
  dispatchesMax: number,
  leaseSeconds: number,
): Promise<ClaimedDispatch[]> {
  const { rows } = await database.query<ClaimedDispatch>({
    name: 'claim-dispatches',
    text: `
      with due as materialized (
        select message_id from dispatches
        where consumer = $1 and status = 'pending' and due_at <= now()
        order by due_at limit $2 for update skip locked),
      claimed as (
        update dispatches d set due_at = now() + make_interval(secs => $3)
        from due where d.consumer = $1 and d.message_id = due.message_id
        returning d.message_id, d.attempts)
      select m.id as "messageId", c.attempts, m.type, m.aggregate,
             m.aggregate_id as "aggregateId", m.version, m.subject, m.data,
             m.created_at as "createdAt"
      from claimed c join outbox m on m.id = c.message_id order by m.id`,
    values: [consumer, dispatchesMax, leaseSeconds],
  });
  return rows;
}

/** Names the try that something is said about: an answer to an older one changes nothing. */
export interface DispatchKey {
  readonly messageId: string;
  readonly attempts: number;
}

/**
 * Notes that the queue took them. Should the queue lose them, they are due again after
 * `resendSeconds`, and twice as much with every time, so that a slow consumer is not flooded.
 */
export async function markPublished(
  database: Queryable,
  consumer: string,
  dispatches: readonly DispatchKey[],
  resendSeconds: number,
): Promise<void> {
  await database.query({
    name: 'mark-published',
    text: `
      update dispatches d set published_at = now(), sends = sends + 1,
        due_at = now() + make_interval(secs => $4 * 2 ^ least(sends, 6))
      from unnest($2::uuid[], $3::integer[]) as t (message_id, attempts)
      where d.consumer = $1 and d.message_id = t.message_id and d.attempts = t.attempts
        and d.status = 'pending'`,
    values: [
      consumer,
      dispatches.map(({ messageId }) => messageId),
      dispatches.map(({ attempts }) => attempts),
      resendSeconds,
    ],
  });
}

/** Gives back what the queue did not take: due at once. */
export async function releaseDispatches(
  database: Queryable,
  consumer: string,
  dispatches: readonly DispatchKey[],
): Promise<void> {
  await database.query({
    name: 'release-dispatches',
    text: `
      update dispatches d set due_at = now()
      from unnest($2::uuid[], $3::integer[]) as t (message_id, attempts)
      where d.consumer = $1 and d.message_id = t.message_id and d.attempts = t.attempts
        and d.status = 'pending'`,
    values: [
      consumer,
      dispatches.map(({ messageId }) => messageId),
      dispatches.map(({ attempts }) => attempts),
    ],
  });
}

/** True while this try is still wanted: a job may come late, or twice. */
export async function isWanted(
  database: Queryable,
  consumer: string,
  { messageId, attempts }: DispatchKey,
): Promise<boolean> {
  const { rowCount } = await database.query({
    name: 'is-dispatch-wanted',
    text: `
      select 1 from dispatches
      where consumer = $1 and message_id = $2 and status = 'pending' and attempts = $3`,
    values: [consumer, messageId, attempts],
  });
  return rowCount === 1;
}

/** The consumer is done with it, whichever of its tries that was. */
export async function markConsumed(
  database: Queryable,
  consumer: string,
  messageId: string,
): Promise<boolean> {
  const { rowCount } = await database.query({
    name: 'mark-consumed',
    text: `
      update dispatches set status = 'consumed', settled_at = now(), reason = null
      where consumer = $1 and message_id = $2 and status <> 'consumed'`,
    values: [consumer, messageId],
  });
  return rowCount === 1;
}

/** A failed try: what went wrong, and when to try again (null: never). */
export interface FailedDispatch extends DispatchKey {
  readonly code: string;
  readonly message: string;
  readonly retryInMs: number | null;
}

export async function failDispatch(
  database: Queryable,
  consumer: string,
  failure: FailedDispatch,
): Promise<boolean> {
  const { rowCount } = await database.query({
    name: 'fail-dispatch',
    text: `
      update dispatches set
        attempts = attempts + 1, sends = 0,
        attempt_errors = attempt_errors || jsonb_build_array(jsonb_build_object(
          'attempt', attempts + 1, 'code', $4::text, 'message', $5::text, 'at', now())),
        status = case when $6::float8 is null then 'dead' else 'pending' end,
        reason = case when $6::float8 is null then $4::text end,
        settled_at = case when $6::float8 is null then now() end,
        due_at = now() + make_interval(secs => coalesce($6::float8, 0) / 1000.0)
      where consumer = $1 and message_id = $2 and attempts = $3 and status = 'pending'`,
    values: [
      consumer,
      failure.messageId,
      failure.attempts,
      failure.code,
      failure.message,
      failure.retryInMs,
    ],
  });
  return rowCount === 1;
}

/** Puts a try off that was none. */
export async function postponeDispatch(
  database: Queryable,
  consumer: string,
  { messageId, attempts }: DispatchKey,
  retryInMs: number,
): Promise<boolean> {
  const { rowCount } = await database.query({
    name: 'postpone-dispatch',
    text: `
      update dispatches set due_at = now() + make_interval(secs => $4::float8 / 1000.0)
      where consumer = $1 and message_id = $2 and attempts = $3 and status = 'pending'`,
    values: [consumer, messageId, attempts, retryInMs],
  });
  return rowCount === 1;
}

/**
 * Sends a dead letter of a consumer through again, with all its attempts. The guard makes it
 * happen once, however often it is asked for.
 *
 * @returns false when it is no dead letter (any more)
 */
export async function replayDispatch(
  database: Queryable,
  consumer: string,
  messageId: string,
): Promise<boolean> {
  const { rowCount } = await database.query({
    name: 'replay-dispatch',
    text: `
      update dispatches set status = 'pending', attempts = 0, sends = 0, reason = null,
        settled_at = null, due_at = now(), replays = replays + 1
      where consumer = $1 and message_id = $2 and status = 'dead'`,
    values: [consumer, messageId],
  });
  return rowCount === 1;
}

/** How much waits for each consumer, and since when. */
export interface DispatchCounts {
  readonly consumer: string;
  readonly pending: number;
  readonly dead: number;
  /** Age of the oldest that is pending, seconds; 0: none. */
  readonly oldestSeconds: number;
}

export async function countDispatches(database: Queryable): Promise<DispatchCounts[]> {
  const { rows } = await database.query<DispatchCounts>({
    name: 'count-dispatches',
    text: `
      select consumer, count(*) filter (where status = 'pending')::integer as pending,
             count(*) filter (where status = 'dead')::integer as dead,
             coalesce(extract(epoch from now() - min(created_at)
               filter (where status = 'pending')), 0)::float8 as "oldestSeconds"
      from dispatches where status <> 'consumed' group by consumer order by consumer`,
  });
  return rows;
}

/** Messages that no relay has seen yet. */
export async function countWaitingMessages(database: Queryable): Promise<number> {
  const { rows } = await database.query<{ messages: number }>({
    name: 'count-waiting-messages',
    text: `select count(*)::integer as messages from outbox where fanned_out_at is null`,
  });
  return rows[0]?.messages ?? 0;
}
