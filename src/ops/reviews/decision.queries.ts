import type { Queryable } from '../../database/transaction.js';

/** What somebody decided about a review, or proposed. */
export interface DecisionView {
  readonly reviewId: string;
  readonly at: Date;
  readonly by: string;
  readonly resolution: string;
  /** A second person had to confirm it. */
  readonly isProposal: boolean;
  readonly reason: string;
  /** What was at stake then, minor units. */
  readonly amountMinor: number;
}

/**
 * Everything that was decided about these reviews, oldest first: also what was decided about one
 * that was merged into one of them since.
 */
export async function findDecisions(
  database: Queryable,
  reviewIds: readonly string[],
): Promise<DecisionView[]> {
  const { rows } = await database.query<DecisionView>({
    name: 'find-review-decisions',
    text: `
      select case when r.id = any ($1::uuid[]) then r.id else r.merged_into end as "reviewId",
             d.at, d.actor as "by", d.resolution, d.is_proposal as "isProposal", d.reason,
             d.amount_minor::float8 as "amountMinor"
      from reviews r join review_decisions d on d.review_id = r.id
      where r.id = any ($1::uuid[]) or r.merged_into = any ($1::uuid[]) order by d.id`,
    values: [reviewIds],
  });
  return rows;
}
