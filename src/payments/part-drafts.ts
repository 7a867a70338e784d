import { isEqual, mergeFacts, registerOf, saysTheSame } from './fact-register.js';
import type {
  ApplyOutcome,
  EventFacts,
  ParkedFact,
  PartRow,
  RecordedFact,
  RingState,
} from './ring-state.js';

type PartKey = Pick<PartRow, 'provider' | 'account' | 'partId'>;

/**
 * The parts of payments that a ring names. An event that knows only a part is parked until another
 * event tells whose part it is; that event then takes the parked facts over. So it makes no
 * difference which of the two comes first.
 */
export class PartDrafts {
  private readonly rows: Map<string, PartRow>;
  private readonly changed = new Map<string, PartRow>();
  private readonly parked = new Map<string, Map<string, ParkedFact>>();
  private readonly newlyParked = new Set<ParkedFact>();
  private readonly unparked: PartRow[] = [];

  constructor(state: Pick<RingState, 'parts' | 'parkedFacts'>) {
    this.rows = new Map(state.parts.map((row) => [keyOf(row), row]));
    for (const fact of state.parkedFacts) this.of(fact).set(registerOf(fact), fact);
  }

  paymentOf(event: EventFacts, partId: string | undefined): string | undefined {
    if (partId === undefined) return undefined;
    return this.rows.get(keyOf({ ...event, partId }))?.paymentId ?? undefined;
  }

  /** Keeps what an event says about a part whose payment nobody knows yet. */
  park(event: EventFacts): ApplyOutcome {
    const [partId] = event.facts.partIds;
    if (partId === undefined) throw new Error('an event names neither a payment nor a part');
    const { provider, account, inboxId } = event;
    const known = this.of({ provider, account, partId });
    let isRepeated = event.facts.facts.length > 0;
    for (const told of event.facts.facts) {
      const { livemode } = event.facts;
      const fact: ParkedFact = { livemode, inboxId, provider, account, partId, ...told };
      const before = known.get(registerOf(fact));
      if (!before || !saysTheSame(before, fact)) isRepeated = false;
      // What says the same may say it of a later time, which decides over what is told next.
      if (before && isEqual(mergeFacts(before, fact), before)) continue;
      if (before) this.newlyParked.delete(before);
      known.set(registerOf(fact), fact);
      this.newlyParked.add(fact);
    }
    const reason = isRepeated ? 'repeated' : 'waiting_for_payment';
    return { outcome: 'noop', reason, paymentId: null, partId };
  }

  /** Notes whose parts these are, and hands out what was parked under them. */
  link(event: EventFacts, paymentId: string): RecordedFact[] {
    const { provider, account } = event;
    return event.facts.partIds.flatMap((partId) => {
      const key = keyOf({ provider, account, partId });
      if (this.rows.get(key)?.paymentId) return []; // whose it is was told before; that holds
      const row = { provider, account, partId, paymentId };
      this.rows.set(key, row);
      this.changed.set(key, row);
      const waiting = [...(this.parked.get(key)?.values() ?? [])];
      this.parked.delete(key);
      for (const fact of waiting) this.newlyParked.delete(fact);
      if (waiting.length > 0) this.unparked.push(row);
      return waiting.map(toFact);
    });
  }

  changes() {
    return {
      parts: [...this.changed.values()],
      parkedFacts: [...this.newlyParked],
      unparked: this.unparked,
    };
  }

  private of(part: PartKey): Map<string, ParkedFact> {
    const key = keyOf(part);
    const facts = this.parked.get(key) ?? new Map<string, ParkedFact>();
    this.parked.set(key, facts);
    return facts;
  }
}

/** A parked fact once its payment is known: the part is of no interest any more. */
function toFact({ provider: _, account: __, partId: ___, ...fact }: ParkedFact): RecordedFact {
  return fact;
}

function keyOf({ provider, account, partId }: PartKey): string {
  return JSON.stringify([provider, account, partId]);
}
