import type { DispatchEntity } from '../database/outbox.entity.js';
import type { AttemptError, InboxEventEntity } from '../database/inbox-event.entity.js';
import type { PaymentFactEntity, TransitionEntity } from '../database/payment.entity.js';

export function presentFact(fact: PaymentFactEntity) {
  const { kind, key, amountMinor, currency, occurredAt, state, reference, livemode } = fact;
  const { inboxId, recordedAt } = fact;
  return {
    kind,
    key,
    amountMinor,
    currency,
    occurredAt,
    state,
    reference,
    livemode,
    eventId: inboxId,
    recordedAt,
  };
}

export function presentTransition(transition: TransitionEntity) {
  const { from, to, version, facts, inboxId, command, createdAt } = transition;
  const subject = subjectOf(transition);
  return { subject, from, to, version, facts, eventId: inboxId, command, createdAt };
}

function subjectOf(transition: TransitionEntity): 'payment' | 'order' | 'dispute' {
  if (transition.paymentId !== null) return 'payment';
  return transition.orderId !== null ? 'order' : 'dispute';
}

export type EventView = ReturnType<typeof presentEvent>;

/** An event as the API shows it: a row of the inbox without its body. */
export function presentEvent(event: InboxEventEntity, attemptsMax: number) {
  const { id, provider, account, eventId, eventType, source, status, attempts } = event;
  const { attemptErrors, deliveries, conflicts, replays, livemode, paymentId } = event;
  const { occurredAt, receivedAt, finishedAt } = event;
  return {
    id,
    provider,
    account,
    eventId,
    type: eventType,
    source,
    status,
    outcome: outcomeOf(event),
    reason: reasonOf(event),
    attempts,
    attemptsMax,
    dueAt: status === 'received' ? event.dueAt : null,
    lastError: presentError(attemptErrors.at(-1)),
    deliveries,
    conflicts,
    replays,
    livemode,
    paymentId,
    occurredAt,
    receivedAt,
    appliedAt: finishedAt,
  };
}

/** PostgreSQL writes times within JSON in its own way; the API has one. */
export function presentError(error: AttemptError | undefined) {
  return error ? { ...error, at: new Date(error.at).toISOString() } : null;
}

/** Why an event ended as it did, in one word; null: it needs no reason, or it waits. */
function reasonOf({ status, outcomeReason }: InboxEventEntity): string | null {
  return status === 'received' ? null : outcomeReason;
}

/** `applied`, `noop: repeated`, `ignored`, `dead`, …; null while the event waits. */
function outcomeOf({ status, outcomeReason }: InboxEventEntity): string | null {
  if (status === 'received') return null;
  return status === 'noop' && outcomeReason !== null ? `noop: ${outcomeReason}` : status;
}

export type DispatchView = ReturnType<typeof presentDispatch>;

/** A message on its way to one consumer. */
export function presentDispatch(dispatch: DispatchEntity) {
  const { consumer, messageId, message, status, attempts, errors, reason, sends } = dispatch;
  const { replays, dueAt, publishedAt, createdAt, settledAt } = dispatch;
  return {
    consumer,
    id: messageId,
    type: message.type,
    subject: message.subject,
    version: message.version,
    status,
    attempts,
    lastError: presentError(errors.at(-1)),
    errors: errors.map(presentError),
    reason,
    sends,
    replays,
    dueAt: status === 'pending' ? dueAt : null,
    publishedAt,
    createdAt,
    settledAt,
    data: message.data,
  };
}
