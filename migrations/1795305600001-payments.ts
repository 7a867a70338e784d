import type { MigrationInterface, QueryRunner } from 'typeorm';

const PAYMENT_STATUSES = `'initiated', 'pending', 'authorized', 'failed', 'cancelled',
  'partially_paid', 'paid', 'partially_refunded', 'refunded'`;
const ORDER_STATUSES = `'open', 'partially_paid', 'paid', 'partially_refunded', 'refunded',
  'cancelled', 'in_review'`;
const DISPUTE_STATES = `'inquiry', 'open', 'closed', 'won', 'lost'`;
const FACT_COLUMNS = `
        kind text not null check (kind in ('requested', 'pending', 'authorized', 'captured',
          'failed', 'cancelled', 'refund', 'refunded_total', 'dispute')),
        fact_key text not null check (length(fact_key) between 1 and 255),
        amount_minor bigint check (amount_minor between 0 and 9007199254740991),
        currency text check (currency ~ '^[A-Z]{3}$'),
        occurred_at timestamptz,
        state text,
        reference text check (length(reference) between 1 and 255),
        livemode boolean not null,
        inbox_id uuid references inbox (id),
        recorded_at timestamptz not null default now()`;

/**
 * `orders`: what a customer owes. A row exists as soon as anything names its reference: an order
 * whose payment is known before the order itself has no `amount_due_minor` yet. So a payment and
 * the creation of its order always meet in one row lock and neither can miss the other.
 *
 * `payments`: one payment object at one provider. Everything but the identity is derived from
 * `payment_facts`. `version` grows by one with every change that others are told of.
 *
 * `payment_facts`: what is known, one register per `(payment, kind, key)`. `inbox_id` is the event
 * that told it last.
 *
 * `payment_parts`: which payment an object belongs to by which other events name it (a charge).
 * `payment_id` is null while only the part is known.
 *
 * `parked_facts`: facts about a part whose payment is not known yet. The event that tells it takes
 * them over; until then they wait here and nothing is lost.
 *
 * `disputes`: one row per dispute of a payment, derived from its facts.
 *
 * `reviews`: a contradiction for a person, once per payment or order and reason.
 *
 * `transitions`: every move ever made: from, to, the facts that the event changed and the event.
 * `UNIQUE (…, version)` makes it impossible that one change is written twice.
 */
