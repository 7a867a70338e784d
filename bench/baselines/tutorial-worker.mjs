/**
 * The baseline `tutorial-worker`: one BullMQ job for each event, and for each job one transaction
 * with the seven statements of a handler as one writes it by hand, prepared and sent by `pg`.
 */
import { Worker } from 'bullmq';
import { once } from 'node:events';
import { createServer } from 'node:net';
import pg from 'pg';

const { PORT, DATABASE_URL, REDIS_URL, QUEUE_PREFIX, POOL_SIZE } = process.env;

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(POOL_SIZE) });

const LOCK_EVENT = {
  name: 'lock-event',
  text: `
    select payload from webhook_events where event_id = $1 and status = 'received' for update`,
};
const LOCK_ORDER = {
  name: 'lock-order',
  text: `
    insert into orders (reference) values ($1)
    on conflict (reference) do update set reference = excluded.reference
    returning id, amount_paid_minor`,
};
const SAVE_PAYMENT = {
  name: 'save-payment',
  text: `
    insert into payments (provider_payment_id, order_id, status, currency, amount_minor)
    values ($1, $2, 'paid', $3, $4)
    on conflict (provider_payment_id) do update set status = excluded.status
    returning id`,
};
const UPDATE_ORDER = {
  name: 'update-order',
  text: `
    update orders set status = 'paid', amount_paid_minor = amount_paid_minor + $2, updated_at = now()
    where id = $1`,
};
const INSERT_POSTING = {
  name: 'insert-posting',
  text: `
    insert into ledger_entries (payment_id, debit, credit, amount_minor, currency)
    values ($1, 'provider', 'customer', $2, $3)`,
};
const INSERT_MESSAGE = {
  name: 'insert-message',
  text: `insert into outbox (type, subject, data) values ('order.paid', $1, $2)`,
};
const FINISH_EVENT = {
  name: 'finish-event',
  text: `
    update webhook_events set status = 'processed', finished_at = now() where event_id = $1`,
};

async function processEvent(eventId) {
  const client = await pool.connect();
  const run = (statement, ...values) => client.query({ ...statement, values });
  try {
    await client.query('begin');
    const { rows } = await run(LOCK_EVENT, eventId);
    if (rows.length > 0) await applyPayment(run, rows[0].payload.data.object);
    if (rows.length > 0) await run(FINISH_EVENT, eventId);
    await client.query('commit');
    client.release();
  } catch (error) {
    client.release(error);
    throw error;
  }
}

async function applyPayment(run, { id, currency, amount_received: amountMinor, metadata }) {
  const reference = metadata.order_id;
  const [order] = (await run(LOCK_ORDER, reference)).rows;
  const [payment] = (await run(SAVE_PAYMENT, id, order.id, currency, amountMinor)).rows;
  await run(UPDATE_ORDER, order.id, amountMinor);
  await run(INSERT_POSTING, payment.id, amountMinor, currency);
  await run(INSERT_MESSAGE, reference, JSON.stringify({ reference, status: 'paid', amountMinor }));
}

const worker = new Worker('webhooks', ({ data }) => processEvent(data.eventId), {
  connection: { url: REDIS_URL },
  prefix: QUEUE_PREFIX,
  concurrency: Number(POOL_SIZE), // a job waits for its own connection, and for no other's
  removeOnComplete: { count: 0 },
});
await worker.waitUntilReady();

// A port that takes connections says that it is ready.
const door = createServer((socket) => socket.destroy()).listen(Number(PORT), '127.0.0.1');
await once(door, 'listening');
process.once('SIGTERM', () => process.exit(0));
