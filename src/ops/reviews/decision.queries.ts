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

/** Everything that was decided about these reviews, oldest first. */
export async function findDecisions(
  database: Queryable,
  reviewIds: readonly string[],
): Promise<DecisionView[]> {
  const { rows } = await database.query<DecisionView>({
    name: 'find-review-decisions',
    text: `
      select review_id as "reviewId", at, actor as "by", resolution, is_proposal as "isProposal",
             reason, amount_minor::float8 as "amountMinor"
      from review_decisions where review_id = any ($1::uuid[]) order by id`,
    values: [reviewIds],
  });
  return rows;
}
