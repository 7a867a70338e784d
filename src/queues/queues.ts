/** Names of the queues. BullMQ allows no `:` in them. */
export const QUEUES = {
  /** Rings: "look at these rows of the inbox". */
  inbox: 'inbox',
} as const;
export type QueueName = (typeof QUEUES)[keyof typeof QUEUES];

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
