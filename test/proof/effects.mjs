/**
 * A service that listens to every message and counts it, in a table that would take a message twice:
 * what `world.ts` starts and kills. Its only argument says where everything is.
 */
import pg from 'pg';
import { pathToFileURL } from 'node:url';

const { build, databaseUrl, queues } = JSON.parse(process.argv[2]);
const { consumeOnce, CONSUMED_MESSAGES_TABLE, startConsumer } = await import(
  pathToFileURL(`${build}/src/consumers/package.js`).href
);

const pool = new pg.Pool({
  connectionString: databaseUrl,
  connectionTimeoutMillis: 5000,
  query_timeout: 8000,
});
pool.on('error', () => undefined);
await pool.query(CONSUMED_MESSAGES_TABLE);
await pool.query(`
  create table if not exists effects (message_id text not null, type text not null);
  create table if not exists states (
    subject text primary key, version integer not null, status text not null)`);

const KINDS = ['payment', 'order', 'dispute'];

async function count(tx, message) {
  await tx.query('insert into effects (message_id, type) values ($1, $2)', [
    message.id,
    message.type,
  ]);
  const kind = KINDS.find((name) => message.type.startsWith(`${name}.`));
  const subject = message.data[kind];
  // Messages come in any order: a version that is not greater than the known one is old news.
  await tx.query(
    `insert into states (subject, version, status) values ($1, $2, $3)
     on conflict (subject) do update set version = excluded.version, status = excluded.status
     where excluded.version > states.version`,
    [`${kind} ${subject.id ?? subject.reference}`, message.aggregateversion, subject.status],
  );
}

const consumer = startConsumer({
  name: 'proof',
  ...queues,
  consume: (message) => consumeOnce(pool, 'proof', message, (tx) => count(tx, message)),
  onError: () => undefined, // faults break the queues; they pass by themselves
});
process.stdout.write('listens\n');

process.once('SIGTERM', async () => {
  await consumer.close();
  await pool.end();
});
