/**
 * The baseline `bare`: the least that keeps the promise of a 2xx. Fastify, the HMAC over the raw
 * bytes, one prepared insert per request; no batch, no queue, no metrics, no logs.
 */
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { rawBodyServer, serve } from './raw-body-server.mjs';
import { isSignedByStripe } from './stripe-signature.mjs';

const { PORT, DATABASE_URL, STRIPE_WEBHOOK_SECRET, POOL_SIZE } = process.env;

const TABLE = readFileSync(new URL('./bare.sql', import.meta.url), 'utf8');

const INSERT = {
  name: 'insert-event',
  text: `
    insert into webhook_events (provider, account, event_id, event_type, body)
    values ('stripe', 'default', $1, $2, $3)
    on conflict (provider, account, event_id) do nothing`,
};

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(POOL_SIZE) });
await pool.query(TABLE);

const server = rawBodyServer();
server.post('/webhooks/stripe', async (request, reply) => {
  const body = request.body;
  if (!isSignedByStripe(body, request.headers['stripe-signature'], STRIPE_WEBHOOK_SECRET)) {
    return reply.code(401).send({ error: 'invalid signature' });
  }
  const event = JSON.parse(body.toString());
  const { rowCount } = await pool.query({ ...INSERT, values: [event.id, event.type, body] });
  return { status: rowCount === 1 ? 'recorded' : 'duplicate' };
});

await serve(server, PORT);
