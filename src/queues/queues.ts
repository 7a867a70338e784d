/** Names of the queues. BullMQ allows no `:` in them. */
export const QUEUES = {
  /** Rings: "look at these rows of the inbox". */
  inbox: 'inbox',
  /** What consumers outside of this service report: outcomes of messages. */
  outcomes: 'outcomes',
} as const;
export type QueueName = (typeof QUEUES)[keyof typeof QUEUES] | `consumer-${string}`;

/** The queue of messages for one consumer. */
export function queueOf(consumer: string): QueueName {
  return `consumer-${consumer}`;
}

/** What a ring carries: inbox ids, and nothing that could be outdated when it is heard. */
export interface Ring {
  readonly ids: readonly string[];
  /**
   * Given when the rows are overdue: how many noted attempts at them never came to an end. It is
   * compared with the rows, so one that is outdated does nothing.
   */
  readonly unended?: number;
}

/** Reads a ring; null when the job is none of ours. */
export function readRing(data: unknown): Ring | null {
  if (typeof data !== 'object' || data === null || !('ids' in data)) return null;
  const { ids } = data;
  if (!Array.isArray(ids)) return null;
  if (!ids.every((id): id is string => typeof id === 'string' && UUID.test(id))) return null;
  if (!('unended' in data)) return { ids };
  const { unended } = data;
  return Number.isSafeInteger(unended) ? { ids, unended: Number(unended) } : null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
