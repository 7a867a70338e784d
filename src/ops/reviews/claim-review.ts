import { z } from 'zod';
import type { Caller } from '../../access/authenticate.js';
import { insertAuditEntry, type AuditAction } from '../../audit/audit.queries.js';
import { inTransaction, type Tx } from '../../database/transaction.js';
import { TollgateError } from '../../errors.js';
import { presentReviewDetails, type ReviewView } from '../../payments/present-review.js';
import {
  claimReview as claim,
  findReview,
  releaseReview as release,
  type ReviewDetails,
} from '../../payments/review.queries.js';
import { readInput } from '../../read-input.js';
import type { Services } from '../../services.js';
import { asAction } from '../audit/as-action.js';
import { uuid } from '../list-query.js';
import { secondPersonOf } from './list-reviews.js';

/** How somebody begins to look at a review. */
export const claimReviewInput = z.strictObject({ takeOver: z.boolean().default(false) }).nullish();

/**
 * Notes that a person looks at a review, so that nobody else decides it meanwhile.
 * @throws TollgateError `bad_request`, `not_found`, `review_closed`, `review_claimed`
 */
export function claimReview(
  services: Services,
  caller: Caller,
  given: string,
  body: unknown,
): Promise<ReviewView> {
  return change(services, caller, given, 'review.claim', async (tx, id) => {
    const isTakeOver = readInput(claimReviewInput, body)?.takeOver ?? false;
    if (await claim(tx, id, caller.name, isTakeOver)) return 'done';
    const review = existing(await findReview(tx, id));
    if (review.status !== 'open') {
      throw new TollgateError('review_closed', `this review is ${review.status}`);
    }
    throw new TollgateError(
      'review_claimed',
      `${review.claimedBy ?? 'somebody'} looks at this review: send takeOver to take it over`,
    );
  });
}

/** Lets go of a review. @throws TollgateError `bad_request`, `not_found` */
export function releaseReview(
  services: Services,
  caller: Caller,
  given: string,
): Promise<ReviewView> {
  return change(services, caller, given, 'review.release', async (tx, id) => {
    return (await release(tx, id, caller.name)) ? 'done' : 'unchanged';
  });
}

function change(
  services: Services,
  caller: Caller,
  given: string,
  action: AuditAction,
  work: (tx: Tx, id: string) => Promise<'done' | 'unchanged'>,
): Promise<ReviewView> {
  return asAction(services, caller, { action, subject: given }, async () => {
    const id = readInput(uuid, given);
    const review = await inTransaction(services.database.command, async (tx) => {
      const result = await work(tx, id);
      const found = existing(await findReview(tx, id));
      const { name: actor, role } = caller;
      await insertAuditEntry(tx, { actor, role, action, subject: id, result });
      return found;
    });
    return presentReviewDetails(review, secondPersonOf(services));
  });
}

function existing(review: ReviewDetails | null): ReviewDetails {
  if (review) return review;
  throw new TollgateError('not_found', 'there is no review with this id');
}
