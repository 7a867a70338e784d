import type { TestDatabase } from './test-database.js';

/**
 * Everything in the database that must not depend on the order of arrival, in one comparable
 * value: no ids, no times of ours, no versions. `life` selects the rows whose ids hold it, and is
 * cut out of them, so that lives with other ids compare equal.
 */
export async function storedResult(database: TestDatabase, life: string): Promise<unknown> {
  const [row] = await database.query<{ result: string }>(
    `select jsonb_build_object(
       'payments', (
         select jsonb_agg(jsonb_build_array(p.provider, p.provider_payment_id, p.status, p.currency,
                  p.amount_minor, p.amount_authorized_minor, p.amount_captured_minor,
                  p.amount_refunded_minor, p.livemode, o.reference,
                  (select jsonb_agg(jsonb_build_array(kind, fact_key, amount_minor, f.currency,
                            occurred_at, state, f.reference, f.livemode)
                          order by kind, fact_key)
                   from payment_facts f where f.payment_id = p.id),
                  (select jsonb_agg(jsonb_build_array(dispute_key, d.status, d.amount_minor)
                          order by dispute_key)
                   from disputes d where d.payment_id = p.id))
                order by p.provider_payment_id)
         from payments p left join orders o on o.id = p.order_id
         where p.provider_payment_id like '%' || $1 || '%'),
       'orders', (
         select jsonb_agg(jsonb_build_array(reference, status, currency, amount_paid_minor,
                  amount_refunded_minor) order by reference)
         from orders where reference like '%' || $1 || '%'),
       'reviews', (
         select jsonb_agg(jsonb_build_array(coalesce(p.provider_payment_id, o.reference), r.reason,
                  r.status) order by r.reason)
         from reviews r left join payments p on p.id = r.payment_id
                        left join orders o on o.id = r.order_id
         where coalesce(p.provider_payment_id, o.reference) like '%' || $1 || '%'
           and r.status <> 'withdrawn'),
       'ledger', (
         select jsonb_agg(jsonb_build_array(account, currency, balance) order by account, currency)
         from (
           -- Accounts are named by our id of a payment, which differs from life to life.
           select replace(e.name, p.id::text, p.provider_payment_id) as account, t.currency,
                  sum(amount) as balance
           from payments p join ledger_transfers t on t.payment_id = p.id
             cross join lateral (values (t.debit_account, t.amount_minor),
                                        (t.credit_account, -t.amount_minor)) as e (name, amount)
           where p.provider_payment_id like '%' || $1 || '%'
           group by 1, 2 having sum(amount) <> 0) as balances),
       'parked', (select count(*) from parked_facts where part_id like '%' || $1 || '%')
     )::text as result`,
    [life],
  );
  return JSON.parse((row?.result ?? 'null').replaceAll(life, '<life>')) as unknown;
}
