import { In, type DataSource } from 'typeorm';
import { InboxEventEntity } from '../database/inbox-event.entity.js';
import { DisputeEntity, ReviewEntity, TransitionEntity } from '../database/payment.entity.js';
import { presentReview } from '../payments/present.js';
import { presentEvent, presentTransition } from './present.js';

/** A line of a timeline: what happened, when, and everything known about it. */
export interface TimelineEntry {
  readonly at: Date;
  readonly kind: 'event' | 'transition' | 'review';
  readonly entry: Readonly<Record<string, unknown>>;
}

const ENTRIES_MAX = 500;

/** What happened to a payment, oldest first: its events with outcomes, its moves, its reviews. */
export async function paymentTimeline(
  reads: DataSource,
  paymentId: string,
  attemptsMax: number,
): Promise<TimelineEntry[]> {
  const disputes = await reads.getRepository(DisputeEntity).findBy({ paymentId });
  const disputeIds = disputes.map(({ id }) => id);
  const [events, transitions, reviews] = await Promise.all([
    reads
      .getRepository(InboxEventEntity)
      .find({ where: { paymentId }, order: { id: 'ASC' }, take: ENTRIES_MAX }),
    reads.getRepository(TransitionEntity).find({
      where: [{ paymentId }, { disputeId: In(disputeIds) }],
      order: { id: 'ASC' },
      take: ENTRIES_MAX,
    }),
    reads.getRepository(ReviewEntity).find({ where: { paymentId }, order: { openedAt: 'ASC' } }),
  ]);
  const entries: TimelineEntry[] = [
    ...events.map((one) => ({
      at: one.receivedAt,
      kind: 'event' as const,
      entry: presentEvent(one, attemptsMax),
    })),
    ...transitions.map((one) => ({
      at: one.createdAt,
      kind: 'transition' as const,
      entry: presentTransition(one),
    })),
    ...reviews.map((one) => ({
      at: one.openedAt,
      kind: 'review' as const,
      entry: presentReview(one),
    })),
  ];
  return entries.sort((one, other) => one.at.getTime() - other.at.getTime());
}
