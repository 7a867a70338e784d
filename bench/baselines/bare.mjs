/**
 * The baseline `bare`: the least that keeps the promise of a 2xx. Fastify, the HMAC over the raw
 * bytes, one prepared insert per request; no batch, no queue, no metrics, no logs.
 */
import fastify from 'fastify';
import pg from 'pg';
import { isSignedByStripe } from './stripe-signature.mjs';

const { PORT, DATABASE_URL, STRIPE_WEBHOOK_SECRET, POOL_SIZE } = process.env;

// The columns and indexes that an inbox with a worker behind it needs: the same shape as ours.
const TABLE = `
  create table webhook_events (
    id uuid primary key default uuidv7(),
    provider text not null,
    account text not null,
    event_id text not null,
    event_type text not null,
    status text not null default 'received',
    body bytea not null,
    received_at timestamptz not null default now(),
    unique (provider, account, event_id)
  );
  create index on webhook_events (received_at, id) where status = 'received'`;

const INSERT = {
  name: 'insert-event',
  text: `
    insert into webhook_events (provider, account, event_id, event_type, body)
    values ('stripe', 'default', $1, $2, $3)
    on conflict (provider, account, event_id) do nothing`,
};

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(POOL_SIZE) });
await pool.query(TABLE);

const server = fastify({ logger: false, bodyLimit: 1_048_576 });
server.removeAllContentTypeParsers();
server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

server.post('/webhooks/stripe', async (request, reply) => {
  const body = request.body;
  if (!isSignedByStripe(body, request.headers['stripe-signature'], STRIPE_WEBHOOK_SECRET)) {
    return reply.code(401).send({ error: 'invalid signature' });
  }
  const event = JSON.parse(body.toString());
  const { rowCount } = await pool.query({ ...INSERT, values: [event.id, event.type, body] });
  return { status: rowCount === 1 ? 'recorded' : 'duplicate' };
});

await server.listen({ host: '127.0.0.1', port: Number(PORT) });
process.once('SIGTERM', () => process.exit(0));
