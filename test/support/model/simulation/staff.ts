import type { Job as BullJob, Processor, Worker } from 'bullmq';
import type { BackoffOptions } from '../../../../src/backoff.js';
import { consumeOnce } from '../../../../src/consumers/consume-once.js';
import { createConsumerWorker } from '../../../../src/consumers/consumer.worker.js';
import { settle } from '../../../../src/consumers/settle.js';
import { inTransaction } from '../../../../src/database/transaction.js';
import { createInboxWorker } from '../../../../src/inbox/inbox.processor.js';
import { InboxSweeper } from '../../../../src/inbox/inbox.sweeper.js';
import type { WatchContext } from '../../../../src/inbox/process-watched.js';
import { EventReceiver } from '../../../../src/inbox/receive-event.js';
import { RedeliveryCounter } from '../../../../src/inbox/redeliveries.js';
import type { SingleReplay } from '../../../../src/ops/replays/replay-one.js';
import { touchItems } from '../../../../src/ops/replays/run-replays.js';
import { isWanted } from '../../../../src/outbox/dispatch.queries.js';
import type { Message } from '../../../../src/outbox/message.js';
import { relayOnce, type RelayContext } from '../../../../src/outbox/relay.js';
import type { AttemptReport } from '../../../../src/inbox/process-ring.js';
import type { PaymentProvider } from '../../../../src/providers/provider.js';
import { Doorbell } from '../../../../src/queues/doorbell.js';
import type { QueueBackend } from '../../../../src/queues/queue-backend.js';
import type { MemoryDatabase } from '../database/memory-database.js';
import type { Job, MemoryQueue } from './memory-queue.js';
import type { Planted } from './planted.js';
import type { Process } from './process.js';

/** Small numbers, so that time need not pass for long. */
export const GRACE_SECONDS = 10;
const LEASE_SECONDS = 30;
const RESEND_SECONDS = 60;
const ATTEMPTS_MAX = 3;
const BACKOFF: BackoffOptions = { baseSeconds: 10, factor: 2, capSeconds: 40 };
const LIMITS = { concurrency: 1, lockSeconds: 30 };
const INBOX_LIMITS = { batchesMax: 1, eventsMax: 4, lockSeconds: 30 };

/** Longer than any run: what happens after a pause happens by itself in no model. */
const NEVER_MS = 2 ** 31 - 1;
const nothing = () => undefined;

/** Who is told, and of what, as patterns of SQL's `like`. */
export const CONSUMERS = [
  { name: 'books', patterns: ['%'] },
  { name: 'access', patterns: ['order.%'] },
] as const;
export type ConsumerName = (typeof CONSUMERS)[number]['name'];

/** Where all of them work. */
export interface Setting {
  readonly database: MemoryDatabase;
  readonly queues: Readonly<Record<'inbox' | ConsumerName, MemoryQueue>>;
  readonly providersOf: (process: Process) => ReadonlyMap<string, PaymentProvider>;
  readonly planted: Planted;
  /** Whether the effect of a consumer can happen now. */
  readonly isConsumerUp: () => boolean;
  readonly reported: (by: Process, report: AttemptReport) => void;
  readonly failedJob: (by: Process, error: unknown) => void;
}

/** What takes deliveries: the code of `src/`, over this process's connections. */
export interface Receiver {
  readonly receive: EventReceiver['receive'];
  /** Resolves when everything that follows from the deliveries so far is done. */
  readonly drained: () => Promise<void>;
}

export function receiverOf({ database, queues, planted }: Setting, process: Process): Receiver {
  const pool = database.pool(process);
  const doorbell = new Doorbell(queues.inbox.producer(process), () => undefined);
  const heard = { conflict: nothing, dropped: nothing, failed: nothing };
  const redeliveries = new RedeliveryCounter(pool, heard, NEVER_MS);
  const options = {
    rowsMax: 256,
    bytesMax: 2_097_152,
    flushesMax: 3,
    waitingEventsMax: 4096,
    waitingBytesMax: 67_108_864,
    graceSeconds: GRACE_SECONDS,
  };
  const listeners = {
    recorded: (ids: readonly string[]) => {
      doorbell.tell(ids);
    },
    redelivered: redeliveries.note.bind(redeliveries),
    flushed: () => undefined,
  };
  const receiver =
    planted.receiver?.({ pool, options, listeners, doorbell }) ??
    new EventReceiver(pool, options, listeners);
  return {
    receive: receiver.receive.bind(receiver),
    drained: () => redeliveries.drained(),
  };
}

