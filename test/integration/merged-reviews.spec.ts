import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { MergedReviews1795651200000 } from '../../migrations/1795651200000-merged-reviews.js';
import { recordStart } from '../../src/checkout/bind-start.js';
import { insertStart, insertStartedPayment } from '../../src/checkout/checkout.queries.js';
import { migrate, revertMigration } from '../../src/database/migrate.js';
import { inTransaction } from '../../src/database/transaction.js';
import { findDecisions } from '../../src/ops/reviews/decision.queries.js';
import { applyFacts } from '../../src/payments/apply-facts.js';
import { createOrder } from '../../src/payments/create-order.js';
import type { PaymentFact } from '../../src/payments/payment-fact.js';
import { lockReviewed, resolveReview } from '../../src/payments/resolve-review.js';
import { findReview, findReviews } from '../../src/payments/review.queries.js';
import type { ReviewReason } from '../../src/payments/review-reasons.js';
import { referenceOf } from '../../src/providers/own-reference.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const DUE_MINOR = 5000n;

interface ReviewRow {
  readonly id: string;
  readonly payment_id: string | null;
  readonly reason: ReviewReason;
  readonly status: string;
  readonly resolved_minor: string | null;
  readonly merged_into: string | null;
}

describe('two payments that turn out to be one, with reviews of the same reason', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let ours: string;
  /** Ours, under a second and a third reference of the provider. */
  let second: string;
  let third: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    pool = new pg.Pool({ connectionString: database.url, max: 4 });
    ours = randomUUID();
    const reference = referenceOf(ours);
    [second, third] = [`${reference}-2`, `${reference}-3`];
    const own = {
      provider: 'paystack',
      account: 'default',
      reference,
      orderReference: 'order-1',
      amountMinor: DUE_MINOR,
      currency: 'USD',
    };
    await inTransaction(pool, async (tx) => {
      const terms = { amountDueMinor: DUE_MINOR, currency: 'USD', metadata: {} };
      await createOrder(tx, { ...terms, reference: 'order-1' });
      const row = { ...own, id: ours, providerPaymentId: reference, livemode: false };
      await insertStartedPayment(tx, row);
      await recordStart(tx, own);
      const customer = { email: null };
      await insertStart(tx, { ...own, paymentId: ours, returnUrl: null, customer });
    });
  });

  afterEach(async () => {
    await pool.end();
    await database.drop();
  });

  /** Somebody tells of a payment, by our reference or only by that of the provider. */
  function tell(providerPaymentId: string, isNamed: boolean, ...facts: PaymentFact[]) {
    const startedAs = isNamed ? referenceOf(ours) : null;
    return inTransaction(pool, (tx) =>
      applyFacts(tx, [
        {
          inboxId: null,
          command: 'test',
          provider: 'paystack',
          account: 'default',
          facts: { providerPaymentId, startedAs, partIds: [], livemode: false, facts },
        },
      ]),
    );
  }

  const fact = (kind: 'pending' | 'captured', key: string, currency: string): PaymentFact => ({
    kind,
    key,
    amountMinor: kind === 'captured' ? DUE_MINOR : null,
    currency,
    occurredAtMs: 1000,
    state: null,
    reference: null,
  });

  /** Ours has a mismatch under its second reference; an unknown payment has one too. */
  async function mismatchBoth(): Promise<void> {
    await tell(second, true, fact('pending', second, 'EUR'));
    await tell(third, false, fact('captured', third, 'USD'), fact('pending', third, 'EUR'));
    expect(await reviews()).toMatchObject([
      { reason: 'currency_mismatch', status: 'open', merged_into: null },
      { reason: 'currency_mismatch', status: 'open', merged_into: null },
    ]);
  }

  /** The unknown payment turns out to be ours. */
  const merge = () => tell(third, true, fact('pending', third, 'USD'));

  const reviews = () =>
    database.query<ReviewRow>(
      `select id, payment_id, reason, status, resolved_minor, merged_into from reviews
       order by payment_id = '${ours}' desc nulls last, id`,
    );

  async function decide(id: string, reason: string, coversMinor: number): Promise<void> {
    await inTransaction(pool, async (tx) => {
      const locked = await lockReviewed(tx, id);
      const decision = { resolution: 'accept', by: 'ann', reason, coversMinor } as const;
      await resolveReview(tx, locked!, decision);
    });
  }

  it('become one payment with one review of it', async () => {
    await mismatchBoth();
    await merge();
    const payments = await database.query('select id, provider_payment_id from payments');
    expect(payments).toEqual([{ id: ours, provider_payment_id: third }]);
    const rows = await reviews();
    expect(rows).toMatchObject([
      { payment_id: ours, reason: 'currency_mismatch', status: 'open', merged_into: null },
      { payment_id: null, status: 'withdrawn', merged_into: rows[0]!.id },
    ]);
  });

  it('keep what was decided about either, in the order in which it was', async () => {
    await mismatchBoth();
    const [one, other] = await reviews();
    await decide(one!.id, 'of ours', 0);
    await decide(other!.id, 'of the other', 100);
    await merge();
    const [kept, merged] = await reviews();
    expect(kept).toMatchObject({ id: one!.id, status: 'resolved', resolved_minor: '100' });
    expect(merged).toMatchObject({ id: other!.id, merged_into: one!.id });
    const decisions = await findDecisions(pool, [one!.id]);
    expect(decisions).toMatchObject([
      { reviewId: one!.id, reason: 'of ours' },
      { reviewId: one!.id, reason: 'of the other' },
    ]);
    // Whoever has a link to it still finds what was decided there.
    expect(await findReview(pool, other!.id)).toMatchObject({ status: 'resolved' });
    expect(await findDecisions(pool, [other!.id])).toMatchObject([{ reason: 'of the other' }]);
  });

  it('ask again when more is at stake than was decided about either', async () => {
    await mismatchBoth();
    const [one, other] = await reviews();
    await decide(one!.id, 'of ours', 0);
    await decide(other!.id, 'of the other', 100);
    await tell(third, true, fact('captured', `${third}-more`, 'EUR'));
    const [kept] = await reviews();
    expect(kept).toMatchObject({ id: one!.id, status: 'open', resolved_minor: '100' });
  });

  it('list only the review that is left', async () => {
    await mismatchBoth();
    await merge();
    const everything = { status: null, reason: null, orderReference: null };
    const wanted = { ...everything, olderThanSeconds: null, beforeId: null, limit: 10 };
    expect(await findReviews(pool, wanted)).toMatchObject([{ paymentId: ours }]);
  });

  it('let a third one be merged, and lose no decision on the way', async () => {
    await tell(second, true, fact('pending', second, 'EUR'));
    // Nothing is paid yet, so the newest reference is the one that counts.
    for (const unknown of [third, third.replace(/-3$/, '-4')]) {
      const mismatch = [fact('pending', unknown, 'EUR'), fact('pending', `${unknown}b`, 'GBP')];
      await tell(unknown, false, ...mismatch);
      const fresh = (await reviews()).find((row) => row.payment_id !== null && !isOurs(row));
      await decide(fresh!.id, `of ${unknown}`, 100);
      await tell(unknown, true, fact('pending', unknown, 'USD'));
    }
    const [kept, ...merged] = await reviews();
    expect(merged).toMatchObject([{ merged_into: kept!.id }, { merged_into: kept!.id }]);
    const decisions = await findDecisions(pool, [kept!.id]);
    expect(decisions.map(({ reason }) => reason.slice(-2))).toEqual(['-3', '-4']);
  });

  it('keep their decisions when the migration is taken back', async () => {
    await mismatchBoth();
    const [one, other] = await reviews();
    await decide(one!.id, 'of ours', 0);
    await decide(other!.id, 'of the other', 100);
    await merge();
    const taken: string[] = [];
    while (taken.at(-1) !== MergedReviews1795651200000.name) {
      taken.push((await revertMigration(database.url))!);
    }
    expect(await database.query('select id from reviews')).toEqual([{ id: one!.id }]);
    const decisions = await database.query(
      'select review_id, reason from review_decisions order by id',
    );
    expect(decisions).toEqual([
      { review_id: one!.id, reason: 'of ours' },
      { review_id: one!.id, reason: 'of the other' },
    ]);
    const changed = database.query(`update review_decisions set reason = 'another'`);
    await expect(changed).rejects.toThrow('append-only');
    expect(await migrate(database.url)).toEqual(taken.reverse());
  });

  const isOurs = ({ payment_id }: ReviewRow) => payment_id === ours;
});
