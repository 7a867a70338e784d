import type { MigrationInterface, QueryRunner } from 'typeorm';

const COLUMNS = `(id, payment_id, order_id, fact_kind, fact_key, rule, revision, debit_account,
  credit_account, currency, amount_minor, inbox_id, command)`;
const AT_PROVIDER = `'provider:' || p.provider || ':' || p.account
  || case when p.livemode then '' else ':test' end`;

const POST_CAPTURES = `
  insert into ledger_transfers ${COLUMNS}
  select gen_random_uuid(), p.id, p.order_id, 'captured', f.fact_key, 'capture', 1, ${AT_PROVIDER},
         coalesce('order:' || o.reference, 'suspense:' || p.id), coalesce(f.currency, p.currency),
         f.amount_minor, f.inbox_id, case when f.inbox_id is null then 'migrate' end
  from payment_facts f join payments p on p.id = f.payment_id left join orders o on o.id = p.order_id
  where f.kind = 'captured' and f.amount_minor > 0 and coalesce(f.currency, p.currency) is not null`;

const POST_REFUNDS = `
  insert into ledger_transfers ${COLUMNS}
  select gen_random_uuid(), p.id, p.order_id, 'refunded_total', 'payment', 'refund', 1,
         'refund:' || p.id, ${AT_PROVIDER}, p.currency, p.amount_refunded_minor, null, 'migrate'
  from payments p where p.amount_refunded_minor > 0 and p.currency is not null`;

const POST_DISPUTES = `
  insert into ledger_transfers ${COLUMNS}
  select gen_random_uuid(), p.id, p.order_id, 'dispute', d.dispute_key, 'dispute', 1,
         'dispute:' || p.id || ':' || d.dispute_key, ${AT_PROVIDER},
         coalesce(d.currency, p.currency), d.amount_minor, null, 'migrate'
  from disputes d join payments p on p.id = d.payment_id
  where d.status in ('open', 'lost') and d.amount_minor > 0
    and coalesce(d.currency, p.currency) is not null`;

/**
 * `ledger_transfers`: append-only double entry. One row is one debit and one credit of the same
 * amount, so that per currency the sum over all accounts is zero by construction: there is no way
 * to write half a transfer.
 *
 * - A transfer is posted for a fact of a payment by a rule. What was posted for a fact is never
 *   changed: when it grows or shrinks, the next `revision` posts the difference, turned around
 *   where it shrinks. `UNIQUE (payment_id, fact_kind, fact_key, rule, revision)` makes it
 *   impossible to post one difference twice.
 * - `payment_id` has no foreign key: a payment that turns out to be a part of another one is
 *   removed; its transfers stay, with those that take them back.
 * - `order_id`: the order that the payment belonged to at that time; null: none.
 * - Accounts are written `kind:name`; `debit_account` got the amount, `credit_account` gave it.
 * - `inbox_id` or `command`: what told it.
 *
 * The trigger refuses what would change history, whoever asks.
 *
 * What was known before there was a ledger is posted by the migration, as the rules of that day
 * have it.
 */
export class Ledger1795478400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const account = (name: string) =>
      `${name} text not null check (${name} ~ '^(provider|order|refund|dispute|suspense):.')`;
    await runner.query(`
      create table ledger_transfers (
        id uuid primary key,
        payment_id uuid not null,
        order_id uuid references orders (id),
        fact_kind text not null,
        fact_key text not null check (length(fact_key) between 1 and 255),
        rule text not null,
        revision integer not null check (revision >= 1),
        ${account('debit_account')},
        ${account('credit_account')},
        currency text not null check (currency ~ '^[A-Z]{3}$'),
        amount_minor bigint not null check (amount_minor between 1 and 9007199254740991),
        inbox_id uuid references inbox (id),
        command text,
        posted_at timestamptz not null default now(),
        constraint ledger_transfers_fact_unique
          unique (payment_id, fact_kind, fact_key, rule, revision),
        constraint ledger_transfers_accounts_check check (debit_account <> credit_account)
      )`);
    await runner.query(`
      create index ledger_transfers_order on ledger_transfers (order_id, id)
        where order_id is not null`);
    await runner.query(POST_CAPTURES);
    await runner.query(POST_REFUNDS);
    await runner.query(POST_DISPUTES);
    await runner.query(`
      create function refuse_ledger_change() returns trigger language plpgsql as $$
      begin
        raise exception 'the ledger is append-only: post a transfer that takes it back'
          using errcode = 'restrict_violation';
      end $$`);
    await runner.query(`
      create trigger ledger_transfers_append_only before update or delete on ledger_transfers
        for each row execute function refuse_ledger_change()`);
    await runner.query(`
      create trigger ledger_transfers_keep before truncate on ledger_transfers
        for each statement execute function refuse_ledger_change()`);
    await runner.query(`
      create view ledger_balances as
        select account, currency, sum(debit_minor) as debit_minor, sum(credit_minor) as credit_minor,
               sum(debit_minor) - sum(credit_minor) as balance_minor
        from (
          select debit_account as account, currency, amount_minor as debit_minor, 0 as credit_minor
          from ledger_transfers
          union all
          select credit_account, currency, 0, amount_minor from ledger_transfers) as entries
        group by account, currency`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view ledger_balances');
    await runner.query('drop table ledger_transfers');
    await runner.query('drop function refuse_ledger_change');
  }
}
