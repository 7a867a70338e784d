import { setTimeout as delay } from 'node:timers/promises';
import { query, withClient } from './postgres.mjs';

const POLL_MS = 200;

/**
 * Both read what is left by a partial index, so that asking costs little. What was sent is due again
 * in a day only, and what a relay has is due when its lease ends.
 */
const UNAPPLIED = `select count(*)::int as left from inbox where status = 'received'`;
const UNTOLD = `
  select (select count(*)::int from inbox where status = 'received')
       + (select count(*)::int from outbox where fanned_out_at is null)
       + (select count(*)::int from dispatches
          where consumer = $1 and status = 'pending' and due_at < now() + interval '1 hour'
            and published_at is null) as left`;

/** How many events the worker has not finished. */
export async function countUnapplied(databaseUrl) {
  return (await query(databaseUrl, { text: UNAPPLIED }))[0].left;
}

/** How many events are not finished and messages not given to the queue of the consumer. */
export async function countUntold(databaseUrl, consumer) {
  return (await query(databaseUrl, { text: UNTOLD, values: [consumer] }))[0].left;
}

/** Waits until a count is 0. @throws when it is not after `secondsMax` */
export async function untilNone(count, secondsMax) {
  const giveUpAtMs = Date.now() + secondsMax * 1000;
  for (;;) {
    const left = await count();
    if (left === 0) return;
    if (Date.now() > giveUpAtMs) throw new Error(`${left} are left after ${secondsMax} s`);
    await delay(POLL_MS);
  }
}

/**
 * When each of these events was applied, in milliseconds: the time of the commit that ended it, and
 * not the start of its transaction.
 * @param {string[]} eventIds
 * @returns {Promise<(number | null)[]>} in their order; null: not applied
 */
export function findAppliedMs(databaseUrl, eventIds) {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query({
      text: `
        select extract(epoch from pg_xact_commit_timestamp(i.xmin))::float8 * 1000 as ms
        from unnest($1::text[]) with ordinality as given (event_id, n)
        left join inbox i on i.event_id = given.event_id and i.provider = 'stripe'
          and i.account = 'default' and i.status <> 'received'
        order by n`,
      values: [eventIds],
    });
    return rows.map(({ ms }) => ms);
  });
}
