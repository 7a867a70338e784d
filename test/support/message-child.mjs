/**
 * A relay and toy consumers in a process of their own, made of the build: what `message-process.ts`
 * starts and kills. Its only argument says what to run.
 */
import pg from 'pg';
import { consumeOnce } from '../../dist/src/consumers/consume-once.js';
import { createConsumerWorker } from '../../dist/src/consumers/consumer.worker.js';
import { settle } from '../../dist/src/consumers/settle.js';
import { BreakableClient } from '../../dist/src/database/breakable-client.js';
import { findWhetherNamesAreKnown, pooledClient } from '../../dist/src/database/pooled-client.js';
import { armFailPoints, readFailPoint } from '../../dist/src/fail-points.js';
import { Loop } from '../../dist/src/loop.js';
import { isWanted } from '../../dist/src/outbox/dispatch.queries.js';
import { registerConsumers } from '../../dist/src/outbox/outbox.queries.js';
import { relayOnce } from '../../dist/src/outbox/relay.js';
import { postgresBackend, redisBackend } from '../../dist/src/queues/queue-backend.js';
import { queueOf } from '../../dist/src/queues/queues.js';

const NO_LIMITS = { statementMs: 0, lockMs: 0, idleInTransactionMs: 0 };
const options = JSON.parse(process.argv[2]);
const { databaseUrl, redisUrl, prefix, queueDatabaseUrl } = options.backing;
armFailPoints(options.failPoints.map(readFailPoint));

const ignore = () => undefined;
const backend =
  redisUrl === undefined
    ? postgresBackend(queueDatabaseUrl, prefix, ignore)
    : redisBackend(redisUrl, prefix, ignore);
// As the service has it: what is behind a pooler has another way for its queues.
const Client =
  queueDatabaseUrl === databaseUrl
    ? BreakableClient
    : pooledClient(NO_LIMITS, await findWhetherNamesAreKnown(databaseUrl));
const pool = new pg.Pool({ Client, connectionString: databaseUrl, max: 12 });
pool.on('error', ignore);

const producers = options.relaysTo.map((name) => backend.producer(queueOf(name)));
const context = {
  pool,
  recipients: producers.map((queue, index) => ({
    consumer: options.relaysTo[index],
    queue,
  })),
  source: '/tests',
  messagesMax: 200,
  leaseSeconds: options.leaseSeconds,
  resendSeconds: options.resendSeconds,
  report: ignore,
};
const relay = new Loop(() => relayOnce(context), 25, ignore);
if (producers.length > 0) {
  const all = options.relaysTo.map((name) => ({ name, patterns: ['%'] }));
  await registerConsumers(pool, all);
  relay.start();
}

const settling = {
  pool,
  attemptsMax: 3,
  backoff: { baseSeconds: 0.01, factor: 1, capSeconds: 0.01 },
  report: ignore,
};
const workers = options.consumes.map((name) => {
  const insertEffect = 'insert into effects (consumer, message_id) values ($1, $2)';
  const consume = (message) =>
    consumeOnce(pool, name, message, (tx) => tx.query(insertEffect, [name, message.id]));
  const worker = createConsumerWorker(
    backend,
    {
      consumer: { name, types: ['*'], consume },
      isWanted: ({ message, tries }) => isWanted(pool, name, { messageId: message.id, tries }),
      settle: (outcome) => settle(settling, outcome),
    },
    { concurrency: options.concurrency, lockSeconds: options.lockSeconds },
    ignore,
  );
  void worker.run();
  return worker;
});

process.once('SIGTERM', async () => {
  await relay.stop();
  await Promise.all(workers.map((worker) => worker.close()));
  await Promise.all(producers.map((producer) => producer.close()));
  await pool.end();
  // Nothing is left that would keep the process alive; a leak shows in a test that times out.
});
process.send?.('ready');
process.disconnect?.();
