import type { TestDatabase } from './test-database.js';

/**
 * Beside what is there already: payments with orders, facts, parts, events and messages, all done with long ago.
 * @param known whether the planner knows of them
 */
export async function fillTables(
  database: TestDatabase,
  count: number,
  known: 'analyzed' | 'not analyzed' = 'analyzed',
): Promise<void> {
  await database.query(`
    insert into orders (id, reference, status)
    select gen_random_uuid(), 'filled-' || n, 'open' from generate_series(1, ${count}) n
    on conflict do nothing`);
  await database.query(`
    insert into payments (id, provider, account, provider_payment_id, order_id, status, livemode)
    select gen_random_uuid(), 'stripe', 'default', 'filled-' || n, o.id, 'paid', true
    from generate_series(1, ${count}) n join orders o on o.reference = 'filled-' || n
    on conflict do nothing`);
  await database.query(`
    insert into inbox (id, provider, account, event_id, event_type, status, fingerprint, body_bytes,
                       due_at, ring_at, finished_at)
    select gen_random_uuid(), 'stripe', 'default', 'filled-' || n, 'payment_intent.succeeded',
           'applied', sha256('x'), 1, now(), now(), now()
    from generate_series(1, ${count}) n
    on conflict do nothing`);
  await database.query(`insert into inbox_bodies (inbox_id, body) select id, 'x' from inbox
    on conflict do nothing`);
  await database.query(`
    insert into payment_facts (payment_id, kind, fact_key, livemode)
    select id, 'captured', 'k', true from payments
    on conflict do nothing`);
  await database.query(`
    insert into payment_parts (provider, account, part_id, payment_id)
    select 'stripe', 'default', 'ch-' || provider_payment_id, id from payments
    on conflict do nothing`);
  await database.query(`
    insert into disputes (id, payment_id, dispute_key, status)
    select gen_random_uuid(), id, 'd', 'won' from payments
    on conflict do nothing`);
  await database.query(`
    insert into transitions (payment_id, version, to_status) select id, 1, 'paid' from payments
    on conflict do nothing`);
  await database.query(`
    insert into reviews (id, payment_id, reason)
    select gen_random_uuid(), id, 'livemode_mismatch' from payments
    on conflict do nothing`);
  await database.query(`
    insert into ledger_transfers (id, payment_id, order_id, fact_kind, fact_key, rule, revision,
                                  debit_account, credit_account, currency, amount_minor)
    select gen_random_uuid(), id, order_id, 'dispute', 'd', 'dispute', 1,
           'dispute:' || id || ':d', 'provider:stripe:default', 'EUR', 100 from payments
    on conflict do nothing`);
  // Given out and consumed long ago; what consumers remember is of messages that are gone.
  await database.query(`
    insert into outbox (id, type, aggregate, aggregate_id, version, subject, data, fanned_out_at)
    select gen_random_uuid(), 'order.paid', 'order', id, 1, reference, '{}',
           now() - interval '90 days'
    from orders
    on conflict do nothing`);
  await database.query(`
    insert into dispatches (consumer, message_id, status, settled_at)
    select 'filled', id, 'consumed', now() from outbox
    on conflict do nothing`);
  await database.query(`
    insert into consumed_messages (consumer, message_id, consumed_at)
    select 'filled', gen_random_uuid(), now() - interval '90 days' from outbox
    on conflict do nothing`);
  // What people did long ago.
  await database.query(`
    insert into refunds (id, payment_id, amount_minor, currency, requested_by)
    select gen_random_uuid(), id, 1, 'EUR', 'shop' from payments
    on conflict do nothing`);
  await database.query(`
    insert into replays (id, target, action, status, actor, role, fingerprint, per_second, total,
                         done, finished_at)
    values ('00000000-0000-7000-8000-000000000001', 'events', 'replay', 'done', 'ann', 'operator',
            sha256('x'), 100, ${count}, ${count}, now())
    on conflict do nothing`);
  await database.query(`
    insert into replay_items (replay_id, position, subject, generation, status, status_before, at)
    select '00000000-0000-7000-8000-000000000001', row_number() over (), id, 0, 'done', 'dead', now()
    from inbox
    on conflict do nothing`);
  await database.query(`
    insert into review_decisions (id, review_id, actor, resolution, is_proposal, reason,
                                  amount_minor)
    select gen_random_uuid(), id, 'ann', 'accept', false, 'why', 0 from reviews
    on conflict do nothing`);
  if (known === 'analyzed') await database.query('analyze');
}
