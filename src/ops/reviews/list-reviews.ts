import { z } from 'zod';
import { TollgateError } from '../../errors.js';
import { presentReviewDetails, type ReviewView } from '../../payments/present-review.js';
import { findReview, findReviews } from '../../payments/review.queries.js';
import { REVIEW_REASONS, REVIEW_STATUSES } from '../../payments/review-reasons.js';
import { readInput } from '../../read-input.js';
import type { Services } from '../../services.js';
import { pageShape, text, toPage, uuid, type Page } from '../list-query.js';
import { findDecisions, type DecisionView } from './decision.queries.js';

const listQuery = z.strictObject({
  ...pageShape,
  status: z.enum(REVIEW_STATUSES).optional(),
  reason: z.enum(REVIEW_REASONS).optional(),
  order: text.optional(),
  olderThanSeconds: z.coerce.number().int().min(0).max(3_153_600_000).optional(),
});

/** Reviews, newest first. @throws TollgateError `bad_request` */
export async function listReviews(services: Services, query: unknown): Promise<Page<ReviewView>> {
  const { limit, cursor, status, reason, order, olderThanSeconds } = readInput(listQuery, query);
  const reviews = await findReviews(services.database.command, {
    status: status ?? null,
    reason: reason ?? null,
    orderReference: order ?? null,
    olderThanSeconds: olderThanSeconds ?? null,
    beforeId: cursor ?? null,
    limit: limit + 1,
  });
  return toPage(reviews, limit, (one) => presentReviewDetails(one, secondPersonOf(services)));
}

/** A review with everything that was ever decided about it. @throws TollgateError `not_found` */
export async function showReview(
  services: Services,
  given: string,
): Promise<ReviewView & { readonly decisions: readonly DecisionView[] }> {
  const id = readInput(uuid, given);
  const { command } = services.database;
  const [review, decisions] = await Promise.all([
    findReview(command, id),
    findDecisions(command, [id]),
  ]);
  if (!review) throw new TollgateError('not_found', 'there is no review with this id');
  return { ...presentReviewDetails(review, secondPersonOf(services)), decisions };
}

/** Minor units at stake from which on a second person must confirm; null: never. */
export function secondPersonOf({ config }: Services): number | null {
  return config.REVIEW_SECOND_PERSON_MINOR ?? null;
}
