import type { Queryable, Tx } from '../../database/transaction.js';

export const REPLAY_STATUSES = ['running', 'paused', 'cancelled', 'done'] as const;
export type ReplayStatus = (typeof REPLAY_STATUSES)[number];

/** What a person asked to be sent through again, or to be discarded. */
export interface ReplayOrder {
  readonly id: string;
  readonly target: 'events' | 'messages';
  readonly action: 'replay' | 'discard';
  readonly actor: string;
  readonly role: string;
  /** The same key of one person is the same order; null: a new one. */
  readonly key: string | null;
  readonly fingerprint: Buffer;
  /** Null: single ones were chosen. */
  readonly filter: Readonly<Record<string, unknown>> | null;
  readonly reason: string | null;
  readonly perSecond: number;
}

/** How far an order is. */
export interface ReplayRow extends Omit<ReplayOrder, 'key'> {
  readonly status: ReplayStatus;
  readonly total: number;
  readonly done: number;
  readonly skipped: number;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** @returns false when the same person gave an order with this key before */
export async function insertReplay(tx: Tx, order: ReplayOrder): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'insert-replay',
    text: `
      insert into replays
        (id, target, action, actor, role, key, fingerprint, filter, reason, per_second, total)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0)
      on conflict (actor, key) do nothing`,
    values: [
      order.id,
      order.target,
      order.action,
      order.actor,
      order.role,
      order.key,
      order.fingerprint,
      order.filter === null ? null : JSON.stringify(order.filter),
      order.reason,
      order.perSecond,
    ],
  });
  return rowCount === 1;
}

/** Notes how much was chosen; an order of nothing is done at once. */
export async function setReplayTotal(tx: Tx, id: string, total: number): Promise<void> {
  await tx.query({
    name: 'set-replay-total',
    text: `
      update replays set total = $2, status = case when $2 = 0 then 'done' else status end,
        finished_at = case when $2 = 0 then now() end
      where id = $1`,
    values: [id, total],
  });
}

/** Null: there is none with this id. */
export async function findReplay(database: Queryable, id: string): Promise<ReplayRow | null> {
  const { rows } = await database.query<ReplayRow>({
    name: 'find-replay',
    text: `${SELECT_REPLAY} where id = $1`,
    values: [id],
  });
  return rows[0] ?? null;
}

/** The order that this person gave with this key. */
export async function findReplayByKey(
  database: Queryable,
  actor: string,
  key: string,
): Promise<ReplayRow | null> {
  const { rows } = await database.query<ReplayRow>({
    name: 'find-replay-by-key',
    text: `${SELECT_REPLAY} where actor = $1 and key = $2`,
    values: [actor, key],
  });
  return rows[0] ?? null;
}

/** Newest first. */
export async function findReplays(
  database: Queryable,
  status: ReplayStatus | null,
  beforeId: string | null,
  limit: number,
): Promise<ReplayRow[]> {
  const { rows } = await database.query<ReplayRow>({
    name: 'find-replays',
    text: `
      ${SELECT_REPLAY}
      where ($1::text is null or status = $1) and ($2::uuid is null or id < $2)
      order by id desc limit $3`,
    values: [status, beforeId, limit],
  });
  return rows;
}

/**
 * Takes the order whose next part is due for the longest time. Another process that looks at the
 * same moment takes another one.
 */
export async function claimReplay(tx: Tx): Promise<ReplayRow | null> {
  const { rows } = await tx.query<ReplayRow>({
    name: 'claim-replay',
    text: `
      ${SELECT_REPLAY} where status = 'running' and next_at <= now()
      order by next_at limit 1 for update skip locked`,
  });
  return rows[0] ?? null;
}

/** Counts a part that is done, and puts the next one off by `pauseMs`. */
export async function advanceReplay(
  tx: Tx,
  id: string,
  part: { readonly done: number; readonly skipped: number; readonly pauseMs: number },
): Promise<void> {
  await tx.query({
    name: 'advance-replay',
    text: `
      update replays set done = done + $2, skipped = skipped + $3,
        status = case when done + $2 + skipped + $3 >= total then 'done' else status end,
        finished_at = case when done + $2 + skipped + $3 >= total then now() end,
        next_at = now() + make_interval(secs => $4::float8 / 1000.0)
      where id = $1`,
    values: [id, part.done, part.skipped, part.pauseMs],
  });
}

/**
 * Pauses, goes on with or calls off an order. What is done stays done.
 * @returns false when it is over, or is so already
 */
export async function setReplayStatus(
  tx: Tx,
  id: string,
  from: readonly ReplayStatus[],
  to: ReplayStatus,
): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'set-replay-status',
    text: `
      update replays set status = $3, next_at = now(),
        finished_at = case when $3 = 'cancelled' then now() end
      where id = $1 and status = any ($2::text[])`,
    values: [id, from, to],
  });
  return rowCount === 1;
}

const SELECT_REPLAY = `
  select id, target, action, status, actor, role, fingerprint, filter, reason,
         per_second as "perSecond", total, done, skipped, created_at as "createdAt",
         finished_at as "finishedAt"
  from replays`;
