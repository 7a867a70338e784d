import type { AttemptReport } from '../../../../src/inbox/process-ring.js';
import type { CatalogEvent, Says } from './catalog.js';
import type { Process } from './process.js';

/** An event on its way. */
export interface Delivery {
  readonly event: CatalogEvent;
  /** 1: with another content under its id, where there is one. */
  readonly content: 0 | 1;
}

/** What has happened, a sentence or two for each thing. */
export class Story {
  readonly sentences: string[] = [];
  private notes: { readonly by: Process; readonly text: string }[] = [];

  /** What a process does meanwhile, as the end of a sentence about it. */
  note(by: Process, text: string): void {
    this.notes.push({ by, text });
  }

  get hasNotes(): boolean {
    return this.notes.length > 0;
  }

  /** From here on notes belong to what happens next. */
  begin(): void {
    this.notes = [];
  }

  /** Tells what has happened, and what everybody did. @param subject who `It` is */
  end(head: string, subject: Process | null): void {
    const sentences = [head];
    for (let at = 0; at < this.notes.length;) {
      const { by } = this.notes[at]!;
      const others = this.notes.slice(at).findIndex((note) => note.by !== by);
      const same = this.notes.slice(at, others < 0 ? undefined : at + others);
      const who = by === subject ? 'It' : by.name;
      sentences.push(`${who} ${listOf(same.map(({ text }) => text))}.`);
      at += same.length;
    }
    this.sentences.push(sentences.join(' '));
  }

  /** Adds to the last sentence what is known only after it. */
  amend(text: string): void {
    this.sentences.push(`${this.sentences.pop() ?? ''} ${text}`);
  }

  /** All of it, numbered, and what it has come to. */
  toText(ends: readonly string[]): string {
    const numbered = this.sentences.map((sentence, index) => `  ${index + 1}. ${sentence}`);
    return [...numbered, ...[...new Set(ends)].map((one) => `  Then: ${one}`)].join('\n');
  }
}

/** `a`, `a and b`, `a, b and c`. */
export function listOf(names: readonly string[]): string {
  const last = names.at(-1) ?? 'nothing';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

/** Who delivers what. @param isKnown true for what was delivered before */
export function announce(
  deliveries: readonly Delivery[],
  isKnown: (event: CatalogEvent) => boolean,
): string {
  const names = deliveries.map(({ event, content }) => {
    const says = content === 1 && event.other ? event.other.says : event.says;
    return `${event.name} (${inWords(event, says)})${isKnown(event) ? ' again' : ''}`;
  });
  const providers = [...new Set(deliveries.map(({ event }) => PROVIDER_NAMES[event.provider]))];
  return `${listOf(providers)} ${providers.length > 1 ? 'deliver' : 'delivers'} ${listOf(names)}.`;
}

const PROVIDER_NAMES = { stripe: 'Stripe', paystack: 'Paystack' } as const;

/** What a worker does with an event. */
export const OUTCOMES: Readonly<
  Record<AttemptReport['outcome'], (name: string, reason: string | null) => string>
> = {
  applied: (name) => `applies ${name}`,
  noop: (name, reason) => `finds nothing new in ${name} (${reason ?? ''})`,
  ignored: (name) => `ignores ${name}`,
  retry: (name, reason) => `fails at ${name} (${reason ?? ''})`,
  dead: (name, reason) => `makes a dead letter of ${name} (${reason ?? ''})`,
};

const TROUBLES: Readonly<Record<NonNullable<CatalogEvent['trouble']>, string>> = {
  ignored: 'nothing about a payment',
  amount_unusable: 'an amount that cannot be used',
  translate_failed: 'what our code cannot translate',
  process_ended: 'what ends the process that reads it',
};

/** An event in a few words. */
function inWords({ type, trouble }: CatalogEvent, says: Says): string {
  const { capturedMinor, refundMinor, dispute, hasFailed, isCancelled } = says;
  if (trouble !== null) return TROUBLES[trouble];
  if (capturedMinor !== undefined) return `captured ${capturedMinor}`;
  if (refundMinor !== undefined) return `refunded ${refundMinor}`;
  if (dispute) return `disputed ${dispute.amountMinor}`;
  if (hasFailed === true) return 'an attempt failed';
  return isCancelled === true ? 'cancelled' : type;
}
