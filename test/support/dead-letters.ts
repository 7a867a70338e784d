import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { StoryEvent } from './story.js';
import type { TestDatabase } from './test-database.js';

/** What the inbox has of a dead letter besides its body. */
export interface Death {
  /** Of its last failure. */
  readonly code?: string;
  readonly message?: string;
  /** As the provider names it; that of a Stripe body by default. */
  readonly type?: string;
}

/**
 * Puts events into the inbox whose attempts have all failed, for a reason that has passed: when one
 * is replayed, it is worked on as any other. No worker ever gets to see them before.
 *
 * @returns their ids in the inbox
 */
export async function buryEvents(
  database: TestDatabase,
  events: readonly StoryEvent[],
  { code = 'apply_failed', message = 'the database did not answer', type }: Death = {},
): Promise<string[]> {
  const rows = events.map((event) => ({
    id: uuidv7(),
    provider: event.provider,
    event_id: event.eventId,
    event_type: type ?? typeOf(event),
    fingerprint: createHash('sha256').update(event.body).digest('hex'),
    body: event.body.toString('hex'),
  }));
  await database.query(
    `with given as materialized (
       select * from jsonb_to_recordset($1::jsonb)
         as t (id uuid, provider text, event_id text, event_type text, fingerprint text, body text)
     ), kept as (
       insert into inbox_bodies (inbox_id, body) select id, decode(body, 'hex') from given)
     insert into inbox (id, provider, account, event_id, event_type, status, outcome_reason,
                        livemode, fingerprint, body_bytes, attempts, attempt_errors, due_at,
                        ring_at, finished_at)
     select id, provider, 'default', event_id, event_type, 'dead', $2::text, false,
            decode(fingerprint, 'hex'), length(body) / 2, 3,
            (select jsonb_agg(jsonb_build_object('attempt', n, 'code', $2::text, 'message',
                                                 $3::text, 'at', now()))
             from generate_series(1, 3) as n),
            now(), now(), now()
     from given`,
    [JSON.stringify(rows), code, message],
  );
  return rows.map(({ id }) => id);
}

function typeOf({ provider, body }: StoryEvent): string {
  const payload = JSON.parse(body.toString()) as { type?: string; event?: string };
  return (provider === 'stripe' ? payload.type : payload.event) ?? 'unknown';
}
