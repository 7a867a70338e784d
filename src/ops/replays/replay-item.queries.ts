import type { Queryable, Tx } from '../../database/transaction.js';

/** An event, or a message of a consumer, as it was when it was chosen. */
export interface ReplayItem {
  readonly position: number;
  /** Id of the event or message. */
  readonly id: string;
  /** Of a message: whose. */
  readonly consumer: string | null;
  readonly generation: number;
}

/** A query of `id`, `consumer` and `generation`, with its values. */
export interface MatchingQuery {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/**
 * Keeps what a query finds as the items of a replay.
 * @returns how many they are
 */
export async function insertMatchingItems(
  tx: Tx,
  replayId: string,
  chosen: MatchingQuery,
): Promise<number> {
  const { rowCount } = await tx.query(
    `insert into replay_items (replay_id, position, subject, consumer, generation)
     select $${chosen.values.length + 1}, row_number() over (order by id, consumer), id, consumer,
            generation
     from (${chosen.sql}) as chosen`,
    [...chosen.values, replayId],
  );
  return rowCount ?? 0;
}

/** How many a query finds. */
export async function countMatching(tx: Tx, chosen: MatchingQuery): Promise<number> {
  const { rows } = await tx.query<{ items: number }>(
    `select count(*)::integer as items from (${chosen.sql}) as chosen`,
    [...chosen.values],
  );
  return rows[0]?.items ?? 0;
}

/** Ids that a query finds. */
export async function findMatchingIds(tx: Tx, chosen: MatchingQuery): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `select id from (${chosen.sql}) as chosen order by id`,
    [...chosen.values],
  );
  return rows.map(({ id }) => id);
}

/** Keeps these as the items of a replay. */
export async function insertItems(
  tx: Tx,
  replayId: string,
  items: readonly Omit<ReplayItem, 'position'>[],
): Promise<void> {
  await tx.query({
    name: 'insert-replay-items',
    text: `
      insert into replay_items (replay_id, position, subject, consumer, generation)
      select $1, n, id, consumer, generation
      from unnest($2::uuid[], $3::text[], $4::integer[]) with ordinality
        as t (id, consumer, generation, n)`,
    values: [
      replayId,
      items.map(({ id }) => id),
      items.map(({ consumer }) => consumer),
      items.map(({ generation }) => generation),
    ],
  });
}

/** The next items that nobody has dealt with, in the order of the choice. */
export async function findPendingItems(
  tx: Tx,
  replayId: string,
  itemsMax: number,
): Promise<ReplayItem[]> {
  const { rows } = await tx.query<ReplayItem>({
    name: 'find-pending-items',
    text: `
      select position, subject as id, consumer, generation from replay_items
      where replay_id = $1 and status = 'pending' order by position limit $2`,
    values: [replayId, itemsMax],
  });
  return rows;
}

/** What became of an item: `skipped` when it was no longer what had been chosen. */
export interface SettledItem {
  readonly position: number;
  readonly status: 'done' | 'skipped';
  /** Null: somebody was faster, or there was nothing to do. */
  readonly skipReason: 'payload_not_kept' | null;
  readonly statusBefore: string | null;
  readonly outcomeBefore: string | null;
}

export async function settleItems(
  tx: Tx,
  replayId: string,
  items: readonly SettledItem[],
): Promise<void> {
  await tx.query({
    name: 'settle-replay-items',
    text: `
      update replay_items r set status = t.status, status_before = t.status_before,
        outcome_before = t.outcome_before, skip_reason = t.skip_reason, at = now()
      from unnest($2::integer[], $3::text[], $4::text[], $5::text[], $6::text[])
        as t (position, status, status_before, outcome_before, skip_reason)
      where r.replay_id = $1 and r.position = t.position`,
    values: [
      replayId,
      items.map(({ position }) => position),
      items.map(({ status }) => status),
      items.map(({ statusBefore }) => statusBefore),
      items.map(({ outcomeBefore }) => outcomeBefore),
      items.map(({ skipReason }) => skipReason),
    ],
  });
}

