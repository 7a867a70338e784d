import type { Queryable } from '../../database/transaction.js';

/** Dead letters that died of the same. */
export interface DeadLetterGroup {
  readonly type: string;
  readonly code: string;
  readonly count: number;
  readonly oldestAt: Date;
  readonly newestAt: Date;
  /** What was said of the newest of them; null: nothing. */
  readonly message: string | null;
}

export type DeadEventGroup = DeadLetterGroup & { readonly provider: string };
export type DeadMessageGroup = DeadLetterGroup & { readonly consumer: string };

/** Dead letters of the inbox by what killed them, most frequent first. */
export async function groupDeadEvents(
  database: Queryable,
  groupsMax: number,
): Promise<DeadEventGroup[]> {
  const { rows } = await database.query<DeadEventGroup>({
    name: 'group-dead-events',
    text: `
      select provider, event_type as type, coalesce(outcome_reason, '') as code,
             count(*)::integer as count, min(received_at) as "oldestAt",
             max(received_at) as "newestAt",
             (array_agg(attempt_errors -> -1 ->> 'message' order by id desc))[1] as message
      from inbox where status = 'dead'
      group by provider, event_type, outcome_reason
      order by count(*) desc, provider, event_type limit $1`,
    values: [groupsMax],
  });
  return rows;
}

/** Dead letters of consumers by what killed them, most frequent first. */
export async function groupDeadMessages(
  database: Queryable,
  groupsMax: number,
): Promise<DeadMessageGroup[]> {
  const { rows } = await database.query<DeadMessageGroup>({
    name: 'group-dead-messages',
    text: `
      select d.consumer, m.type, coalesce(d.reason, '') as code, count(*)::integer as count,
             min(d.created_at) as "oldestAt", max(d.created_at) as "newestAt",
             (array_agg(d.attempt_errors -> -1 ->> 'message' order by d.message_id desc))[1]
               as message
      from dispatches d join outbox m on m.id = d.message_id where d.status = 'dead'
      group by d.consumer, m.type, d.reason
      order by count(*) desc, d.consumer, m.type limit $1`,
    values: [groupsMax],
  });
  return rows;
}
