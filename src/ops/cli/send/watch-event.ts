import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from '../api.js';
import type { EventView, PageView, TimelineEntryView } from '../api-views.js';
import type { Block } from '../render.js';

/** A payment as the API shows it, all of it. */
interface PaymentShown {
  readonly facts: readonly object[];
  readonly timeline: readonly TimelineEntryView[];
  readonly reviews: readonly { readonly reason: string; readonly status: string }[];
  readonly refunds?: unknown;
}

/** What became of an event; no event: it had no outcome in time. */
export interface Watched {
  readonly event: EventView | null;
  readonly payment: PaymentShown | null;
}

const WATCH_MS = 15_000;
const PAUSE_MS = 100;

/** Waits until an event has an outcome, and reads the payment that it led to. */
export async function watchEvent(
  api: Api,
  query: { readonly provider: string; readonly account: string; readonly eventId: string },
): Promise<Watched> {
  const giveUpAtMs = Date.now() + WATCH_MS;
  for (;;) {
    const { data } = await api.get<PageView<EventView>>('/v1/events', query);
    const [event = null] = data;
    if (event !== null && event.outcome !== null) {
      const { paymentId } = event;
      const path = `/v1/payments/${paymentId ?? ''}`;
      return { event, payment: paymentId === null ? null : await api.get<PaymentShown>(path) };
    }
    if (Date.now() > giveUpAtMs) return { event: null, payment: null };
    await delay(PAUSE_MS);
  }
}

/** The event, the payment as JSON, and how much is known about it. */
export function watchedBlocks(eventId: string, { event, payment }: Watched): Block[] {
  if (event === null) return [`${eventId}: no outcome yet; is a worker running?`];
  const error = event.lastError ? ` (${event.lastError.code}: ${event.lastError.message})` : '';
  const line = `${event.type}: ${event.outcome ?? ''}${error}`;
  if (payment === null) return [line];
  // Refunds are those that were asked for here: none, of a sample.
  const { facts, timeline, reviews, ...rest } = payment;
  const shown = { ...rest, refunds: undefined };
  const open = reviews.filter(({ status }) => status === 'open').map(({ reason }) => reason);
  return [
    line,
    ...JSON.stringify(shown, null, 2).split('\n'),
    `facts: ${facts.length}, timeline: ${timeline.length} entries` +
      (open.length > 0 ? `, in review: ${open.join(', ')}` : ''),
  ];
}
