import type { Queryable, Tx } from '../database/transaction.js';
import { BODY, type ClaimedEvent } from './ring.queries.js';

/** An event as it was when somebody chose it. */
export interface ChosenEvent {
  readonly id: string;
  /** How often it had been sent through again then. Another number: somebody was faster. */
  readonly generation: number;
}

/** An event that was sent through again or discarded, and what it was before. */
export interface TouchedEvent {
  readonly id: string;
  readonly statusBefore: string;
  readonly outcomeBefore: string | null;
}

/**
 * Makes events work items again, whatever came of them, with all their attempts; one that waits
 * out a pause need not wait any more. An event that was applied ends as a no-op. One without its
 * body is left alone; the body is locked, so that nobody removes it before the event counts as a
 * work item again.
 *
 * @param graceSeconds until the sweeper rings for what nobody rang for
 * @returns those that were; the others are being worked on, were sent through meanwhile, or have no
 *   body any more
 */
export async function replayEvents(
  tx: Tx,
  chosen: readonly ChosenEvent[],
  graceSeconds: number,
): Promise<TouchedEvent[]> {
  const { rows } = await tx.query<TouchedEvent>({
    name: 'replay-events',
    text: `
      with chosen as materialized (
        select i.id, i.status, i.outcome_reason
        from inbox i join unnest($1::uuid[], $2::integer[]) as t (id, generation) on t.id = i.id
        join inbox_bodies b on b.inbox_id = i.id
        where i.replays = t.generation
          and (i.status <> 'received' or (i.attempts > 0 and i.due_at > now()))
        order by i.id for update of i for key share of b)
      update inbox set status = 'received', attempts = 0, replays = replays + 1,
        outcome_reason = null, finished_at = null, rings = 0, unended = 0, due_at = now(),
        ring_at = now() + make_interval(secs => $3)
      from chosen where inbox.id = chosen.id
      returning inbox.id, chosen.status as "statusBefore",
                chosen.outcome_reason as "outcomeBefore"`,
    values: [...columns(chosen), graceSeconds],
  });
  return rows;
}

/**
 * Gives dead letters up for good: they stay as evidence, and can be replayed all the same, but not
 * by who chose them before that.
 */
export async function discardEvents(
  tx: Tx,
  chosen: readonly ChosenEvent[],
): Promise<TouchedEvent[]> {
  const { rows } = await tx.query<TouchedEvent>({
    name: 'discard-events',
    text: `
      with chosen as materialized (
        select i.id, i.status, i.outcome_reason
        from inbox i join unnest($1::uuid[], $2::integer[]) as t (id, generation) on t.id = i.id
        where i.replays = t.generation and i.status = 'dead'
        order by i.id for update of i)
      update inbox set status = 'discarded', finished_at = now(), replays = replays + 1
      from chosen where inbox.id = chosen.id
      returning inbox.id, chosen.status as "statusBefore",
                chosen.outcome_reason as "outcomeBefore"`,
    values: columns(chosen),
  });
  return rows;
}

/** Events by id, with how often they were sent through again; those that are there. */
export async function findEvents(
  database: Queryable,
  ids: readonly string[],
): Promise<ChosenEvent[]> {
  const { rows } = await database.query<ChosenEvent>({
    name: 'find-chosen-events',
    text: `select id, replays as generation from inbox where id = any ($1::uuid[]) order by id`,
    values: [ids],
  });
  return rows;
}

/** Which of these events have no body any more. */
export async function findBodiless(database: Queryable, ids: readonly string[]): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>({
    name: 'find-bodiless',
    text: `
      select i.id from inbox i
      where i.id = any ($1::uuid[])
        and not exists (select from inbox_bodies b where b.inbox_id = i.id)`,
    values: [ids],
  });
  return rows.map(({ id }) => id);
}

/** Events as a worker would get them, whatever came of them. */
export async function readEvents(tx: Tx, ids: readonly string[]): Promise<ClaimedEvent[]> {
  const { rows } = await tx.query<ClaimedEvent>({
    name: 'read-events',
    text: `
      select id, provider, account, event_id as "eventId", event_type as "eventType", ${BODY},
             attempts, received_at as "waitsSince"
      from inbox i where id = any ($1::uuid[]) order by id`,
    values: [ids],
  });
  return rows;
}

function columns(chosen: readonly ChosenEvent[]): [string[], number[]] {
  return [chosen.map(({ id }) => id), chosen.map(({ generation }) => generation)];
}
