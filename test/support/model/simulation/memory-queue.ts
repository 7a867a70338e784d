import type { Producer } from '../../../../src/queues/queue-backend.js';
import type { Process } from './process.js';

/** A job of a queue. BullMQ gives one that has stalled to somebody else once, and then gives it up. */
export interface Job {
  readonly data: unknown;
  readonly stalledCounter: number;
}

/**
 * A queue that keeps nothing of what it is promised to: jobs may be taken in any order, and be lost
 * or doubled.
 */
export class MemoryQueue {
  jobs: Job[] = [];
  /** Jobs whose worker has died or stopped, until the queue notices. */
  stalled: Job[] = [];
  isAway = false;

  constructor(
    readonly name: string,
    /** Told of what is added before it is. */
    private readonly onAdd: (queue: MemoryQueue, by: Process, data: unknown) => void,
  ) {}

  /** Adds on behalf of a process; each call is one act of it. */
  producer(by: Process): Producer {
    const act = <T>(name: string, work: () => T): Promise<T> =>
      by.act(
        name,
        () => {
          if (this.isAway) return Promise.reject(new Error(`${this.name} is away`));
          return Promise.resolve(work());
        },
        () => undefined,
      );
    return {
      add: (data) =>
        act('ring', () => {
          this.add(by, data);
        }),
      addAll: (data) =>
        act('send', () => {
          for (const one of data) this.add(by, one);
        }),
      waiting: () => act('count jobs', () => this.jobs.length),
      isReachable: () => Promise.resolve(!this.isAway),
      close: () => Promise.resolve(),
    };
  }

  take(index: number): Job | undefined {
    return this.jobs.splice(index % this.jobs.length, 1)[0];
  }

  /** Gives what has stalled to somebody else, for the first time. */
  returnStalled(): void {
    for (const { data, stalledCounter } of this.stalled.splice(0)) {
      if (stalledCounter === 0) this.jobs.push({ data, stalledCounter: 1 });
    }
  }

  private add(by: Process, data: unknown): void {
    this.onAdd(this, by, data);
    this.jobs.push({ data, stalledCounter: 0 });
  }
}
