import { setTimeout as delay } from 'node:timers/promises';
import type { Producer, QueueBackend } from './queue-backend.js';
import type { QueueName } from './queues.js';

/** How a queue stands at this moment. */
export interface QueueLook {
  readonly name: QueueName;
  /** Null: the backend did not answer. */
  readonly waiting: number | null;
}

/** A connection that is new needs a moment. */
const CONNECTING_MS = 1000;
const PAUSE_MS = 50;

/**
 * Looks into the queues for people who want to know. Nothing that is received or worked on depends
 * on it: it has connections of its own, which are made when somebody looks for the first time.
 */
export class QueueWatch {
  private readonly producers = new Map<QueueName, Producer>();

  constructor(private readonly backend: QueueBackend) {}

  get kind(): QueueBackend['kind'] {
    return this.backend.kind;
  }

  look(names: readonly QueueName[]): Promise<QueueLook[]> {
    return Promise.all(
      names.map(async (name) => ({ name, waiting: await this.countWaiting(name) })),
    );
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.producers.values()].map((one) => one.close()));
  }

  private async countWaiting(name: QueueName): Promise<number | null> {
    const known = this.producers.get(name);
    if (known) return known.waiting().catch(() => null);
    const producer = this.backend.producer(name);
    this.producers.set(name, producer);
    const giveUpAtMs = Date.now() + CONNECTING_MS;
    for (;;) {
      const waiting = await producer.waiting().catch(() => null);
      if (waiting !== null || Date.now() >= giveUpAtMs) return waiting;
      await delay(PAUSE_MS);
    }
  }
}
