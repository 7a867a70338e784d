import type { AttemptView, EventDetailView, EventView } from '../api-views.js';
import type { Block, Cell, TableBlock } from '../render.js';
import { showTime } from '../time.js';
import { styleOf } from './outcome-style.js';
import { shorten } from './shorten.js';

export function eventTable(events: readonly EventView[]): TableBlock {
  return {
    head: ['id', 'received', 'provider', 'type', 'outcome', 'attempts', 'error'],
    rows: events.map((event) => [
      event.id,
      showTime(event.receivedAt),
      providerOf(event),
      shorten(event.type),
      outcomeOf(event),
      `${event.attempts}/${event.attemptsMax}`,
      event.lastError ? shorten(`${event.lastError.code}: ${event.lastError.message}`) : '',
    ]),
  };
}

/** One event with its attempts, what it changed, and what people did with it. */
export function eventBlocks(event: EventDetailView): Block[] {
  const { facts, transitions, reviews } = event.effects;
  return [
    [{ text: `event ${event.id}`, style: 'title' }, '  ', outcomeOf(event)],
    `  ${providerOf(event)} ${event.type} (${event.eventId})`,
    `  received ${showTime(event.receivedAt)}, finished ${showTime(event.appliedAt)}`,
    `  deliveries ${event.deliveries}, attempts ${event.attempts} of ${event.attemptsMax}`,
    ...(event.isPayloadKept === false ? ['  its payload is not kept any more'] : []),
    ...(event.dueAt === null ? [] : [`  due ${showTime(event.dueAt)}`]),
    ...(event.paymentId === null ? [] : [`  payment ${event.paymentId}`]),
    ...event.errors.map(attemptLine),
    ...(event.conflictingContents.length > 0
      ? [
          {
            text: `  came ${event.conflictingContents.length} times with another content`,
            style: 'bad',
          } as const,
        ]
      : []),
    ...facts.map(({ kind, key }) => `  fact ${kind} ${key}`),
    ...transitions.map(({ subject, from, to }) => `  ${subject} ${from ?? 'new'} → ${to}`),
    ...reviews.map(({ reason, status }) => `  review ${reason} (${status})`),
    ...(event.replays ?? []).map(
      ({ by, at, reason, statusBefore }) =>
        `  replayed ${showTime(at)} by ${by}, was ${statusBefore}${reason === null ? '' : `: ${reason}`}`,
    ),
  ];
}

/** What became of an event, on one line. */
export function outcomeLine(event: EventView): readonly Cell[] {
  const { outcome, dueAt, lastError } = event;
  const hasFailed = outcome === 'dead' || (outcome === null && event.attempts > 0);
  const failure = hasFailed && lastError ? ` (${lastError.code}: ${lastError.message})` : '';
  const next = outcome === null && dueAt !== null ? `, tried again ${showTime(dueAt)}` : '';
  return [`${event.id}  ${event.type}  `, outcomeOf(event), `${failure}${next}`];
}

function attemptLine({ attempt, code, message, at }: AttemptView): Cell {
  return { text: `  attempt ${attempt} ${showTime(at)} ${code}: ${message}`, style: 'warning' };
}

function providerOf({ provider, account }: EventView): string {
  return account === 'default' ? provider : `${provider}/${account}`;
}

function outcomeOf({ outcome }: EventView): Cell {
  return { text: outcome ?? 'received', style: styleOf(outcome) };
}
