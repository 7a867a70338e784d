/** What kind of thing happened. */
export const TIMELINE_KINDS = [
  'command',
  'delivery',
  'attempt',
  'replay',
  'fact',
  'transition',
  'ledger',
  'review',
  'message',
  'event',
] as const;
export type TimelineKind = (typeof TIMELINE_KINDS)[number];

/** Who or what brought something about. */
export interface TimelineActor {
  readonly kind: 'provider' | 'command' | 'person' | 'system';
  readonly name: string;
}

/** What a line is about, by id; an order by its reference. */
export type TimelineLinks = Partial<
  Record<'event' | 'payment' | 'order' | 'review' | 'replay' | 'message', string>
>;

/** A line of a timeline: what happened, when, what came of it and why. */
export interface TimelineEntry {
  readonly at: Date;
  readonly kind: TimelineKind;
  readonly title: string;
  /** `applied`, `noop: stale`, `paid`, `consumed`, …; null: there is none, or not yet. */
  readonly outcome: string | null;
  /** In words; null: it speaks for itself. */
  readonly why: string | null;
  readonly by: TimelineActor;
  readonly links: TimelineLinks;
  /** Everything that is known of it. */
  readonly entry: Readonly<Record<string, unknown>>;
}

/** Oldest first; what happened in one moment, in the order in which one thing leads to another. */
export function sortTimeline(entries: readonly TimelineEntry[]): TimelineEntry[] {
  return entries.toSorted(
    (one, other) =>
      one.at.getTime() - other.at.getTime() ||
      TIMELINE_KINDS.indexOf(one.kind) - TIMELINE_KINDS.indexOf(other.kind),
  );
}

/** Who told: an event of a provider, by inbox id, or a command of ours. */
export type CauseOf = (inboxId: string | null, command: string | null) => TimelineActor;

/** @param senders who sent the events that are on the timeline, by inbox id */
export function causesOf(senders: ReadonlyMap<string, TimelineActor>): CauseOf {
  return (inboxId, command) => {
    if (inboxId !== null) return senders.get(inboxId) ?? { kind: 'provider', name: 'event' };
    return command === null
      ? { kind: 'system', name: 'tollgate' }
      : { kind: 'command', name: command };
  };
}

/** A link, if there is something to link to. */
export function link(name: keyof TimelineLinks, id: string | null): TimelineLinks {
  return id === null ? {} : { [name]: id };
}
