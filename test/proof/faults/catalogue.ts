import { Queue } from 'bullmq';
import { QUEUE_SCHEMA_DEFAULT } from '../../../src/database/migrate.js';
import { postgresQueue } from '../../../src/queues/postgres-queue.js';
import { postgresBackend, type Producer } from '../../../src/queues/queue-backend.js';
import type { QueueName } from '../../../src/queues/queues.js';
import type { Fault } from '../fault.js';
import type { Scene } from '../scene.js';

/** A queue that nobody works on; its jobs are removed at the end. */
const QUEUE: QueueName = 'consumer-catalogue';
const BULKS_PER_SECOND = 50;
const BULK_JOBS = 2;
const SOAK_SECONDS = 20;
const BYTES_MAX = 50 * 1024 * 1024;
/** What bulks may leave behind in the catalogue; a temporary table leaves thousands of bytes. */
const BYTES_PER_BULK_MAX = 100;
/** Whatever else goes on in the meantime. */
const BYTES_MARGIN = 64 * 1024;
const COMPARED_BULKS = 50;

/** Queues in PostgreSQL, for a long time. */
export const CATALOGUE_FAULTS: readonly Fault[] = [
  {
    id: 'F43',
    title: 'bulks of jobs added to queues in PostgreSQL, again and again',
    expected: 'the catalogue does not grow with them, and adding stays as fast',
    queues: 'postgres',
    inject: async (scene) => {
      const { url } = scene.world.postgres;
      const producer = postgresBackend(url, QUEUE_SCHEMA_DEFAULT, () => undefined).producer(QUEUE);
      try {
        const before = await catalogueBytes(scene);
        scene.injected(`bulks of ${BULK_JOBS} jobs for ${scene.rounds(SOAK_SECONDS)} s`);
        const { bulks, firstMs, lastMs } = await soak(scene, producer);
        scene.healed();
        const after = await catalogueBytes(scene);
        const grown = after - before;
        const perBulk = grown / bulks;
        scene.note(
          `${bulks} bulks, each of which left ${perBulk.toFixed(0)} bytes in the catalogue, ` +
            `which takes ${inKiB(after)}`,
        );
        scene.note(
          `a bulk took ${firstMs.toFixed(1)} ms at first and ${lastMs.toFixed(1)} ms at last`,
        );
        scene.expect(after < BYTES_MAX, `the catalogue takes ${inKiB(after)}`);
        scene.expect(
          grown < BYTES_MARGIN + bulks * BYTES_PER_BULK_MAX,
          `${bulks} bulks left ${inKiB(grown)}`,
        );
        await compare(scene);
      } finally {
        await producer.close();
        for (const table of ['job', 'event', 'meta']) {
          const sql = `delete from ${QUEUE_SCHEMA_DEFAULT}.${table} where queue = $1`;
          await scene.query(sql, [QUEUE]);
        }
      }
    },
  },
];

/** Adds bulks as the relay does, at a steady pace or as fast as it goes. */
async function soak(scene: Scene, producer: Producer) {
  const lastsMs = scene.rounds(SOAK_SECONDS) * 1000;
  const startedAtMs = performance.now();
  const times: number[] = [];
  for (let bulk = 0; performance.now() - startedAtMs < lastsMs; bulk += 1) {
    const aheadMs = (bulk * 1000) / BULKS_PER_SECOND - (performance.now() - startedAtMs);
    if (aheadMs > 0) await scene.seconds(aheadMs / 1000);
    const bulkAtMs = performance.now();
    await producer.addAll(Array.from({ length: BULK_JOBS }, (_one, job) => ({ bulk, job })));
    times.push(performance.now() - bulkAtMs);
  }
  const tenth = Math.ceil(times.length / 10);
  return {
    bulks: times.length,
    firstMs: median(times.slice(0, tenth)),
    lastMs: median(times.slice(-tenth)),
  };
}

/** What it would be with the bulks of BullMQ itself, which make a temporary table each. */
async function compare(scene: Scene): Promise<void> {
  const options = {
    databaseUrl: scene.world.postgres.url,
    schema: QUEUE_SCHEMA_DEFAULT,
    max: 1,
    statementTimeoutMs: 10_000,
  };
  const queue = new Queue(QUEUE, { connection: {} }, postgresQueue(options) as never);
  queue.on('error', () => undefined);
  try {
    const before = await catalogueBytes(scene);
    for (let bulk = 0; bulk < COMPARED_BULKS; bulk += 1) {
      const jobs = Array.from({ length: BULK_JOBS }, (_one, job) => ({
        name: QUEUE,
        data: { job },
      }));
      await queue.addBulk(jobs);
    }
    const perBulk = ((await catalogueBytes(scene)) - before) / COMPARED_BULKS;
    scene.note(`a bulk of BullMQ itself, which we do not use, leaves ${perBulk.toFixed(0)} bytes`);
  } finally {
    await queue.close();
  }
}

/** Columns, types and tables of everything, temporary tables included, with their indexes. */
async function catalogueBytes(scene: Scene): Promise<number> {
  const [row] = await scene.query<{ bytes: number }>(
    `select sum(pg_total_relation_size(name::regclass))::float8 as bytes
       from unnest(array['pg_attribute', 'pg_class', 'pg_type', 'pg_depend']) as names (name)`,
  );
  return row?.bytes ?? NaN;
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN;
}

function inKiB(bytes: number): string {
  return `${Math.round(bytes / 1024)} kB`;
}
