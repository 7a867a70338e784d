import { readFileSync } from 'node:fs';
import { eventNumber, eventText } from './load/signed-requests.mjs';
import { withClient } from './postgres.mjs';

const TUTORIAL_TABLES = readFileSync(
  new URL('./baselines/tutorial-worker.sql', import.meta.url),
  'utf8',
);
/** In place of what is unique to an event. */
const NUMBER = '{number}';
const ROWS_PER_STATEMENT = 50_000;
/** As the service makes them: rows that are new wait this long for their ring. */
const GRACE_SECONDS = 10;

/**
 * Puts events into the inbox as the door would have: received, with their body, and not worked on.
 * @returns {Promise<string[]>} their inbox ids, oldest first
 */
export async function fillInbox(databaseUrl, { tag, events }) {
  const ids = [];
  await inParts(databaseUrl, 'inbox', events, async (client, first, last) => {
    const { rows } = await client.query({
      text: `
        with given as materialized (
          select uuidv7() as id, n, convert_to(replace($4, '${NUMBER}', n::text), 'UTF8') as body
          from generate_series($2::int, $3::int) n
        ), recorded as (
          insert into inbox (id, provider, account, event_id, event_type, occurred_at, livemode,
                             fingerprint, body_bytes, due_at, ring_at)
          select id, 'stripe', 'default', 'evt_' || $1::text || n, 'payment_intent.succeeded',
                 now(), false, sha256(body), octet_length(body),
                 now() + make_interval(secs => $5), now() + make_interval(secs => $5)
          from given)
        insert into inbox_bodies (inbox_id, body) select id, body from given order by id
        returning inbox_id as id`,
      values: [tag, first, last, eventText(tag, NUMBER), GRACE_SECONDS],
    });
    for (const { id } of rows) ids.push(id);
  });
  return ids;
}

/** Makes the tables of `tutorial-worker`, with events that nobody has worked on. @returns their ids */
export async function fillTutorial(databaseUrl, { tag, events }) {
  const ids = [];
  await withClient(databaseUrl, (client) => client.query(TUTORIAL_TABLES));
  await inParts(databaseUrl, 'webhook_events', events, async (client, first, last) => {
    const { rows } = await client.query({
      text: `
        insert into webhook_events (provider, event_id, event_type, payload)
        select 'stripe', 'evt_' || $1::text || n, 'payment_intent.succeeded',
               replace($4, '${NUMBER}', n::text)::jsonb
        from generate_series($2::int, $3::int) n
        returning event_id as id`,
      values: [tag, first, last, eventText(tag, NUMBER)],
    });
    for (const { id } of rows) ids.push(id);
  });
  return ids;
}

/**
 * Puts events into the inbox that were done with long ago. Their bodies are short: what grows with
 * an inbox, and is looked at for each new event, are its indexes.
 */
export async function fillWithOldEvents(databaseUrl, rows) {
  await inParts(databaseUrl, 'inbox', rows, (client, first, last) =>
    client.query({
      text: `
        with recorded as (
          insert into inbox (id, provider, account, event_id, event_type, status, occurred_at,
                             livemode, fingerprint, body_bytes, due_at, ring_at, finished_at)
          select uuidv7(), 'stripe', 'default',
                 'evt_' || substr(md5(n::text), 1, 4) || lpad(n::text, 20, '0'),
                 'customer.created', 'ignored', now(), false, sha256(n::text::bytea), 1, now(),
                 now(), now()
          from generate_series($1::int, $2::int) n returning id)
        insert into inbox_bodies (inbox_id, body) select id, 'x' from recorded`,
      values: [first, last],
    }),
  );
}

/** Calls `insert` for one range of numbers after the other, then tidies up as autovacuum would. */
async function inParts(databaseUrl, table, rows, insert) {
  const end = eventNumber(rows);
  await withClient(databaseUrl, async (client) => {
    for (let first = eventNumber(0); first < end; first += ROWS_PER_STATEMENT) {
      await insert(client, first, Math.min(first + ROWS_PER_STATEMENT, end) - 1);
    }
    await client.query(`vacuum analyze ${table}`);
    if (table === 'inbox') await client.query('vacuum analyze inbox_bodies');
  });
}
