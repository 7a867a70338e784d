import { eventually } from './eventually.js';
import type { Observer } from './observe.js';

/** Starting a process takes long while other tests do the same. */
const PATIENCE = { timeoutMs: 60_000 };

/** Waits until nobody has anything left to do. */
export async function untilQuiet(observer: Observer): Promise<void> {
  await eventually(async () => {
    const left = await observer.query(
      `select 'event' as what, event_type as which from inbox where status = 'received'
       union all select 'message', type from outbox where fanned_out_at is null
       union all select 'dispatch', consumer from dispatches where status = 'pending'
       union all select 'command', operation from idempotency_keys where status <> 'done'
       union all select 'replay', action from replays where status = 'running'`,
    );
    expect(left).toEqual([]);
  }, PATIENCE);
}

/**
 * Everything that an order has come to, in one comparable value: itself, its payments with their
 * facts, every move, what others were told and what they made of it, and the events. No ids and no
 * times, so that two orders that went through the same compare equal.
 */
export async function endOf(observer: Observer, reference: string): Promise<unknown> {
  const [row] = await observer.query<{ result: string }>(
    `with o as (select * from orders where reference = $1),
          p as (select * from payments where order_id in (select id from o)),
          m as (select * from outbox
                where aggregate_id in (select id from o union all select id from p))
     select jsonb_build_object(
       'order', (select jsonb_build_array(status, currency, amount_due_minor, amount_paid_minor,
                                          amount_refunded_minor, version) from o),
       'payments', (
         select jsonb_agg(jsonb_build_array(provider, provider_payment_id, status, currency,
                            amount_minor, amount_captured_minor, amount_refunded_minor, version,
                            is_provisional, unknown_outcome) order by provider_payment_id) from p),
       'facts', (
         select jsonb_agg(jsonb_build_array(kind, fact_key, f.amount_minor, f.currency, state)
                          order by kind, fact_key)
         from payment_facts f join p on p.id = f.payment_id),
       'moves', (
         select jsonb_agg(jsonb_build_array(order_id is null, version, from_status, to_status)
                          order by order_id is null, version)
         from transitions
         where order_id in (select id from o) or payment_id in (select id from p)),
       'reviews', (
         select jsonb_agg(jsonb_build_array(reason, status) order by reason) from reviews
         where order_id in (select id from o) or payment_id in (select id from p)),
       'ledger', (
         select jsonb_agg(jsonb_build_array(rule, currency, amount_minor)
                          order by rule, currency, amount_minor)
         from ledger_transfers where payment_id in (select id from p)),
       'told', (
         select jsonb_agg(jsonb_build_array(type, version, part) order by type, version, part)
         from m),
       'consumed', (
         select jsonb_agg(jsonb_build_array(m.type, m.version, d.consumer, d.status, d.attempts,
                            (select count(*) from consumed_messages c
                             where c.consumer = d.consumer and c.message_id = d.message_id))
                          order by m.type, m.version, d.consumer)
         from dispatches d join m on m.id = d.message_id),
       'documents', (
         select jsonb_agg(jsonb_build_array(kind, currency, amount_minor) order by number)
         from invoice_documents where order_reference = $1),
       'access', (
         select jsonb_agg(status) from access_grants where order_reference = $1),
       'events', (
         select jsonb_agg(jsonb_build_array(event_type, status, outcome_reason, attempts, replays)
                          order by event_type, status)
         from inbox where payment_id in (select id from p) and source = 'webhook')
     )::text as result`,
    [reference],
  );
  const text = row!.result
    .replaceAll(reference, '<reference>')
    .replace(/\b(pi|re|ch)_\w+/g, '<$1>');
  return JSON.parse(text) as unknown;
}
