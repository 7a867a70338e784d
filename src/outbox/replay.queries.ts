import type { Queryable, Tx } from '../database/transaction.js';

/** A message of a consumer as it was when somebody chose it. */
export interface ChosenDispatch {
  readonly consumer: string;
  readonly messageId: string;
  /** `tries` at that time. Another number: somebody was faster. */
  readonly generation: number;
}

/** A message that was sent through again or discarded, and what it was before. */
export interface TouchedDispatch {
  readonly consumer: string;
  readonly messageId: string;
  readonly statusBefore: string;
  readonly outcomeBefore: string | null;
}

/**
 * Sends what is settled without having been consumed through again, with all its attempts. The
 * guard makes it happen once, however often it is asked for.
 *
 * @returns those that were
 */
export async function replayDispatches(
  tx: Tx,
  chosen: readonly ChosenDispatch[],
): Promise<TouchedDispatch[]> {
  const { rows } = await tx.query<TouchedDispatch>({
    name: 'replay-dispatches',
    text: `
      ${lockChosen(`'dead', 'discarded'`)}
      update dispatches d set status = 'pending', turn = turn + 1, tries = tries + 1,
        attempts = 0, sends = 0, reason = null, settled_at = null, due_at = now(),
        replays = replays + 1
      ${RETURN_TOUCHED}`,
    values: chosenColumns(chosen),
  });
  return rows;
}

/**
 * Gives dead letters of consumers up; they can be replayed all the same, but not by who chose them
 * before that.
 *
 * @returns those that were
 */
export async function discardDispatches(
  tx: Tx,
  chosen: readonly ChosenDispatch[],
): Promise<TouchedDispatch[]> {
  const { rows } = await tx.query<TouchedDispatch>({
    name: 'discard-dispatches',
    text: `
      ${lockChosen(`'dead'`)}
      update dispatches d set status = 'discarded', settled_at = now(), tries = tries + 1
      ${RETURN_TOUCHED}`,
    values: chosenColumns(chosen),
  });
  return rows;
}

/** Messages of a consumer by id, with what names their current try; those that are there. */
export async function findDispatchesById(
  database: Queryable,
  consumer: string,
  messageIds: readonly string[],
): Promise<{ readonly id: string; readonly consumer: string; readonly generation: number }[]> {
  const { rows } = await database.query<{ id: string; consumer: string; generation: number }>({
    name: 'find-dispatches-by-id',
    text: `
      select message_id as id, consumer, tries as generation from dispatches
      where consumer = $1 and message_id = any ($2::uuid[]) order by message_id`,
    values: [consumer, messageIds],
  });
  return rows;
}

/** Locks in one order, whoever asks, so that two who choose the same wait for each other. */
function lockChosen(statuses: string): string {
  return `
    with chosen as materialized (
      select d.consumer, d.message_id, d.status, d.reason
      from dispatches d
      join unnest($1::text[], $2::uuid[], $3::integer[]) as t (consumer, message_id, generation)
        on (t.consumer, t.message_id) = (d.consumer, d.message_id)
      where d.tries = t.generation and d.status in (${statuses})
      order by d.consumer, d.message_id for update of d)`;
}

const RETURN_TOUCHED = `
  from chosen where (d.consumer, d.message_id) = (chosen.consumer, chosen.message_id)
  returning d.consumer, d.message_id as "messageId", chosen.status as "statusBefore",
            chosen.reason as "outcomeBefore"`;

function chosenColumns(chosen: readonly ChosenDispatch[]): [string[], string[], number[]] {
  return [
    chosen.map(({ consumer }) => consumer),
    chosen.map(({ messageId }) => messageId),
    chosen.map(({ generation }) => generation),
  ];
}
