import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `reviews.merged_into`: the review that goes on in place of this one. Two payments that turn out to
 * be one may both have a review of the same reason, and a payment has one of each. The one that is
 * merged keeps its row, since what was decided about it is never changed or removed, and belongs to
 * no payment any more.
 *
 * Index: the decisions about a review are found with those about reviews that were merged into it.
 */
export class MergedReviews1795651200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // What the former CHECK let through the new one lets through as well, so none looks at old rows.
    await runner.query(`
      alter table reviews
        add column merged_into uuid references reviews (id),
        drop constraint reviews_subject_check,
        add constraint reviews_subject_check
          check (num_nonnulls(payment_id, order_id, merged_into) = 1) not valid`);
    await runner.query(
      `create index reviews_merged on reviews (merged_into) where merged_into is not null`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    // What was decided stays, with the review that is left.
    await runner.query('alter table review_decisions disable trigger user');
    await runner.query(`
      update review_decisions d set review_id = r.merged_into
      from reviews r where r.id = d.review_id and r.merged_into is not null`);
    await runner.query('alter table review_decisions enable trigger user');
    await runner.query('delete from reviews where merged_into is not null');
    await runner.query(`
      alter table reviews
        drop constraint reviews_subject_check,
        drop column merged_into,
        add constraint reviews_subject_check check (num_nonnulls(payment_id, order_id) = 1)`);
  }
}
