import { hasStatus } from '../database/keyed-plans.js';
import type { Queryable } from '../database/transaction.js';
import type { ClaimedDispatch, StoredMessage } from './dispatch.js';

/**
 * Claims what is due for a consumer, by lease and in one statement: nobody else sends it before
 * the lease ends, and if this relay dies, somebody does after that.
 *
 * @param sendsMax what the queue took more often than this is left alone: 0 leaves out everything
 * that was sent before
 */
export async function claimDispatches(
  database: Queryable,
  consumer: string,
  dispatchesMax: number,
  leaseSeconds: number,
  sendsMax: number,
): Promise<ClaimedDispatch[]> {
  const { rows } = await database.query<ClaimedDispatch>({
    name: 'claim-dispatches',
    text: `
      with due as materialized (
        select message_id from dispatches
        where consumer = $1 and status = 'pending' and due_at <= now() and sends <= $4
        order by due_at limit $2 for update skip locked),
      claimed as (
        update dispatches d set turn = turn + 1, due_at = now() + make_interval(secs => $3)
        where d.consumer = $1 and d.message_id = any (array(select message_id from due))
        returning d.message_id, d.tries, d.attempts, d.turn, d.sends)
      select m.id as "messageId", c.tries, c.attempts, c.turn, c.sends, m.type, m.aggregate,
             m.aggregate_id as "aggregateId", m.version, m.subject, m.data,
             m.created_at as "createdAt"
      from claimed c join outbox m on m.id = c.message_id order by m.id`,
    values: [consumer, dispatchesMax, leaseSeconds, sendsMax],
  });
  return rows;
}

/** Of dispatches that are named by their keys. */
const IS_PENDING = hasStatus('status', 'pending');

/** What a relay has claimed, and for which turn: what it says later than that changes nothing. */
export interface Turn {
  readonly messageId: string;
  readonly turn: number;
}

/**
 * Notes that the queue took them. Should the queue lose them, they are due again after
 * `resendSeconds`, and later with every time, so that nobody is flooded.
 */
export async function markPublished(
  database: Queryable,
  consumer: string,
  turns: readonly Turn[],
  resendSeconds: number,
): Promise<void> {
  await database.query({
    name: 'mark-published',
    text: `
      update dispatches d set published_at = now(), sends = sends + 1,
        due_at = now() + make_interval(secs => $4 * 2 ^ least(sends, 3))
      from unnest($2::uuid[], $3::integer[]) as t (message_id, turn)
      where d.consumer = $1 and d.message_id = any ($2::uuid[])
        and d.message_id = t.message_id and d.turn = t.turn
        and ${hasStatus('d.status', 'pending')}`,
    values: [consumer, ...columns(turns), resendSeconds],
  });
}

/** Gives back what the queue did not take: due at once. */
export async function releaseDispatches(
  database: Queryable,
  consumer: string,
  turns: readonly Turn[],
): Promise<void> {
  await database.query({
    name: 'release-dispatches',
    text: `
      update dispatches d set due_at = now()
      from unnest($2::uuid[], $3::integer[]) as t (message_id, turn)
      where d.consumer = $1 and d.message_id = any ($2::uuid[])
        and d.message_id = t.message_id and d.turn = t.turn
        and ${hasStatus('d.status', 'pending')}`,
    values: [consumer, ...columns(turns)],
  });
}

function columns(turns: readonly Turn[]): [string[], number[]] {
  return [turns.map(({ messageId }) => messageId), turns.map(({ turn }) => turn)];
}

/** Names a try of a consumer: what is said about any other one changes nothing. */
export interface Try {
  readonly messageId: string;
  /** Tries and replays that ended before it. */
  readonly tries: number;
}