export class Payments1795305600001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table orders (
        id uuid primary key,
        reference text not null unique check (length(reference) between 1 and 255),
        status text not null check (status in (${ORDER_STATUSES})),
        currency text check (currency ~ '^[A-Z]{3}$'),
        amount_due_minor bigint check (amount_due_minor between 0 and 9007199254740991),
        amount_paid_minor bigint not null default 0
          check (amount_paid_minor between 0 and 9007199254740991),
        amount_refunded_minor bigint not null default 0
          check (amount_refunded_minor between 0 and 9007199254740991),
        metadata jsonb not null default '{}',
        cancelled_at timestamptz,
        version integer not null default 0 check (version >= 0),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint orders_terms_check check (amount_due_minor is null or currency is not null)
      )`);
    await runner.query(`
      create table payments (
        id uuid primary key,
        provider text not null,
        account text not null,
        provider_payment_id text not null check (length(provider_payment_id) between 1 and 255),
        order_id uuid references orders (id),
        status text not null check (status in (${PAYMENT_STATUSES})),
        currency text check (currency ~ '^[A-Z]{3}$'),
        amount_minor bigint check (amount_minor between 0 and 9007199254740991),
        amount_authorized_minor bigint not null default 0
          check (amount_authorized_minor between 0 and 9007199254740991),
        amount_captured_minor bigint not null default 0
          check (amount_captured_minor between 0 and 9007199254740991),
        amount_refunded_minor bigint not null default 0
          check (amount_refunded_minor between 0 and 9007199254740991),
        livemode boolean not null,
        version integer not null default 0 check (version >= 0),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint payments_provider_unique unique (provider, account, provider_payment_id)
      )`);
    await runner.query(`create index payments_order on payments (order_id)`);
    await runner.query(`create index payments_status on payments (status, id)`);
    await runner.query(`
      create table payment_facts (
        payment_id uuid not null references payments (id),
        ${FACT_COLUMNS},
        primary key (payment_id, kind, fact_key)
      )`);
    await runner.query(`create index payment_facts_inbox on payment_facts (inbox_id)`);
    await runner.query(`
      create table payment_parts (
        provider text not null,
        account text not null,
        part_id text not null check (length(part_id) between 1 and 255),
        payment_id uuid references payments (id),
        primary key (provider, account, part_id)
      )`);
    await runner.query(`create index payment_parts_payment on payment_parts (payment_id)`);
    await runner.query(`
      create table parked_facts (
        provider text not null,
        account text not null,
        part_id text not null,
        ${FACT_COLUMNS},
        primary key (provider, account, part_id, kind, fact_key),
        foreign key (provider, account, part_id) references payment_parts
      )`);
    await runner.query(`
      create table disputes (
        id uuid primary key,
        payment_id uuid not null references payments (id),
        dispute_key text not null check (length(dispute_key) between 1 and 255),
        status text not null check (status in (${DISPUTE_STATES})),
        amount_minor bigint check (amount_minor between 0 and 9007199254740991),
        currency text check (currency ~ '^[A-Z]{3}$'),
        version integer not null default 0 check (version >= 0),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint disputes_key_unique unique (payment_id, dispute_key)
      )`);
    await runner.query(`
      create table reviews (
        id uuid primary key,
        payment_id uuid references payments (id),
        order_id uuid references orders (id),
        reason text not null check (reason in ('captured_after_cancel', 'captured_after_refund',
          'amount_mismatch', 'currency_mismatch', 'paid_twice', 'refund_exceeds_capture',
          'livemode_mismatch')),
        status text not null default 'open' check (status in ('open', 'resolved', 'withdrawn')),
        resolution text check (resolution in ('accept', 'refund', 'dismiss')),
        resolved_by text,
        resolution_reason text,
        inbox_id uuid references inbox (id),
        opened_at timestamptz not null default now(),
        closed_at timestamptz,
        constraint reviews_subject_check check (num_nonnulls(payment_id, order_id) = 1),
        constraint reviews_payment_unique unique (payment_id, reason),
        constraint reviews_order_unique unique (order_id, reason),
        constraint reviews_closed_check check ((status = 'open') = (closed_at is null)),
        constraint reviews_resolved_check
          check ((status = 'resolved') = (resolution is not null and resolved_by is not null))
      )`);
    await runner.query(`create index reviews_inbox on reviews (inbox_id)`);
    await runner.query(`create index reviews_open on reviews (opened_at) where status = 'open'`);
    await runner.query(`
      create table transitions (
        id bigint generated always as identity primary key,
        payment_id uuid references payments (id),
        order_id uuid references orders (id),
        dispute_id uuid references disputes (id),
        version integer not null,
        from_status text,
        to_status text not null,
        facts jsonb not null default '[]',
        inbox_id uuid references inbox (id),
        command text,
        created_at timestamptz not null default now(),
        constraint transitions_subject_check
          check (num_nonnulls(payment_id, order_id, dispute_id) = 1),
        constraint transitions_payment_unique unique (payment_id, version),
        constraint transitions_order_unique unique (order_id, version),
        constraint transitions_dispute_unique unique (dispute_id, version)
      )`);
    await runner.query(`create index transitions_inbox on transitions (inbox_id)`);
    await runner.query(`
      alter table inbox add constraint inbox_payment_fkey
        foreign key (payment_id) references payments (id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table inbox drop constraint inbox_payment_fkey');
    // What was applied is so no more. Up again, the events are worked on once more, and tell again
    // what they told; without this they would count as done, and point at payments that are gone.
    await runner.query(`
      update inbox set status = 'received', outcome_reason = null, finished_at = null, attempts = 0,
        attempt_errors = '[]', due_at = now(), ring_at = now()
      where status in ('applied', 'noop')`);
    await runner.query(`
      update inbox set payment_id = null, part_id = null
      where payment_id is not null or part_id is not null`);
    for (const table of [
      'transitions',
      'reviews',
      'disputes',
      'parked_facts',
      'payment_parts',
      'payment_facts',
      'payments',
      'orders',
    ]) {
      await runner.query(`drop table ${table}`);
    }
  }
}
