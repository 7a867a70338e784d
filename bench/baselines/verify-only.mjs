/**
 * The baseline `verify-only`: Fastify, the HMAC over the raw bytes, the JSON parsed, nothing kept.
 * It keeps no promise: it is the limit of what stands before a database.
 */
import { rawBodyServer, serve } from './raw-body-server.mjs';
import { isSignedByStripe } from './stripe-signature.mjs';

const { PORT, STRIPE_WEBHOOK_SECRET } = process.env;

const server = rawBodyServer();
server.post('/webhooks/stripe', async (request, reply) => {
  const { body, headers } = request;
  if (!isSignedByStripe(body, headers['stripe-signature'], STRIPE_WEBHOOK_SECRET)) {
    return reply.code(401).send({ error: 'invalid signature' });
  }
  const event = JSON.parse(body.toString());
  return { status: typeof event.id === 'string' ? 'recorded' : 'unusable' };
});
await serve(server, PORT);