/** Works on one ring. */
export function workerOf(setting: Setting, process: Process): (job: Job) => Promise<unknown> {
  const { database, providersOf } = setting;
  const context: WatchContext = {
    pool: database.pool(process),
    providers: providersOf(process),
    backoff: BACKOFF,
    attemptsMax: ATTEMPTS_MAX,
    graceSeconds: GRACE_SECONDS,
    fetch: () => Promise.reject(new Error('the model has no provider to ask')),
    report: (report) => {
      setting.reported(process, report);
    },
    onSuspect: () => Promise.resolve(),
  };
  return processorOf((backend) => {
    createInboxWorker(backend, context, INBOX_LIMITS, () => undefined);
  });
}

export function sweeperOf({ database, queues }: Setting, process: Process): () => Promise<unknown> {
  const options = {
    eventsMax: 100,
    ringEventsMax: 3,
    ringBytesMax: 2_097_152,
    graceSeconds: GRACE_SECONDS,
  };
  const doorbell = new Doorbell(queues.inbox.producer(process), () => undefined);
  const sweeper = new InboxSweeper(database.pool(process), doorbell, options);
  return () => sweeper.runOnce();
}

export function relayOf(setting: Setting, process: Process): () => Promise<unknown> {
  const { database, queues, planted } = setting;
  const context: RelayContext = {
    pool: database.pool(process),
    recipients: CONSUMERS.map(({ name }) => {
      return { consumer: name, queue: queues[name].producer(process) };
    }),
    source: 'model',
    messagesMax: 20,
    leaseSeconds: LEASE_SECONDS,
    resendSeconds: RESEND_SECONDS,
    report: () => undefined,
  };
  return () => (planted.relay ?? relayOnce)(context);
}

/** Works on one message of a consumer. */
export function consumerOf(
  setting: Setting,
  process: Process,
  name: ConsumerName,
): (job: Job) => Promise<unknown> {
  const { database, planted, isConsumerUp } = setting;
  const pool = database.pool(process);
  const consume = async (message: Message): Promise<void> => {
    if (!isConsumerUp()) throw new Error(`${name} is down`);
    await (planted.consumeOnce ?? consumeOnce)(pool, name, message, (tx) =>
      tx.query({ name: 'insert-effect', text: '', values: [name, message.id] }),
    );
  };
  const context = { pool, attemptsMax: ATTEMPTS_MAX, backoff: BACKOFF, report: () => undefined };
  return processorOf((backend) => {
    createConsumerWorker(
      backend,
      {
        consumer: { name, types: [], consume },
        isWanted: ({ message, tries }) => isWanted(pool, name, { messageId: message.id, tries }),
        settle: (outcome) => settle(context, outcome),
      },
      LIMITS,
      (error) => {
        setting.failedJob(process, error);
      },
    );
  });
}

/** Sends an event or a message through again, or discards it; true when it was what was chosen. */
export function operatorOf({ database, queues }: Setting, process: Process) {
  const pool = database.pool(process);
  const doorbell = new Doorbell(queues.inbox.producer(process), () => undefined);
  return async ({ target, action, item }: Pick<SingleReplay, 'target' | 'action' | 'item'>) => {
    const items = [{ ...item, position: 1 }];
    const { touched } = await inTransaction(pool, (tx) =>
      touchItems(tx, { target, action }, items, GRACE_SECONDS),
    );
    const isRung = touched.length > 0 && target === 'events' && action === 'replay';
    if (isRung) await doorbell.ring(touched);
    return touched.length > 0;
  };
}

/** What BullMQ would call for each job of the worker that is made here. */
function processorOf(make: (backend: QueueBackend) => void): (job: Job) => Promise<unknown> {
  let process: Processor | undefined;
  const worker = { on: () => worker } as unknown as Worker;
  make({
    kind: 'redis',
    producer: () => {
      throw new Error('a worker adds no jobs');
    },
    worker: (_name, given) => {
      process = given;
      return worker;
    },
  });
  return (job) => (process as (job: BullJob) => Promise<unknown>)(job as unknown as BullJob);
}
