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
}

/** The ids of a ring; null when the job is none of ours. */
export function readRing(data: unknown): readonly string[] | null {
  if (typeof data !== 'object' || data === null || !('ids' in data)) return null;
  const { ids } = data;
  const isRing = Array.isArray(ids) && ids.every((id) => typeof id === 'string' && UUID.test(id));
  return isRing ? (ids as string[]) : null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
