import type { Ring } from '../queues/queues.js';

/** A row that is due for a ring. */
export interface DueEvent {
  readonly id: string;
  /** Of its body. */
  readonly bytes: number;
  /** How often the sweeper has rung for it without an outcome, this time included. */
  readonly rings: number;
  /** Attempts at it that were noted and never came to an end. */
  readonly unended: number;
}

/** Limits of one ring. */
export interface RingLimits {
  readonly ringEventsMax: number;
  /** Bytes of the bodies: a worker holds all of a ring at once. */
  readonly ringBytesMax: number;
}

/** From this ring of the sweeper on attempts are noted before they begin. */
const WATCHED_FROM_RING = 2;

/**
 * Names due rows in rings: most of them together; those that were rung for again and again together
 * with each other, to be watched; and each of which an attempt never came to an end by itself, since
 * it may be what ended the process, and its neighbours are innocent then.
 */
export function planRings(events: readonly DueEvent[], limits: RingLimits): Ring[] {
  const suspects = events.filter(({ unended }) => unended > 0);
  const others = events.filter(({ unended }) => unended === 0);
  const fresh = others.filter(({ rings }) => rings < WATCHED_FROM_RING);
  const overdue = others.filter(({ rings }) => rings >= WATCHED_FROM_RING);
  return [
    ...together(fresh, limits).map((ids) => ({ ids })),
    ...together(overdue, limits).map((ids) => ({ ids, unended: 0 })),
    ...suspects.map(({ id, unended }) => ({ ids: [id], unended })),
  ];
}

function together(
  events: readonly DueEvent[],
  { ringEventsMax, ringBytesMax }: RingLimits,
): string[][] {
  const rings: string[][] = [];
  let bytes = 0;
  for (const event of events) {
    const ring = rings.at(-1);
    bytes += event.bytes;
    if (ring && ring.length < ringEventsMax && bytes <= ringBytesMax) ring.push(event.id);
    else {
      rings.push([event.id]);
      bytes = event.bytes;
    }
  }
  return rings;
}
