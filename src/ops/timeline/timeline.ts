import { In } from 'typeorm';
import { InboxEventEntity } from '../../database/inbox-event.entity.js';
import {
  DisputeEntity,
  PaymentFactEntity,
  ReviewEntity,
  TransitionEntity,
} from '../../database/payment.entity.js';
import { presentReview } from '../../payments/present.js';
import type { Services } from '../../services.js';
import { presentFact, presentTransition } from '../present.js';
import { findReplaysOf, type ReplayOf } from '../replays/replay-item.queries.js';
import { findDecisions, type DecisionView } from '../reviews/decision.queries.js';
import { eventEntries, senderOf } from './event-entries.js';
import {
  causesOf,
  link,
  sortTimeline,
  type CauseOf,
  type TimelineActor,
  type TimelineEntry,
} from './timeline-entry.js';
import {
  findCommands,
  findMessages,
  findTransfers,
  type CommandRow,
  type MessageRow,
  type TimelineSubject,
  type TransferRow,
} from './timeline.queries.js';

/** Of each kind, the newest: enough for a life that anybody reads. */
const ENTRIES_MAX = 500;

/**
 * Everything that happened to payments and their order, oldest first: commands, deliveries, attempts,
 * facts, moves, transfers, reviews, messages, and what people did, each with its outcome and why.
 */
export async function showTimeline(
  { database, config }: Services,
  subject: TimelineSubject,
): Promise<TimelineEntry[]> {
  const { reads, command } = database;
  const { paymentIds, orderId } = subject;
  const ids = [...paymentIds];
  const disputes = await reads.getRepository(DisputeEntity).findBy({ paymentId: In(ids) });
  const disputeIds = disputes.map(({ id }) => id);
  const ofOrder = orderId === null ? [] : [{ orderId }];
  const limits = { take: ENTRIES_MAX };
  const [events, facts, transitions, reviews, commands, messages, transfers] = await Promise.all([
    reads
      .getRepository(InboxEventEntity)
      .find({ where: { paymentId: In(ids) }, order: { id: 'DESC' }, ...limits }),
    reads
      .getRepository(PaymentFactEntity)
      .find({ where: { paymentId: In(ids) }, order: { recordedAt: 'DESC' }, ...limits }),
    reads.getRepository(TransitionEntity).find({
      where: [{ paymentId: In(ids) }, { disputeId: In(disputeIds) }, ...ofOrder],
      order: { id: 'DESC' },
      ...limits,
    }),
    reads.getRepository(ReviewEntity).find({
      where: [{ paymentId: In(ids) }, ...ofOrder],
      order: { openedAt: 'ASC' },
    }),
    findCommands(command, subject, ENTRIES_MAX),
    findMessages(command, [...ids, ...disputeIds, ...(orderId ? [orderId] : [])], ENTRIES_MAX),
    findTransfers(command, ids, ENTRIES_MAX),
  ]);
  // What was told in one moment stays in the order in which it was written.
  for (const newestFirst of [events, facts, transitions, commands, messages, transfers]) {
    newestFirst.reverse();
  }
  const touched = [...events.map(({ id }) => id), ...messages.map(({ id }) => id)];
  const [replays, decisions] = await Promise.all([
    findReplaysOf(command, touched),
    findDecisions(
      command,
      reviews.map(({ id }) => id),
    ),
  ]);
  const causeOf = causesOf(new Map(events.map((event) => [event.id, senderOf(event)])));
  return sortTimeline([
    ...events.flatMap((event) => eventEntries(event, transitions, config.ATTEMPTS_MAX)),
    ...facts.map((one) => factEntry(one, causeOf)),
    ...transitions.map((one) => transitionEntry(one, causeOf)),
    ...reviews.flatMap((one) => reviewEntries(one, causeOf)),
    ...decisions.map(decisionEntry),
    ...commands.map(commandEntry),
    ...messages.map(messageEntry),
    ...transfers.map((one) => transferEntry(one, causeOf)),
    ...replays.map(replayEntry),
  ]);
}

function factEntry(fact: PaymentFactEntity, causeOf: CauseOf): TimelineEntry {
  const { kind, state, amountMinor, currency, inboxId } = fact;
  const money = amountMinor === null ? null : `${amountMinor} ${currency ?? ''}`.trim();
  return {
    at: fact.recordedAt,
    kind: 'fact',
    title: kind,
    outcome: state,
    why: money,
    by: causeOf(inboxId, 'command'),
    links: { payment: fact.paymentId, ...link('event', inboxId) },
    entry: presentFact(fact),
  };
}

