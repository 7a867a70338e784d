import { Queue } from 'bullmq';
import { postgresBackend, redisBackend } from '../dist/src/queues/queue-backend.js';
import { QUEUES } from '../dist/src/queues/queues.js';
import { untilNone } from './backlog.mjs';
import { tollgate } from './contenders.mjs';
import { fillInbox, fillTutorial } from './fill.mjs';
import { query } from './postgres.mjs';
import { cpuFigures, startContender, withContender, withPlace } from './server.mjs';

/** What one ring of the door names at saturation: the events of one flush, or of a few. */
export const EVENTS_PER_RING = 64;
const JOBS_PER_CALL = 1000;
const DRAIN_SECONDS_MAX = 1800;

/**
 * How a contender of the drain gets its backlog, and how it is told that it is done with it.
 * @typedef {object} Draining
 * @property {(context: object, place: object) => Promise<void>} fill
 * @property {(place: object) => Promise<number>} countLeft
 * @property {(place: object) => Promise<{ done: number, seconds: number }>} measure how many are done,
 *   from the first to the last of them
 */

/** The service: its database is migrated by itself, and its door has rung for everything. */
export function drainsInbox(contender) {
  return {
    ...contender,
    drains: {
      fill: (context, place) => fillOurs(context, place),
      countLeft: ({ databaseUrl }) =>
        countWhere(
          databaseUrl,
          `select count(*)::int as left from inbox where status = 'received'`,
        ),
      measure: ({ databaseUrl }) =>
        measureRows(databaseUrl, 'inbox', `status = 'applied' and payment_id is not null`),
    },
  };
}

/** The worker of the tutorial: one job for each event. */
export function drainsJobs(contender) {
  return {
    ...contender,
    drains: {
      fill: async ({ options }, place) => {
        const ids = await fillTutorial(place.databaseUrl, {
          tag: place.tag,
          events: options.events,
        });
        await addJobs(place, ids);
      },
      countLeft: ({ databaseUrl }) =>
        countWhere(
          databaseUrl,
          `select count(*)::int as left from webhook_events where status = 'received'`,
        ),
      measure: ({ databaseUrl }) =>
        measureRows(databaseUrl, 'webhook_events', `status = 'processed'`),
    },
  };
}

/** BullMQ alone: what is left is told by the queue, and so is the end. */
export function drainsNoOps(contender) {
  return {
    ...contender,
    drains: {
      fill: ({ options }, place) =>
        addJobs(
          place,
          Array.from({ length: options.events }, (_, n) => `evt_${place.tag}${n}`),
        ),
      countLeft: (place) => withQueue(place, (queue) => queue.getJobCountByTypes('wait', 'active')),
      measure: null,
    },
  };
}

/**
 * One turn: a backlog, a worker, and the time until nothing is left. It is taken from the first
 * event that was done with to the last, so that the start of the process does not count.
 */
export function takeDrainingTurn(context) {
  const { contender, options } = context;
  return withPlace(context, async (place) => {
    await contender.drains.fill(context, place);
    await context.postgres.checkpoint();
    const startedAtMs = Date.now();
    return withContender(context, place, async ({ measureCpu }) => {
      const before = measureCpu();
      await untilNone(() => contender.drains.countLeft(place), DRAIN_SECONDS_MAX);
      const after = measureCpu();
      const elapsed = { done: options.events, seconds: (Date.now() - startedAtMs) / 1000 };
      const { done, seconds } = (await contender.drains.measure?.(place)) ?? elapsed;
      return {
        figures: {
          appliedPerSecond: done / seconds,
          seconds,
          ...cpuOfDrain(before, after, done),
        },
        refused: 0,
        missing: options.events - done,
      };
    });
  });
}

/** There is no client. */
function cpuOfDrain(before, after, answers) {
  const spent = Object.fromEntries(
    Object.keys(after).map((who) => [who, after[who] - before[who]]),
  );
  return cpuFigures({ answers, client: 0, spent });
}

/** The door starts once, to migrate; the events come by SQL, and the rings as it would send them. */
async function fillOurs(context, place) {
  const { contender, options } = context;
  const door = tollgate(`${contender.name}-door`, '', {
    queue: contender.needsRedis ? 'redis' : 'postgres',
  });
  const server = await startContender({ ...context, contender: door }, place);
  await server.stop();
  const ids = await fillInbox(place.databaseUrl, { tag: place.tag, events: options.events });
  const backend = contender.needsRedis
    ? redisBackend(place.redisUrl, place.prefix, () => undefined)
    : postgresBackend(place.databaseUrl, place.prefix, () => undefined);
  const producer = backend.producer(QUEUES.inbox);
  await untilNone(async () => ((await producer.isReachable()) ? 0 : 1), DRAIN_SECONDS_MAX);
  for (let at = 0; at < ids.length; at += EVENTS_PER_RING) {
    await producer.add({ ids: ids.slice(at, at + EVENTS_PER_RING) });
  }
  await producer.close();
}

async function addJobs(place, ids) {
  await withQueue(place, async (queue) => {
    for (let at = 0; at < ids.length; at += JOBS_PER_CALL) {
      const part = ids.slice(at, at + JOBS_PER_CALL);
      await queue.addBulk(part.map((eventId) => ({ name: 'process', data: { eventId } })));
    }
  });
}

async function withQueue({ redisUrl, prefix }, use) {
  const queue = new Queue('webhooks', { connection: { url: redisUrl }, prefix });
  try {
    return await use(queue);
  } finally {
    await queue.close();
  }
}

async function countWhere(databaseUrl, text) {
  return (await query(databaseUrl, text))[0].left;
}

async function measureRows(databaseUrl, table, condition) {
  const [row] = await query(
    databaseUrl,
    `select count(*)::int as done,
            extract(epoch from max(finished_at) - min(finished_at))::float8 as seconds
     from ${table} where ${condition}`,
  );
  return row;
}
