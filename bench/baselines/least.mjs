/**
 * The baseline `least`: the least that stores what Tollgate stores. Fastify, one HMAC, the JSON
 * parsed, one SHA-256, and then Tollgate's own receiver and statement, on its own tables. There are
 * no limits, no metrics, no logs, no rings, and nothing is looked at twice: what the service does
 * beyond this costs the difference.
 */
import { createHash } from 'node:crypto';
import pg from 'pg';
import { readConfig } from '../../dist/src/config/config.js';
import { migrate } from '../../dist/src/database/migrate.js';
import { EventReceiver } from '../../dist/src/inbox/receive-event.js';
import { SECRET_PREFIXES } from '../../dist/src/providers/providers.js';
import { rawBodyServer, serve } from './raw-body-server.mjs';
import { isSignedByStripe } from './stripe-signature.mjs';

const { PORT, DATABASE_URL, STRIPE_WEBHOOK_SECRET } = process.env;
const settings = readConfig({}, SECRET_PREFIXES);
const nobodyAsks = { recorded() {}, redelivered() {}, flushed() {} };

await migrate(DATABASE_URL);
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: settings.FLUSHES_MAX });
const receiver = new EventReceiver(
  pool,
  {
    rowsMax: settings.FLUSH_ROWS_MAX,
    bytesMax: settings.FLUSH_BYTES_MAX,
    flushesMax: settings.FLUSHES_MAX,
    waitingEventsMax: settings.ADMISSION_EVENTS_MAX,
    waitingBytesMax: settings.ADMISSION_BYTES_MAX,
    graceSeconds: settings.RING_GRACE_SECONDS,
  },
  nobodyAsks,
);

const server = rawBodyServer();
server.post('/webhooks/stripe', async (request, reply) => {
  const { body, headers } = request;
  if (!isSignedByStripe(body, headers['stripe-signature'], STRIPE_WEBHOOK_SECRET)) {
    return reply.code(401).send({ error: 'invalid signature' });
  }
  const { id, type, created, livemode } = JSON.parse(body.toString());
  const status = await receiver.receive('stripe', 'default', {
    eventId: id,
    eventType: type,
    occurredAtMs: created * 1000,
    livemode,
    secretIndex: 0,
    fingerprint: createHash('sha256').update(body).digest(),
    body,
  });
  return { status };
});
await serve(server, PORT);
