import { newId } from '../new-id.js';
import { Recordset } from '../database/recordset.js';
import type { Tx } from '../database/transaction.js';
import type { DisputeRow, OrderRow, PaymentRow, ReviewChange, Transition } from './ring-state.js';

export const PAYMENTS = new Recordset({
  id: 'uuid',
  orderId: 'uuid',
  status: 'text',
  currency: 'text',
  amountMinor: 'bigint',
  amountAuthorizedMinor: 'bigint',
  amountCapturedMinor: 'bigint',
  amountRefundedMinor: 'bigint',
  livemode: 'boolean',
  version: 'integer',
});

export async function updatePayments(tx: Tx, payments: readonly PaymentRow[]): Promise<void> {
  await tx.query({
    name: 'update-payments',
    text: `
      update payments set
        order_id = t."orderId", status = t.status, currency = t.currency,
        amount_minor = t."amountMinor", amount_authorized_minor = t."amountAuthorizedMinor",
        amount_captured_minor = t."amountCapturedMinor",
        amount_refunded_minor = t."amountRefundedMinor", livemode = t.livemode,
        version = t.version, updated_at = now(),
        ask_at = case when t.status in ('pending', 'authorized') or payments.must_ask
                      then coalesce(payments.ask_at, now()) end,
        asks = case when payments.ask_at is null then -1 else payments.asks end
      from ${PAYMENTS.sql}
      where payments.id = t.id`,
    values: PAYMENTS.values(payments),
  });
}

export const ORDERS = new Recordset({
  id: 'uuid',
  status: 'text',
  currency: 'text',
  amountPaidMinor: 'bigint',
  amountRefundedMinor: 'bigint',
  version: 'integer',
});

export async function updateOrders(tx: Tx, orders: readonly OrderRow[]): Promise<void> {
  await tx.query({
    name: 'update-orders',
    text: `
      update orders set
        status = t.status, currency = t.currency, amount_paid_minor = t."amountPaidMinor",
        amount_refunded_minor = t."amountRefundedMinor", version = t.version, updated_at = now()
      from ${ORDERS.sql}
      where orders.id = t.id`,
    values: ORDERS.values(orders),
  });
}

/** The providers of these payments are asked about them soon, whatever their status. */
export async function askAboutPayments(tx: Tx, paymentIds: readonly string[]): Promise<void> {
  await tx.query({
    name: 'ask-about-payments',
    text: `
      update payments set ask_at = now(), asks = 0, must_ask = true where id = any ($1::uuid[])`,
    values: [paymentIds],
  });
}

export const DISPUTES = new Recordset({
  id: 'uuid',
  paymentId: 'uuid',
  key: 'text',
  status: 'text',
  amountMinor: 'bigint',
  currency: 'text',
  version: 'integer',
});

export async function upsertDisputes(tx: Tx, disputes: readonly DisputeRow[]): Promise<void> {
  await tx.query({
    name: 'upsert-disputes',
    text: `
      insert into disputes
        (id, payment_id, dispute_key, status, amount_minor, currency, version)
      select id, "paymentId", key, status, "amountMinor", currency, version
      from ${DISPUTES.sql}
      on conflict (payment_id, dispute_key) do update set
        status = excluded.status, amount_minor = excluded.amount_minor,
        currency = excluded.currency, version = excluded.version, updated_at = now()`,
    values: DISPUTES.values(disputes),
  });
}

export const TRANSITIONS = new Recordset({
  paymentId: 'uuid',
  orderId: 'uuid',
  disputeId: 'uuid',
  version: 'integer',
  from: 'text',
  to: 'text',
  facts: 'jsonb',
  inboxId: 'uuid',
  command: 'text',
});

export async function insertTransitions(tx: Tx, transitions: readonly Transition[]): Promise<void> {
  await tx.query({
    name: 'insert-transitions',
    text: `
      insert into transitions
        (payment_id, order_id, dispute_id, version, from_status, to_status, facts, inbox_id,
         command)
      select "paymentId", "orderId", "disputeId", version, "from", "to", facts, "inboxId",
             command
      from ${TRANSITIONS.sql}`,
    values: TRANSITIONS.values(transitions),
  });
}

export const REVIEWS = new Recordset({
  id: 'uuid',
  paymentId: 'uuid',
  orderId: 'uuid',
  reason: 'text',
  status: 'text',
  amountMinor: 'bigint',
  inboxId: 'uuid',
});

/**
 * Opens, opens again or withdraws reviews. `UNIQUE (payment_id, reason)` and `UNIQUE (order_id,
 * reason)` make each contradiction one review. What opens again is asked from the start, and
 * `resolved_minor` keeps how much of it was decided before.
 */
export async function upsertReviews(tx: Tx, reviews: readonly ReviewChange[]): Promise<void> {
  for (const subject of ['payment_id', 'order_id'] as const) {
    const rows = reviews.filter((one) => (one.paymentId === null) === (subject === 'order_id'));
    if (rows.length === 0) continue;
    await tx.query({
      name: `upsert-reviews-${subject}`,
      text: `
        insert into reviews as r
          (id, payment_id, order_id, reason, status, amount_minor, inbox_id, closed_at)
        select id, "paymentId", "orderId", reason, status, "amountMinor", "inboxId",
               case when status = 'open' then null else now() end
        from ${REVIEWS.sql}
        on conflict (${subject}, reason) do update set
          status = excluded.status, amount_minor = excluded.amount_minor,
          closed_at = excluded.closed_at, resolution = null, resolved_by = null,
          resolution_reason = null,
          inbox_id = case when r.status = excluded.status then r.inbox_id
                          else excluded.inbox_id end,
          opened_at = case when r.status <> 'open' and excluded.status = 'open' then now()
                           else r.opened_at end,
          claimed_by = case when r.status = excluded.status then r.claimed_by end,
          claimed_at = case when r.status = excluded.status then r.claimed_at end,
          refund_key = case when r.status = 'open' or excluded.status <> 'open' then r.refund_key end,
          refund_plan = case when r.status = 'open' or excluded.status <> 'open'
                             then r.refund_plan end,
          proposal = case when r.amount_minor = excluded.amount_minor
                             and r.status = excluded.status then r.proposal end`,
      values: REVIEWS.values(rows.map((row) => ({ ...row, id: newId() }))),
    });
  }
}
