/**
 * The baseline `mirror`: `processWebhook` of @supabase/stripe-sync-engine behind Fastify, as its
 * README has it. It verifies with Stripe's own library and upserts the object of the event; the
 * event itself is not kept, and nobody else is told. Related objects are not fetched.
 */
import { createRequire } from 'node:module';
import pg from 'pg';
import { rawBodyServer, serve } from './raw-body-server.mjs';

const { PORT, DATABASE_URL, STRIPE_WEBHOOK_SECRET, POOL_SIZE } = process.env;

// As CommonJS: the package's other form looks for its migrations by __dirname, which ES modules do
// not have.
const { runMigrations, StripeSync } = createRequire(import.meta.url)(
  '@supabase/stripe-sync-engine',
);

await createRole();
// It tells errors to its logger and to nobody else.
const logger = { info: () => undefined, error: (error) => console.error(error) };
await runMigrations({ databaseUrl: DATABASE_URL, schema: 'stripe', logger });
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

/** Its migrations name the role `postgres` as an owner, which not every server has. */
async function createRole() {
  const client = new pg.Client({ connectionString: DATABASE_URL });
  await client.connect();
  const { rowCount } = await client.query(`select from pg_roles where rolname = 'postgres'`);
  if (rowCount === 0) await client.query('create role postgres');
  await client.end();
}
