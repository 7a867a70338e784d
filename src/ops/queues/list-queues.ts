import { countDispatches, type DispatchCounts } from '../../outbox/dispatch.queries.js';
import { findConsumers } from '../../outbox/outbox.queries.js';
import type { QueueLook } from '../../queues/queue-watch.js';
import { queueOf, QUEUES, type QueueName } from '../../queues/queues.js';
import type { Services } from '../../services.js';
import { countWaiting } from '../overview/overview.queries.js';

/** A queue, and the rows in PostgreSQL that it is about: those are the work, the queue only rings. */
export interface QueueView {
  readonly name: string;
  readonly isReachable: boolean;
  /** Jobs that nobody has taken yet; null when the queue does not answer. */
  readonly waiting: number | null;
  /** Rows that are not finished; null where there are none that belong to it. */
  readonly pending: number | null;
  /** Age of the oldest of them. */
  readonly oldestSeconds: number | null;
  /** Rows that wait for a person. */
  readonly dead: number | null;
  /** What its jobs are, and what it means when they wait. */
  readonly meaning: string;
}

export interface QueueList {
  /** What keeps the jobs. */
  readonly backend: 'redis' | 'postgres';
  readonly data: readonly QueueView[];
}

/** Every queue of this installation, also of consumers that other processes are configured with. */
export async function listQueues({
  database,
  messaging,
  queues,
}: Pick<Services, 'database' | 'messaging' | 'queues'>): Promise<QueueList> {
  const [registered, dispatches, events] = await Promise.all([
    findConsumers(database.command),
    countDispatches(database.command),
    countWaiting(database.command),
  ]);
  const configured = messaging.consumers.map(({ name }) => name);
  const consumers = [...new Set([...configured, ...registered.map(({ name }) => name)])].sort();
  const names: QueueName[] = [QUEUES.inbox, ...consumers.map(queueOf), QUEUES.outcomes];
  const looks = await queues.look(names);
  const lookOf = (name: QueueName) =>
    looks.find((one) => one.name === name) ?? { name, waiting: null };
  return {
    backend: queues.kind,
    data: [
      {
        ...present(lookOf(QUEUES.inbox)),
        pending: events.backlog,
        oldestSeconds: events.backlogOldestSeconds,
        dead: events.deadEvents,
        meaning:
          'Rings: "look at these events". They wait when no worker runs, or when all are busy. ' +
          'One that is lost costs seconds: the sweeper rings again.',
      },
      ...consumers.map((consumer) => ({
        ...present(lookOf(queueOf(consumer))),
        ...countsOf(dispatches, consumer),
        meaning:
          `Messages for the consumer ${consumer}. They wait when it does not run, or is slower ` +
          'than what it is told. What is lost here is sent again.',
      })),
      {
        ...present(lookOf(QUEUES.outcomes)),
        pending: null,
        oldestSeconds: null,
        dead: null,
        meaning:
          'What consumers outside of this service report. They wait when no worker runs that is ' +
          'configured with OUTSIDE_CONSUMERS.',
      },
    ],
  };
}

function present({ name, waiting }: QueueLook) {
  return { name, isReachable: waiting !== null, waiting };
}

function countsOf(dispatches: readonly DispatchCounts[], name: string) {
  const found = dispatches.find(({ consumer }) => consumer === name);
  const { pending = 0, oldestSeconds = 0, dead = 0 } = found ?? {};
  return { pending, oldestSeconds, dead };
}
