import type { MigrationInterface, QueryRunner } from 'typeorm';

const AMOUNT = 'bigint not null check (amount_minor between 1 and 9007199254740991)';
const CURRENCY = `text not null check (currency ~ '^[A-Z]{3}$')`;
const OUTCOMES = `'asked', 'unknown', 'accepted', 'refused'`;

/**
 * `payment_starts`: how we asked a provider for a payment, one row per payment that we started. It
 * is written before the provider is asked.
 *
 * - `order_reference` is what the provider was told, wherever the payment may belong later.
 * - `reference` (`tg-<payment id>`) names the payment at the provider until its own id is known.
 * - `outcome`: `unknown` when the provider may or may not have acted; never a guess.
 * - `asked`, `first_asked_at`, `last_asked_at` are written right before a request leaves that may
 *   act: of each of them it may be true that it did. Of two processes only one counts `asked` on,
 *   so only one sends.
 * - `client_secret`, `authorization_url`: with what the customer pays, kept so that a second request
 *   is shown the payment that is open.
 *
 * `refunds`: money that we asked a provider to give back, written before it is asked. What became of
 * it is told by the fact of `provider_refund_id`; as long as that is null, the amount counts
 * against what may still be refunded, unless the provider refused it.
 *
 * `payments` gets:
 * - `started_as`: the reference under which we asked for it, for good; null: somebody else did.
 * - `is_provisional`: `provider_payment_id` is our own reference, because nobody told the provider's
 *   id yet. The first answer or event that tells it takes its place.
 * - `unknown_outcome`: the provider was asked and nobody knows whether it acted.
 * - `ask_at`, `asks`: when the provider is asked about a payment that does not move, and how often
 *   it was. Null: nobody asks. `asks` of -1 is a payment that the resolver has not scheduled yet.
 *   The index holds only what is to be asked.
 * - `must_ask`: the provider is asked whatever the status, because an event or an answer left open
 *   what happened (a refund without an id, a refund of which nobody knows whether it was made).
 *
 * `orders.cancel_requested_at`: from then on no payment is started; `cancelled_at` follows when
 * what was open is cancelled at its providers.
 *
 * `livemode` of a fact may be null: our own commands do not know better than the provider.
 */
export class Checkout1795392000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table payments
        add column started_as text check (length(started_as) between 1 and 64),
        add column is_provisional boolean not null default false,
        add column unknown_outcome boolean not null default false,
        add column ask_at timestamptz,
        add column asks smallint not null default 0,
        add column must_ask boolean not null default false`);
    await runner.query(`
      create unique index payments_started on payments (provider, account, started_as)
        where started_as is not null`);
    await runner.query(
      `create index payments_ask on payments (provider, ask_at) where ask_at is not null`,
    );
    await runner.query(`alter table orders add column cancel_requested_at timestamptz`);
    await runner.query(`alter table payment_facts alter column livemode drop not null`);
    await runner.query(`alter table parked_facts alter column livemode drop not null`);
    await runner.query(`
      create table payment_starts (
        payment_id uuid primary key references payments (id),
        order_reference text not null,
        reference text not null unique check (length(reference) between 1 and 64),
        amount_minor ${AMOUNT},
        currency ${CURRENCY},
        return_url text,
        customer jsonb not null,
        outcome text not null default 'asked' check (outcome in (${OUTCOMES})),
        client_secret text,
        authorization_url text,
        asked integer not null default 0 check (asked >= 0),
        first_asked_at timestamptz,
        last_asked_at timestamptz,
        created_at timestamptz not null default now()
      )`);
    await runner.query(`
      create table refunds (
        id uuid primary key,
        payment_id uuid not null references payments (id),
        amount_minor ${AMOUNT},
        currency ${CURRENCY},
        reason text check (length(reason) between 1 and 500),
        outcome text not null default 'asked' check (outcome in (${OUTCOMES})),
        provider_refund_id text check (length(provider_refund_id) between 1 and 255),
        requested_by text not null,
        asked integer not null default 0 check (asked >= 0),
        first_asked_at timestamptz,
        last_asked_at timestamptz,
        created_at timestamptz not null default now(),
        constraint refunds_provider_unique unique (payment_id, provider_refund_id),
        constraint refunds_accepted_check
          check ((outcome = 'accepted') = (provider_refund_id is not null))
      )`);
    await runner.query(`create index refunds_payment on refunds (payment_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table refunds');
    await runner.query('drop table payment_starts');
    // As their payment has it: with another one they would contradict it, now or when this is run
    // again. Nothing of ours is ever parked.
    await runner.query(`
      update payment_facts f set livemode = p.livemode from payments p
      where p.id = f.payment_id and f.livemode is null`);
    for (const table of ['parked_facts', 'payment_facts']) {
      await runner.query(`alter table ${table} alter column livemode set not null`);
    }
    await runner.query('alter table orders drop column cancel_requested_at');
    await runner.query('drop index payments_ask');
    await runner.query(`
      alter table payments
        drop column must_ask, drop column asks, drop column ask_at, drop column unknown_outcome,
        drop column is_provisional, drop column started_as`);
  }
}