function transitionEntry(transition: TransitionEntity, causeOf: CauseOf): TimelineEntry {
  const { from, to, inboxId, command, paymentId } = transition;
  const shown = presentTransition(transition);
  return {
    at: transition.createdAt,
    kind: 'transition',
    title: `${shown.subject}: ${from ?? 'new'} → ${to}`,
    outcome: to,
    why: null,
    by: causeOf(inboxId, command),
    links: { ...link('payment', paymentId), ...link('event', inboxId) },
    entry: shown,
  };
}

/** A review that is open again has its earlier ends among the decisions. */
function reviewEntries(review: ReviewEntity, causeOf: CauseOf): TimelineEntry[] {
  const shared = {
    kind: 'review' as const,
    links: {
      review: review.id,
      ...link('payment', review.paymentId),
      ...link('event', review.inboxId),
    },
    entry: presentReview(review),
  };
  const opened: TimelineEntry = {
    ...shared,
    at: review.openedAt,
    title: `review: ${review.reason}`,
    outcome: 'open',
    why: `${review.amountMinor} minor units are at stake`,
    by: causeOf(review.inboxId, null),
  };
  if (review.status !== 'withdrawn' || !review.closedAt) return [opened];
  const withdrawn: TimelineEntry = {
    ...shared,
    at: review.closedAt,
    title: `review: ${review.reason}`,
    outcome: 'withdrawn',
    why: 'what it was about no longer holds',
    by: causeOf(review.inboxId, null),
  };
  return [opened, withdrawn];
}

function decisionEntry(decision: DecisionView): TimelineEntry {
  const { at, by, resolution, isProposal, reason, reviewId } = decision;
  return {
    at,
    kind: 'review',
    title: isProposal ? `proposed: ${resolution}` : `decided: ${resolution}`,
    outcome: isProposal ? 'proposed' : 'resolved',
    why: reason,
    by: { kind: 'person', name: by },
    links: { review: reviewId },
    entry: { ...decision },
  };
}

function commandEntry(row: CommandRow): TimelineEntry {
  const { at, command, by, outcome, why, paymentId } = row;
  return {
    at,
    kind: 'command',
    title: command,
    outcome,
    why,
    by: askedBy(command, by),
    links: { ...link('payment', paymentId), ...link('review', reviewOf(by)) },
    entry: { ...row },
  };
}

/** A refund that a decision made is asked for by its review, whose decision names the person. */
const BY_REVIEW = 'review:';

function reviewOf(by: string | null): string | null {
  return by?.startsWith(BY_REVIEW) === true ? by.slice(BY_REVIEW.length) : null;
}

function askedBy(command: string, by: string | null): TimelineActor {
  if (by === null) return { kind: 'command', name: command };
  return reviewOf(by) === null
    ? { kind: 'person', name: by }
    : { kind: 'command', name: 'resolve_review' };
}

function messageEntry(row: MessageRow): TimelineEntry {
  const told = row.dispatches.map(({ consumer, status, reason }) =>
    reason === null ? `${consumer}: ${status}` : `${consumer}: ${status} (${reason})`,
  );
  const isDead = row.dispatches.some(({ status }) => status === 'dead');
  const isPending = row.dispatches.some(({ status }) => status === 'pending');
  return {
    at: row.at,
    kind: 'message',
    title: row.type,
    outcome: isDead ? 'dead' : isPending ? 'pending' : told.length > 0 ? 'consumed' : null,
    why: told.length > 0 ? told.join(', ') : 'nobody is told of it',
    by: { kind: 'system', name: 'outbox' },
    links: { message: row.id },
    entry: { ...row },
  };
}

function transferEntry(row: TransferRow, causeOf: CauseOf): TimelineEntry {
  return {
    at: row.at,
    kind: 'ledger',
    title: `${row.debit} ← ${row.credit}`,
    outcome: row.rule,
    why: `${row.amountMinor} ${row.currency}`,
    by: causeOf(row.inboxId, row.command),
    links: { payment: row.paymentId, ...link('event', row.inboxId) },
    entry: { ...row },
  };
}

function replayEntry(replay: ReplayOf): TimelineEntry {
  const { at, action, by, reason, replayId, subject, statusBefore, outcomeBefore } = replay;
  const was = outcomeBefore === null ? statusBefore : `${statusBefore ?? ''}: ${outcomeBefore}`;
  return {
    at,
    kind: 'replay',
    title: action === 'replay' ? 'sent through again' : 'discarded',
    outcome: action,
    why: [`it was ${was ?? 'waiting'}`, ...(reason === null ? [] : [reason])].join('; '),
    by: { kind: 'person', name: by },
    links: { replay: replayId, event: subject },
    entry: { ...replay },
  };
}