/** A replay of one event or message, as its timeline shows it. */
export interface ReplayOf {
  /** Id of the event or message. */
  readonly subject: string;
  readonly replayId: string;
  readonly action: 'replay' | 'discard';
  readonly by: string;
  readonly reason: string | null;
  readonly at: Date;
  readonly statusBefore: string | null;
  readonly outcomeBefore: string | null;
}

/** What people did to these events or messages, oldest first. */
export async function findReplaysOf(
  database: Queryable,
  subjects: readonly string[],
): Promise<ReplayOf[]> {
  const { rows } = await database.query<ReplayOf>({
    name: 'find-replays-of',
    text: `
      select i.subject, i.replay_id as "replayId", r.action, r.actor as "by", r.reason, i.at,
             i.status_before as "statusBefore", i.outcome_before as "outcomeBefore"
      from replay_items i join replays r on r.id = i.replay_id
      where i.subject = any ($1::uuid[]) and i.status = 'done' order by i.at`,
    values: [subjects],
  });
  return rows;
}

/** Where what a replay has sent through stands now: how many by status. */
export async function countResults(
  database: Queryable,
  replayId: string,
): Promise<Record<string, number>> {
  const { rows } = await database.query<{ status: string; items: number }>({
    name: 'count-replay-results',
    text: `
      select coalesce(e.status, d.status, 'forgotten') as status, count(*)::integer as items
      from replay_items i
      left join inbox e on e.id = i.subject and i.consumer is null
      left join dispatches d on d.consumer = i.consumer and d.message_id = i.subject
      where i.replay_id = $1 and i.status = 'done' group by 1`,
    values: [replayId],
  });
  return Object.fromEntries(rows.map(({ status, items }) => [status, items]));
}

/** An item of a replay as people follow it. */
export interface ReplayItemView {
  readonly position: number;
  /** Id of the event or message. */
  readonly id: string;
  /** Of a message: whose. */
  readonly consumer: string | null;
  /** Null: it is not kept any more. */
  readonly type: string | null;
  readonly status: 'pending' | 'done' | 'skipped';
  /** Why it was left alone: a code; null: it was not, or somebody was faster. */
  readonly skipReason: string | null;
  readonly statusBefore: string | null;
  readonly outcomeBefore: string | null;
  /** Null: it is not kept any more. */
  readonly statusNow: string | null;
  /** Why it ended so; null: it needs no reason, or waits. */
  readonly outcomeNow: string | null;
}

/**
 * Items of a replay, in the order of the choice.
 * @param wanted `now`: only what was sent through and stands so now, null: all; `after`: the last position before
 */
export async function findItems(
  database: Queryable,
  replayId: string,
  wanted: { readonly now: string | null; readonly after: number; readonly limit: number },
): Promise<ReplayItemView[]> {
  const { rows } = await database.query<ReplayItemView>({
    name: 'find-replay-items',
    text: `
      select i.position, i.subject as id, i.consumer, coalesce(e.event_type, m.type) as type,
             i.status, i.skip_reason as "skipReason", i.status_before as "statusBefore", i.outcome_before as "outcomeBefore",
             coalesce(e.status, d.status) as "statusNow",
             case when e.status <> 'received' then e.outcome_reason
                  when d.status <> 'pending' then d.reason end as "outcomeNow"
      from replay_items i
      left join inbox e on e.id = i.subject and i.consumer is null
      left join dispatches d on d.consumer = i.consumer and d.message_id = i.subject
      left join outbox m on m.id = d.message_id
      where i.replay_id = $1 and i.position > $2
        and ($3::text is null
             or (i.status = 'done' and coalesce(e.status, d.status, 'forgotten') = $3))
      order by i.position limit $4`,
    values: [replayId, wanted.after, wanted.now, wanted.limit],
  });
  return rows;
}
