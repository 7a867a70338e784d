/**
 * The baseline `mirror`: `processWebhook` of @supabase/stripe-sync-engine behind Fastify, as its
 * README has it. It verifies with Stripe's own library and upserts the object of the event; the
 * event itself is not kept, and nobody else is told. Related objects are not fetched.
 */
import { runMigrations, StripeSync } from '@supabase/stripe-sync-engine';
import { rawBodyServer, serve } from './raw-body-server.mjs';

const { PORT, DATABASE_URL, STRIPE_WEBHOOK_SECRET, POOL_SIZE } = process.env;

await runMigrations({ databaseUrl: DATABASE_URL, schema: 'stripe' });
const sync = new StripeSync({
  poolConfig: { connectionString: DATABASE_URL, max: Number(POOL_SIZE) },
  stripeSecretKey: 'sk_test_never_called',
  stripeWebhookSecret: STRIPE_WEBHOOK_SECRET,
  backfillRelatedEntities: false,
});

const server = rawBodyServer();
server.post('/webhooks/stripe', async (request, reply) => {
  try {
    await sync.processWebhook(request.body, request.headers['stripe-signature']);
  } catch (error) {
    return reply.code(400).send({ error: error.message });
  }
  return { received: true };
});
await serve(server, PORT);
