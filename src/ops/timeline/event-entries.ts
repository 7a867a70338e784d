import type { InboxEventEntity } from '../../database/inbox-event.entity.js';
import type { TransitionEntity } from '../../database/payment.entity.js';
import { presentError, presentEvent } from '../present.js';
import { link, type TimelineActor, type TimelineEntry } from './timeline-entry.js';

/** An event on a timeline: how it came in, each attempt that failed, and what came of it. */
export function eventEntries(
  event: InboxEventEntity,
  transitions: readonly TransitionEntity[],
  attemptsMax: number,
): TimelineEntry[] {
  const by = senderOf(event);
  const links = { event: event.id, ...link('payment', event.paymentId) };
  const shared = { title: event.eventType, by, links };
  const shown = presentEvent(event, attemptsMax);
  const attempts = event.attemptErrors.map((error): TimelineEntry => {
    const why = `${error.code}: ${error.message}`;
    const entry = { ...presentError(error) };
    return { ...shared, kind: 'attempt', at: new Date(error.at), outcome: 'failed', why, entry };
  });
  return [
    {
      ...shared,
      kind: 'delivery',
      at: event.receivedAt,
      outcome: 'recorded',
      why: deliveriesOf(event),
      entry: { eventId: event.eventId, source: event.source, deliveries: event.deliveries },
    },
    ...attempts,
    {
      ...shared,
      kind: 'event',
      at: event.finishedAt ?? event.receivedAt,
      outcome: shown.outcome,
      why: whyOf(event, transitions),
      entry: shown,
    },
  ];
}

/** Who told us of an event. */
export function senderOf({ provider, source }: InboxEventEntity): TimelineActor {
  if (source === 'webhook') return { kind: 'provider', name: provider };
  return { kind: 'system', name: `${source} of ${provider}` };
}

function deliveriesOf({ deliveries, conflicts }: InboxEventEntity): string | null {
  const told = deliveries > 1 ? [`delivered ${deliveries} times, recorded once`] : [];
  if (conflicts > 0) told.push(`${conflicts} deliveries had another content under this id`);
  return told.length > 0 ? told.join('; ') : null;
}

function whyOf(event: InboxEventEntity, transitions: readonly TransitionEntity[]): string | null {
  const { status, outcomeReason, attemptErrors } = event;
  switch (status) {
    case 'received':
      return event.attempts > 0
        ? `attempt ${event.attempts} failed, the next one is due ${event.dueAt.toISOString()}`
        : 'it waits for a worker';
    case 'noop':
      return whyNoop(event, transitions);
    case 'ignored':
      return 'its type says nothing about a payment';
    case 'dead':
    case 'discarded':
      return `${outcomeReason ?? status}: ${attemptErrors.at(-1)?.message ?? ''}`;
    default:
      return null;
  }
}

function whyNoop(
  { outcomeReason, finishedAt, paymentId }: InboxEventEntity,
  transitions: readonly TransitionEntity[],
): string {
  if (outcomeReason === 'repeated') return 'repeated: everything it says was known';
  if (outcomeReason === 'waiting_for_payment') {
    return 'waiting: it names a part of a payment that was not known yet';
  }
  const last = transitions
    .filter((one) => one.paymentId === paymentId && (!finishedAt || one.createdAt <= finishedAt))
    .at(-1);
  return last
    ? `stale: the payment is ${last.to} since ${last.createdAt.toISOString()}`
    : 'stale: it changes nothing any more';
}
