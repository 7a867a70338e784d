import { afterEach } from '@jest/globals';
import { beforeDrop, openDatabases, type TestDatabase } from './test-database.js';

/*
 * After every test that has a database: the ledger is in balance, and says what the payments and
 * orders say. One statement sees one moment, and postings are committed with what they are about,
 * so this holds even while a service is at work.
 */
afterEach(async () => {
  for (const database of openDatabases()) await expectBalance(database);
});
// A test that makes a database of its own drops it before any other hook sees it.
beforeDrop(expectBalance);

async function expectBalance(database: TestDatabase): Promise<void> {
  const problems = await findImbalances(database);
  if (problems.length > 0) throw new Error(`the ledger is wrong:\n${problems.join('\n')}`);
}

/** What is wrong with the ledger of a database, a line each. */
export async function findImbalances(database: TestDatabase): Promise<string[]> {
  const [table] = await database.query<{ name: string | null }>(
    `select to_regclass('ledger_transfers')::text as name`,
  );
  if (!table?.name) return []; // a test of the migrations
  const rows = await database.query<{ problem: string }>(CHECKS);
  return rows.map(({ problem }) => problem);
}

const CHECKS = `
  with posted as (
    select payment_id, currency, rule,
           sum(case when (rule = 'capture') = (debit_account like 'provider:%')
                    then amount_minor else -amount_minor end) as amount
    from ledger_transfers group by payment_id, currency, rule),
  -- Only payments that were derived of facts, and whose facts agree about the currency. Money of
  -- which nobody has said the currency yet is not posted yet, and pays no order.
  derived as (
    select p.* from payments p
    where p.currency is not null
      and exists (select 1 from payment_facts f
                  where f.payment_id = p.id and f.kind = 'captured' and f.amount_minor > 0)
      and not exists (select 1 from payment_facts f
                      where f.payment_id = p.id and f.currency <> p.currency)),
  expected as (
    select id as payment_id, currency, 'capture' as rule, amount_captured_minor as amount
    from derived
    union all
    select id, currency, 'refund', amount_refunded_minor from derived)
  select format('%s: the sum of all accounts is %s', currency, sum(balance_minor)) as problem
  from ledger_balances group by currency having sum(balance_minor) <> 0
  union all
  select format('payment %s: %s of %s %s is posted as %s', e.payment_id, e.rule, e.amount,
                e.currency, coalesce(p.amount, 0))
  from expected e left join posted p using (payment_id, currency, rule)
  where e.amount <> coalesce(p.amount, 0)
  union all
  select format('payment %s is no more, and %s %s of it is still posted', p.payment_id, p.amount,
                p.currency)
  from posted p where p.amount <> 0 and not exists (
    select 1 from payments where payments.id = p.payment_id)
  union all
  select format('order %s: paid %s %s, and its account says %s', o.reference, o.amount_paid_minor,
                o.currency, coalesce(-b.balance_minor, 0))
  from orders o left join ledger_balances b
    on b.account = 'order:' || o.reference and b.currency = o.currency
  where o.amount_paid_minor <> coalesce(-b.balance_minor, 0)
    and not exists (select 1 from payments p where p.order_id = o.id and p.currency is not null
                    and p.amount_captured_minor > 0 and p.id not in (select id from derived))`;
