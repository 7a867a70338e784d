import { eventually } from './eventually.js';
import type { StoryEvent } from './story.js';
import type { TestDatabase } from './test-database.js';
import type { WebhookClient } from './webhook-client.js';

/** Runs statements as somebody who looks from outside. */
export type Observer = Pick<TestDatabase, 'query'>;

/** A row of the inbox, as far as tests ask for it. */
export interface InboxRow {
  readonly id: string;
  readonly provider: string;
  readonly event_id: string;
  readonly event_type: string;
  readonly status: string;
  readonly outcome_reason: string | null;
  readonly attempts: number;
  readonly attempt_errors: readonly { readonly code: string; readonly message: string }[];
  readonly deliveries: number;
  readonly conflicts: number;
  readonly body: Buffer;
  readonly payment_id: string | null;
}

/** What is in the inbox of these events: none of the others. */
export function findRows(observer: Observer, events: readonly StoryEvent[]): Promise<InboxRow[]> {
  return observer.query<InboxRow>(
    `select id, provider, event_id, event_type, status, outcome_reason, attempts, attempt_errors,
            deliveries, conflicts, body, payment_id
       from inbox join inbox_bodies on inbox_id = id
      where (provider, event_id) in (select * from unnest($1::text[], $2::text[]))
      order by id`,
    [events.map(({ provider }) => provider), events.map(({ eventId }) => eventId)],
  );
}

export async function countInbox(observer: Observer): Promise<number> {
  const [row] = await observer.query<{ count: number }>('select count(*)::int from inbox');
  return row?.count ?? 0;
}

/** Waits until each of these events is in the inbox exactly once and has an outcome. */
export function allFinished(
  observer: Observer,
  events: readonly StoryEvent[],
  timeoutMs?: number,
): Promise<InboxRow[]> {
  const ids = events.map(({ eventId }) => eventId).sort();
  return eventually(
    async () => {
      const rows = await findRows(observer, events);
      expect(rows.map((row) => row.event_id).sort()).toEqual(ids);
      const waiting = rows.filter(({ status }) => status === 'received');
      expect(waiting.map((row) => row.event_id)).toEqual([]); // not whole rows: a diff of bodies
      return rows;
    },
    timeoutMs === undefined ? {} : { timeoutMs },
  );
}

/** The one row of an event that has an outcome. */
export async function finished(
  observer: Observer,
  event: StoryEvent,
  timeoutMs?: number,
): Promise<InboxRow> {
  return (await allFinished(observer, [event], timeoutMs))[0]!;
}

/** All that follows from the events of one story, without ids and times of ours, with no tag. */
export async function whatBecameOf(observer: Observer, tag: string): Promise<unknown> {
  const ask = async (sql: string) => {
    const rows = await observer.query<{ row: unknown }>(sql, [`%${tag}%`]);
    return rows.map(({ row }) => row);
  };
  const [payments, facts, disputes, orders, reviews] = await Promise.all([
    ask(
      `select to_jsonb(p) - '{id,order_id,version,created_at,updated_at}'::text[] as row
         from payments p where provider_payment_id like $1 order by provider_payment_id`,
    ),
    ask(
      `select to_jsonb(f) - '{payment_id,inbox_id,recorded_at}'::text[] as row
         from payment_facts f join payments p on p.id = f.payment_id
        where provider_payment_id like $1 order by provider_payment_id, kind, fact_key`,
    ),
    ask(
      `select to_jsonb(d) - '{id,payment_id,version,created_at,updated_at}'::text[] as row
         from disputes d join payments p on p.id = d.payment_id
        where provider_payment_id like $1 order by provider_payment_id, dispute_key`,
    ),
    ask(
      `select to_jsonb(o) - '{id,version,created_at,updated_at}'::text[] as row
         from orders o where reference like $1 order by reference`,
    ),
    ask(
      `select jsonb_build_object('of', coalesce(p.provider_payment_id, o.reference),
                'reason', r.reason, 'status', r.status) as row
         from reviews r left join payments p on p.id = r.payment_id
              left join orders o on o.id = r.order_id
        where coalesce(p.provider_payment_id, o.reference) like $1 and r.status <> 'withdrawn'
        order by 1`,
    ),
  ]);
  const found = { payments, facts, disputes, orders, reviews };
  return JSON.parse(JSON.stringify(found).replaceAll(tag, '<tag>'));
}

/** Value of one sample of `GET /metrics`; 0 when there is none. */
export async function metric(client: WebhookClient, sample: string): Promise<number> {
  const { text } = await client.get('/metrics');
  const line = text.split('\n').find((one) => one.startsWith(`${sample} `));
  return line === undefined ? 0 : Number(line.slice(sample.length + 1));
}

/** Lines of a service's log, parsed; whatever is not JSON (a start-up banner) is left out. */
export function logLines(logs: string): Readonly<Record<string, unknown>>[] {
  return logs.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    try {
      return [JSON.parse(line) as Readonly<Record<string, unknown>>];
    } catch {
      return []; // the line that is being written just now
    }
  });
}
