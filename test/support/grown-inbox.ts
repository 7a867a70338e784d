import { BodyRetention } from './body-retention.js';
import type { TestDatabase } from './test-database.js';

const PART_ROWS = 100_000;
const DAYS = 80;

/**
 * Fills an inbox as eighty days of a shop leave it: most events applied, some types and outcomes
 * rare, a handful that waits, and their bodies, short ones, in the weeks in which they came.
 */
export async function growInbox(database: TestDatabase, rows: number): Promise<void> {
  const retention = new BodyRetention(database, 0);
  for (const days of [-DAYS, -56, -28]) await retention.runIn(days);
  await retention.close();
  await database.query(`
    insert into payments (id, provider, account, provider_payment_id, status, livemode)
    select ('10000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'stripe', 'default',
           'grown-' || n, 'paid', true
    from generate_series(0, ${Math.floor(rows / 20)}) n`);
  for (let from = 1; from <= rows; from += PART_ROWS) {
    await database.query(partOf(from, Math.min(from + PART_ROWS - 1, rows), rows));
  }
  await database.query('vacuum analyze inbox');
  await database.query('vacuum analyze inbox_bodies');
  await database.query('vacuum analyze payments');
}

/** One in a hundred is of the few; a few of the last are not done with. */
function partOf(from: number, to: number, rows: number): string {
  return `
    with given as materialized (
      select n, now() - make_interval(secs => ${DAYS * 86_400} * (1 - n::float8 / ${rows})) as at,
             case when n > ${rows} - 200 then 'received'
                  when n % 5003 = 0 then 'dead'
                  when n % 20011 = 0 then 'discarded'
                  when n % 20 = 0 then 'ignored'
                  when n % 7 = 0 then 'noop' else 'applied' end as status
      from generate_series(${from}, ${to}) n
    ), ids as materialized (
      select *, (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0')
                 || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid as id from given
    ), kept as (
      insert into inbox_bodies (inbox_id, body) select id, 'x' from ids)
    insert into inbox (id, provider, account, event_id, event_type, status, outcome_reason,
                       fingerprint, body_bytes, due_at, ring_at, received_at, finished_at,
                       payment_id)
    select id, case when n % 33 = 0 then 'paystack' else 'stripe' end, 'default',
           'evt_' || left(md5(n::text), 20) || n,
           case when n % 4999 = 0 then 'charge.dispute.created'
                when n % 33 = 0 then 'charge.success'
                else (array['payment_intent.succeeded', 'charge.succeeded', 'charge.updated',
                            'payment_intent.created'])[1 + n % 4] end,
           status, case when status = 'dead' then 'apply_failed' end, sha256(n::text::bytea), 1,
           at, at, at, case when status <> 'received' then at end,
           case when n % 5 = 0
             then ('10000000-0000-7000-8000-' || lpad(to_hex(n / 20), 12, '0'))::uuid end
    from ids`;
}