/** True while this try is still wanted: a job may come late, or twice. */
export async function isWanted(
  database: Queryable,
  consumer: string,
  { messageId, tries }: Try,
): Promise<boolean> {
  const { rowCount } = await database.query({
    name: 'is-dispatch-wanted',
    text: `
      select 1 from dispatches
      where consumer = $1 and message_id = $2 and tries = $3 and ${IS_PENDING}`,
    values: [consumer, messageId, tries],
  });
  return rowCount === 1;
}

/** A message as it was written down; null: it is not there any more. */
export async function findMessage(
  database: Queryable,
  messageId: string,
): Promise<StoredMessage | null> {
  const { rows } = await database.query<StoredMessage>({
    name: 'find-message',
    text: `
      select id as "messageId", type, aggregate, aggregate_id as "aggregateId", version, subject,
             data, created_at as "createdAt"
      from outbox where id = $1`,
    values: [messageId],
  });
  return rows[0] ?? null;
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

/** A failed try: what went wrong, and what then. */
export interface FailedTry extends Try {
  readonly code: string;
  readonly message: string;
  /** Pause before the next one. */
  readonly retryInMs: number;
  /** No other one may follow, however many are left. */
  readonly isFinal: boolean;
  readonly attemptsMax: number;
}

/**
 * Records a failed try, and whether another one follows.
 * @returns what the message is now; null: the try is over since long, and nothing changed
 */
export async function failDispatch(
  database: Queryable,
  consumer: string,
  failure: FailedTry,
): Promise<{ readonly status: 'pending' | 'dead'; readonly attempts: number } | null> {
  const { rows } = await database.query<{ status: 'pending' | 'dead'; attempts: number }>({
    name: 'fail-dispatch',
    text: `
      update dispatches set
        turn = turn + 1, tries = tries + 1, attempts = attempts + 1, sends = 0,
        attempt_errors = attempt_errors || jsonb_build_array(jsonb_build_object(
          'attempt', attempts + 1, 'code', $4::text, 'message', $5::text, 'at', now())),
        status = case when $7 or attempts + 1 >= $8 then 'dead' else 'pending' end,
        reason = case when $7 or attempts + 1 >= $8 then $4::text end,
        settled_at = case when $7 or attempts + 1 >= $8 then now() end,
        due_at = now() + make_interval(secs => $6::float8 / 1000.0)
      where consumer = $1 and message_id = $2 and tries = $3 and ${IS_PENDING}
      returning status, attempts`,
    values: [
      consumer,
      failure.messageId,
      failure.tries,
      failure.code,
      failure.message,
      failure.retryInMs,
      failure.isFinal,
      failure.attemptsMax,
    ],
  });
  return rows[0] ?? null;
}

/** Puts a try off that was none. */
export async function postponeDispatch(
  database: Queryable,
  consumer: string,
  { messageId, tries }: Try,
  retryInMs: number,
): Promise<boolean> {
  const { rowCount } = await database.query({
    name: 'postpone-dispatch',
    text: `
      update dispatches set turn = turn + 1, tries = tries + 1, sends = 0,
        due_at = now() + make_interval(secs => $4::float8 / 1000.0)
      where consumer = $1 and message_id = $2 and tries = $3 and ${IS_PENDING}`,
    values: [consumer, messageId, tries, retryInMs],
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

/** Each half on its own partial index: what is consumed may be millions of rows. */
export async function countDispatches(database: Queryable): Promise<DispatchCounts[]> {
  const { rows } = await database.query<DispatchCounts>({
    name: 'count-dispatches',
    text: `
      with waiting as (
        select consumer, count(*)::integer as pending,
               extract(epoch from now() - min(created_at))::float8 as seconds
        from dispatches where status = 'pending' group by consumer),
      buried as (
        select consumer, count(*)::integer as dead
        from dispatches where status = 'dead' group by consumer)
      select consumer, coalesce(pending, 0) as pending, coalesce(dead, 0) as dead,
             coalesce(seconds, 0) as "oldestSeconds"
      from waiting full join buried using (consumer) order by consumer`,
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
