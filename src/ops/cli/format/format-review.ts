import type { ReviewView } from '../api-views.js';
import type { Block, TableBlock } from '../render.js';
import { showAge } from '../time.js';
import { showAmount } from './format-payment.js';
import { styleOf } from './outcome-style.js';

export function reviewTable(reviews: readonly ReviewView[], now: Date): TableBlock {
  return {
    head: ['id', 'age', 'reason', 'status', 'order', 'at stake', 'claimed by', 'decision'],
    rows: reviews.map((review) => [
      review.id,
      showAge(review.openedAt, now),
      review.reason,
      { text: review.status, style: styleOf(review.status) },
      review.orderReference ?? '-',
      showAmount(review.amountMinor, review.currency),
      review.claimedBy ?? '-',
      decisionOf(review),
    ]),
  };
}

/** What was decided, or is proposed, in a review. */
export function decisionBlocks(review: ReviewView): Block[] {
  const { id, reason, status } = review;
  return [
    [
      { text: `review ${id}`, style: 'title' },
      `  ${reason}  `,
      { text: status, style: styleOf(status) },
    ],
    `  order ${review.orderReference ?? '-'}, payment ${review.paymentId ?? '-'}`,
    `  at stake ${showAmount(review.amountMinor, review.currency)}`,
    `  ${decisionOf(review)}`,
  ];
}

function decisionOf({ resolution, resolvedBy, proposal, needsSecondPerson }: ReviewView): string {
  if (resolution !== null) return `${resolution} by ${resolvedBy ?? 'nobody'}`;
  if (proposal !== null) {
    return `${proposal.resolution} proposed by ${proposal.by}: a second person must send the same`;
  }
  return needsSecondPerson ? 'needs two people' : '';
}
