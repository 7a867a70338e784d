import type { MigrationInterface, QueryRunner } from 'typeorm';

const COUNTED = 'between 1 and 9007199254740991';

/**
 * `invoice_series`: a row of numbers without a gap. A transaction that issues documents takes
 * their numbers from here as its last lock; who comes second waits until it ends, and a rollback
 * gives the numbers back. No sequence does: those leave a gap when a transaction fails.
 *
 * - A row is made by the first document. To start at another number than 1, insert it before.
 * - `last_issued_at` keeps the times of a series in the order of its numbers, whatever the clock
 *   does.
 *
 * `invoice_orders`: what invoicing knows of an order, invoiced or not. The row is the lock of its
 * order, taken before that of the series. `version` is the newest of the order that was acted on:
 * what is not greater is old news. It has no foreign key to `orders`: invoicing knows orders by
 * what it is told of them.
 *
 * `invoice_documents`: append-only. An invoice is never changed; a credit note takes back a part
 * of it, a debit note adds to it.
 *
 * - `UNIQUE (series, number)` makes it impossible to use a number twice.
 * - A partial index makes it impossible to invoice an order twice.
 * - `corrects_id`: the invoice; the foreign key holds a correction to the order and the currency
 *   of what it corrects.
 * - `message_id`: the message that asked for it. `UNIQUE (message_id, kind)` makes a message that
 *   comes again harmless even after `consumed_messages` has forgotten it.
 *
 * Indexes: the net of an order, and its documents as a page.
 *
 * `access_grants`: whether a customer may use what an order pays for, a row per order of which
 * anything was told. `revoked` says that there is no access, not that there ever was one: an order
 * that was not paid yet has it too, or the answer would depend on the order of arrival.
 *
 * - `version`: the newest of the order that was acted on; what is not greater is old news.
 * - `changed_at`: when `status` became what it is.
 */
export class InvoicesAndAccess1795478400002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table invoice_series (
        series text primary key check (length(series) between 1 and 40),
        next_number bigint not null check (next_number ${COUNTED}),
        last_issued_at timestamptz not null default '-infinity'
      )`);
    await runner.query(`
      create table invoice_orders (
        order_reference text primary key check (length(order_reference) between 1 and 255),
        version integer not null check (version >= 1),
        updated_at timestamptz not null default now()
      )`);
    await runner.query(`
      create table invoice_documents (
        id uuid primary key,
        series text not null references invoice_series,
        number bigint not null check (number ${COUNTED}),
        kind text not null check (kind in ('invoice', 'credit_note', 'debit_note')),
        order_reference text not null references invoice_orders,
        currency text not null check (currency ~ '^[A-Z]{3}$'),
        amount_minor bigint not null check (amount_minor ${COUNTED}),
        corrects_id uuid,
        message_id uuid not null,
        issued_at timestamptz not null,
        constraint invoice_documents_number_unique unique (series, number),
        constraint invoice_documents_message_unique unique (message_id, kind),
        constraint invoice_documents_corrected_unique unique (id, order_reference, currency),
        constraint invoice_documents_corrects_fkey
          foreign key (corrects_id, order_reference, currency)
          references invoice_documents (id, order_reference, currency),
        constraint invoice_documents_corrects_check
          check ((kind = 'invoice') = (corrects_id is null))
      )`);
    await runner.query(`
      create unique index invoice_documents_invoice on invoice_documents (order_reference)
        where kind = 'invoice'`);
    await runner.query(
      `create index invoice_documents_order on invoice_documents (order_reference, id)`,
    );
    await runner.query(`
      create function refuse_invoice_change() returns trigger language plpgsql as $$
      begin
        raise exception 'documents are append-only: issue one that corrects it'
          using errcode = 'restrict_violation';
      end $$`);
    await runner.query(`
      create trigger invoice_documents_append_only before update or delete on invoice_documents
        for each row execute function refuse_invoice_change()`);
    await runner.query(`
      create trigger invoice_documents_keep before truncate on invoice_documents
        for each statement execute function refuse_invoice_change()`);
    await runner.query(`
      create table access_grants (
        order_reference text primary key check (length(order_reference) between 1 and 255),
        status text not null check (status in ('granted', 'held', 'revoked')),
        version integer not null check (version >= 1),
        changed_at timestamptz not null default now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'access_grants',
      'invoice_documents',
      'invoice_orders',
      'invoice_series',
    ]) {
      await runner.query(`drop table ${table}`);
    }
    await runner.query('drop function refuse_invoice_change');
  }
}
