/** The baseline `bullmq`: BullMQ alone. Jobs that do nothing: the limit of one job for each event. */
import { Worker } from 'bullmq';
import { once } from 'node:events';
import { createServer } from 'node:net';

const { PORT, REDIS_URL, QUEUE_PREFIX, CONCURRENCY } = process.env;

const worker = new Worker('webhooks', async () => undefined, {
  connection: { url: REDIS_URL },
  prefix: QUEUE_PREFIX,
  concurrency: Number(CONCURRENCY),
  removeOnComplete: { count: 0 },
});
await worker.waitUntilReady();

const door = createServer((socket) => socket.destroy()).listen(Number(PORT), '127.0.0.1');
await once(door, 'listening');
process.once('SIGTERM', () => process.exit(0));
