import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  resolveReviewOperation,
  type ResolveReviewContext,
} from '../../src/checkout/resolve-review.operation.js';
import { claimReview, releaseReview } from '../../src/ops/reviews/claim-review.js';
import { listReviews, showReview } from '../../src/ops/reviews/list-reviews.js';
import { resolveReview } from '../../src/ops/reviews/resolve-review.js';
import { findReview } from '../../src/payments/review.queries.js';
import { permutations } from '../support/facts.js';
import { ANN, BEN, OperatorHarness, paid, refunded } from '../support/operator-harness.js';

const WHY = 'the customer said so';
let harness: OperatorHarness;

beforeEach(async () => {
  harness = await OperatorHarness.open();
});
afterEach(() => harness.close());

/** An order that was paid twice, and its review. */
async function paidTwice(reference = 'order-a', dueMinor = 5000n): Promise<string> {
  await harness.order(reference, dueMinor);
  await harness.tell(paid(reference, `${reference}-1`), paid(reference, `${reference}-2`));
  return (await reviewOf(reference)).id;
}

async function reviewOf(reference: string, reason = 'paid_twice') {
  const { data } = await listReviews(harness.services, { order: reference, reason });
  expect(data).toHaveLength(1);
  return data[0]!;
}

function resolve(
  id: string,
  resolution: string,
  caller = ANN,
  more: { amountMinor?: number; paymentId?: string; key?: string } = {},
) {
  const { key = null, ...rest } = more;
  return resolveReview(harness.services, caller, id, { resolution, reason: WHY, ...rest }, key);
}

async function orderStatus(reference = 'order-a'): Promise<string | undefined> {
  const [row] = await harness.database.query<{ status: string }>(
    'select status from orders where reference = $1',
    [reference],
  );
  return row?.status;
}

describe('reviews', () => {
  it('are listed newest first, by what they are about, page by page', async () => {
    const first = await paidTwice('order-a');
    await harness.order('order-b');
    await harness.tell(paid('order-b', 'b', 7000));
    const { services } = harness;
    const second = (await reviewOf('order-b', 'amount_mismatch')).id;
    const ids = async (query: object) =>
      (await listReviews(services, query)).data.map(({ id }) => id);
    expect(await ids({})).toEqual([second, first]);
    expect(await ids({ status: 'open', reason: 'paid_twice' })).toEqual([first]);
    expect(await ids({ status: 'resolved' })).toEqual([]);
    expect(await ids({ order: 'order-b' })).toEqual([second]);
    expect(await ids({ olderThanSeconds: '3600' })).toEqual([]);
    await harness.database.query(`update reviews set opened_at = now() - interval '2 hours'`);
    expect(await ids({ olderThanSeconds: '3600' })).toEqual([second, first]);
    const page = await listReviews(services, { limit: '1' });
    expect(page.nextCursor).not.toBeNull();
    expect(await ids({ limit: '1', cursor: page.nextCursor })).toEqual([first]);
    await expect(listReviews(services, { reason: 'x' })).rejects.toMatchObject({
      code: 'bad_request',
    });
    expect(await showReview(services, first)).toMatchObject({
      reason: 'paid_twice',
      orderReference: 'order-a',
      amountMinor: 5000,
      currency: 'EUR',
      decisions: [],
    });
  });

  it('are claimed by one, let go, and taken over', async () => {
    const id = await paidTwice();
    const { services } = harness;
    const claimed = await claimReview(services, ANN, id, null);
    expect(claimed).toMatchObject({ claimedBy: 'ann' });
    expect(await claimReview(services, ANN, id, {})).toEqual(claimed);
    await expect(claimReview(services, BEN, id, {})).rejects.toMatchObject({
      code: 'review_claimed',
    });
    await expect(resolve(id, 'accept', BEN)).rejects.toMatchObject({ code: 'review_claimed' });
    expect(await releaseReview(services, BEN, id)).toMatchObject({ claimedBy: 'ann' });
    const taken = await claimReview(services, BEN, id, { takeOver: true });
    expect(taken).toMatchObject({ claimedBy: 'ben' });
    expect(await releaseReview(services, BEN, id)).toMatchObject({ claimedBy: null });
    await resolve(id, 'dismiss', ANN);
    await expect(claimReview(services, BEN, id, { takeOver: true })).rejects.toMatchObject({
      code: 'review_closed',
    });
    expect(await harness.audit()).toEqual([
      'ann review.claim done',
      'ann review.claim done',
      'ben review.claim review_claimed',
      'ben review.resolve review_claimed',
      'ben review.release unchanged',
      'ben review.claim done',
      'ben review.release done',
      'ann review.resolve dismiss',
      'ben review.claim review_closed',
    ]);
  });

  it.each(['accept', 'dismiss'])('let the order go on after %s', async (resolution) => {
    const id = await paidTwice();
    expect(await orderStatus()).toBe('in_review');
    const { status, body } = await resolve(id, resolution);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'resolved', resolution, resolvedBy: 'ann' });
    expect(await orderStatus()).toBe('paid');
    const shown = await showReview(harness.services, id);
    expect(shown.decisions).toMatchObject([
      { by: 'ann', resolution, isProposal: false, reason: WHY, amountMinor: 5000 },
    ]);
    const told = await harness.database.query<{ type: string; version: number; status: string }>(
      `select type, version, data -> 'order' ->> 'status' as status from outbox
       where aggregate = 'order' order by id`,
    );
    expect(told.slice(-3).map(({ type, status: as }) => [type, as])).toEqual([
      ['order.review_opened', 'in_review'],
      ['order.paid', 'paid'],
      ['order.review_resolved', 'paid'],
    ]);
    const versions = told.map(({ version }) => version);
    expect(versions.at(-1)).toBeGreaterThan(versions.at(-3)!);
  });

  it('of a payment tell of it, and let its order go on', async () => {
    await harness.tell(
      paid('order-a', 'a'),
      paid('order-a', 'a', 5000, { id: 'pi_a', currency: 'usd', amount_received: 100 }),
    );
    const review = await reviewOf('order-a', 'currency_mismatch');
    const before = await harness.database.query<{ version: number }>(
      'select version from payments',
    );
    expect(await orderStatus()).toBe('in_review');
    await resolve(review.id, 'accept');
    expect(await orderStatus()).not.toBe('in_review');
    const after = await harness.database.query<{ version: number }>('select version from payments');
    expect(after[0]!.version).toBe(before[0]!.version + 1);
    const told = await harness.database.query<{ type: string }>(
      `select type from outbox where type like '%review_resolved' order by type`,
    );
    expect(told.map(({ type }) => type)).toEqual([
      'order.review_resolved',
      'payment.review_resolved',
    ]);
  });

  it('are decided once: of different decisions at once one wins', async () => {
    const id = await paidTwice();
    const all = ['accept', 'dismiss', 'accept', 'dismiss', 'accept', 'dismiss'];
    const answers = await Promise.allSettled(
      all.map((one, index) => resolve(id, one, index % 2 === 0 ? ANN : BEN)),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 'rejected') {
        expect(answer.reason).toMatchObject({ code: 'review_closed', status: 409 });
      }
    }
    const decisions = await harness.database.query('select 1 from review_decisions');
    expect(decisions).toHaveLength(1);
    expect((await harness.audit()).filter((line) => !line.endsWith('review_closed'))).toHaveLength(
      1,
    );
  });

  it('answer the same key the same, and write it down once', async () => {
    const id = await paidTwice();
    const first = await resolve(id, 'accept', ANN, { key: 'k' });
    expect(await resolve(id, 'accept', ANN, { key: 'k' })).toEqual(first);
    await expect(resolve(id, 'dismiss', ANN, { key: 'k' })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
    const refusal = { code: 'review_closed' };
    for (let time = 0; time < 2; time += 1) {
      await expect(resolve(id, 'accept', BEN, { key: 'k' })).rejects.toMatchObject(refusal);
    }
    expect(await harness.audit()).toEqual([
      'ann review.resolve accept',
      'ann review.resolve idempotency_key_reused',
      'ben review.resolve review_closed',
    ]);
  });

  it('refuse what makes no sense, and write that down once', async () => {
    const id = await paidTwice();
    const accept = { resolution: 'accept', reason: WHY };
    const refund = { resolution: 'refund', reason: WHY };
    const senseless: (readonly [string, unknown, string])[] = [
      ['no-uuid', accept, 'bad_request'],
      ['00000000-0000-7000-8000-000000000000', accept, 'not_found'],
      [id, { resolution: 'accept' }, 'bad_request'],
      [id, { ...accept, reason: ' ' }, 'bad_request'],
      [id, { ...refund, amountMinor: 0 }, 'bad_request'],
      [id, { ...refund, amountMinor: 5001 }, 'refund_exceeds_captured'],
      [id, 'nothing', 'bad_request'],
      [id, null, 'bad_request'],
    ];
    for (const [given, body, code] of senseless) {
      const answer = resolveReview(harness.services, ANN, given, body, null);
      await expect(answer).rejects.toMatchObject({ code });
    }
    const written = senseless.map(([, , code]) => `ann review.resolve ${code}`);
    expect(await harness.audit()).toEqual(written);
  });
});

describe('a decision covers what was at stake:', () => {
  it('a third payment opens the review again, and less does not', async () => {
    const id = await paidTwice();
    await resolve(id, 'accept');
    await harness.tell(refunded('order-a-1', 1000));
    expect(await reviewOf('order-a')).toMatchObject({ status: 'resolved' });
    expect(await orderStatus()).not.toBe('in_review');
    await harness.tell(paid('order-a', 'order-a-3'));
    expect(await reviewOf('order-a')).toMatchObject({
      id,
      status: 'open',
      amountMinor: 9000,
      resolution: null,
      claimedBy: null,
    });
    expect(await orderStatus()).toBe('in_review');
    await resolve(id, 'dismiss', BEN);
    const { decisions } = await showReview(harness.services, id);
    expect(decisions.map(({ resolution, amountMinor }) => [resolution, amountMinor])).toEqual([
      ['accept', 5000],
      ['dismiss', 9000],
    ]);
  });

  it('whatever comes after it in whatever order, it ends open if more is at stake', async () => {
    const later = (reference: string) => [
      paid(reference, `${reference}-3`, 2000),
      refunded(`${reference}-1`, 3000),
      refunded(`${reference}-1`, 3000, { status: 'failed' }),
      refunded(`${reference}-2`, 2000),
    ];
    const orders = permutations([0, 1, 2, 3]);
    for (const [index, order] of orders.entries()) {
      const reference = `order-${index}-`;
      const id = await paidTwice(reference);
      await resolve(id, 'accept');
      const events = later(reference);
      await harness.tell(...order.map((at) => events[at]!));
      // 5000 too much was accepted; 2000 came, 2000 went back, and 3000 nearly did.
      expect({ order, ...(await reviewOf(reference)) }).not.toMatchObject({ status: 'open' });
      expect(await orderStatus(reference)).toBe('paid');
      await harness.tell(paid(reference, `${reference}-4`, 1));
      expect(await reviewOf(reference)).toMatchObject({ status: 'open', amountMinor: 5001 });
    }
  });
});

describe('where a second person has to confirm', () => {
  beforeEach(async () => {
    await harness.close();
    harness = await OperatorHarness.open({ REVIEW_SECOND_PERSON_MINOR: '5000' });
  });

  it('one proposes and another one confirms', async () => {
    const id = await paidTwice();
    expect(await resolve(id, 'accept')).toMatchObject({
      status: 202,
      body: {
        status: 'open',
        needsSecondPerson: true,
        proposal: { resolution: 'accept', by: 'ann', reason: WHY },
      },
    });
    expect(await orderStatus()).toBe('in_review');
    await expect(resolve(id, 'accept')).rejects.toMatchObject({
      code: 'second_person_needed',
      status: 409,
    });
    expect(await resolve(id, 'accept', BEN)).toMatchObject({
      status: 200,
      body: { status: 'resolved', resolvedBy: 'ben', proposal: null },
    });
    expect(await orderStatus()).toBe('paid');
    const { decisions } = await showReview(harness.services, id);
    expect(decisions.map(({ by, isProposal }) => [by, isProposal])).toEqual([
      ['ann', true],
      ['ben', false],
    ]);
    expect(await harness.audit()).toEqual([
      'ann review.propose accept',
      'ann review.resolve second_person_needed',
      'ben review.resolve accept',
    ]);
  });

  it('another decision replaces what was proposed, and has to be confirmed itself', async () => {
    const id = await paidTwice();
    await resolve(id, 'accept');
    const replaced = { body: { proposal: { resolution: 'dismiss', by: 'ben' } } };
    expect(await resolve(id, 'dismiss', BEN)).toMatchObject({ status: 202, ...replaced });
    await expect(resolve(id, 'dismiss', BEN)).rejects.toMatchObject({
      code: 'second_person_needed',
    });
    expect(await resolve(id, 'dismiss', ANN)).toMatchObject({ status: 200 });
  });

  it('another amount is another decision', async () => {
    const id = await paidTwice();
    const proposed = await resolve(id, 'refund', ANN, { amountMinor: 1000 });
    expect(proposed.body.proposal?.refunds).toMatchObject([{ amountMinor: 1000 }]);
    const other = await resolve(id, 'refund', BEN, { amountMinor: 2000 });
    expect(other).toMatchObject({ status: 202, body: { proposal: { by: 'ben' } } });
    expect(other.body.proposal?.refunds).toMatchObject([{ amountMinor: 2000 }]);
  });

  it('what was proposed is void once another amount is at stake', async () => {
    const id = await paidTwice();
    await resolve(id, 'accept');
    await harness.tell(paid('order-a', 'order-a-3'));
    expect(await showReview(harness.services, id)).toMatchObject({
      status: 'open',
      amountMinor: 10_000,
      proposal: null,
    });
    expect(await resolve(id, 'accept', BEN)).toMatchObject({ status: 202 });
  });

  it('many who propose and confirm at once decide it once', async () => {
    const id = await paidTwice();
    const callers = [ANN, BEN, ANN, BEN, ANN, BEN];
    const answers = await Promise.allSettled(callers.map((one) => resolve(id, 'accept', one)));
    const statuses = answers.flatMap((one) =>
      one.status === 'fulfilled' ? [one.value.status] : [],
    );
    expect(statuses.sort()).toEqual([200, 202]);
    expect(await reviewOf('order-a')).toMatchObject({ status: 'resolved' });
  });

  it('nobody confirms what is below the amount', async () => {
    const id = await paidTwice('order-a', 5001n);
    expect(await resolve(id, 'accept')).toMatchObject({ status: 200 });
  });
});

describe('what would be given back', () => {
  beforeEach(async () => {
    await harness.close();
    harness = await OperatorHarness.open({ REVIEW_SECOND_PERSON_MINOR: '0' });
  });

  /** As `payment amount`, by the name of the payment at its provider. */
  async function planOf(id: string, more: { amountMinor?: number; paymentId?: string } = {}) {
    const { body } = await resolve(id, 'refund', ANN, more);
    const payments = await harness.database.query<{ id: string; name: string }>(
      'select id, provider_payment_id as name from payments',
    );
    return body.proposal?.refunds.map(({ paymentId, amountMinor }) => {
      return `${payments.find((one) => one.id === paymentId)?.name} ${amountMinor}`;
    });
  }

  it('is what was paid beyond what is owed, newest payment first', async () => {
    await harness.order('order-a');
    await harness.tell(
      paid('order-a', 'one', 7000),
      paid('order-a', 'two', 2000),
      paid('order-a', 'three', 1000),
    );
    const { id } = await reviewOf('order-a');
    expect(await planOf(id)).toEqual(['pi_three 1000', 'pi_two 2000', 'pi_one 2000']);
    expect(await planOf(id, { amountMinor: 1500 })).toEqual(['pi_three 1000', 'pi_two 500']);
  });

  it('is no more than is left of what was asked for already', async () => {
    const id = await paidTwice();
    await harness.database.query(
      `insert into refunds (id, payment_id, amount_minor, currency, requested_by, outcome)
       select gen_random_uuid(), id, 2000, 'EUR', 'shop', 'unknown' from payments
       where provider_payment_id = 'pi_order-a-2'`,
    );
    expect(await planOf(id)).toEqual(['pi_order-a-2 3000']);
  });

  it('is every payment of an order that was called off', async () => {
    await harness.order('order-a');
    await harness.database.query(`update orders set cancelled_at = now(), status = 'cancelled'`);
    await harness.tell(paid('order-a', 'one', 4000), refunded('one', 500));
    const { id, amountMinor } = await reviewOf('order-a', 'captured_after_cancel');
    expect(amountMinor).toBe(3500);
    expect(await planOf(id)).toEqual(['pi_one 3500']);
  });

  it('is what came in another currency', async () => {
    await harness.order('order-a');
    await harness.tell(paid('order-a', 'one'), paid('order-a', 'two', 800, { currency: 'usd' }));
    const { id } = await reviewOf('order-a', 'currency_mismatch');
    expect(await planOf(id)).toEqual(['pi_two 800']);
  });

  it('is of a payment of this review, or nothing', async () => {
    const id = await paidTwice();
    await harness.order('order-b');
    await harness.tell(paid('order-b', 'b'));
    const rows = await harness.database.query<{ id: string; name: string }>(
      'select id, provider_payment_id as name from payments',
    );
    const named = (name: string) => rows.find((one) => one.name === name)!.id;
    expect(await planOf(id, { paymentId: named('pi_order-a-1') })).toEqual(['pi_order-a-1 5000']);
    await expect(planOf(id, { paymentId: named('pi_b') })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('is nothing where more was given back than taken', async () => {
    await harness.tell(paid('order-a', 'a', 1000), refunded('a', 2000));
    const { id } = await reviewOf('order-a', 'refund_exceeds_capture');
    await expect(planOf(id)).rejects.toMatchObject({ code: 'nothing_to_refund', status: 422 });
  });

  it('is not what was proposed otherwise, once nobody has to confirm it any more', async () => {
    const id = await paidTwice();
    await resolve(id, 'accept');
    const refund = { resolution: 'refund', reason: WHY };
    await expect(resolveReview(askable(nobody), BEN, id, refund, null)).rejects.toThrow('nobody');
    expect((await find(id))?.refundPlan).toMatchObject({
      refunds: [{ amountMinor: 5000 }],
      leftMinor: 0,
    });
  });
});

const nobody: ResolveReviewContext['refund'] = () =>
  Promise.reject(new Error('nobody is asked in this test'));

function find(id: string) {
  return findReview(harness.services.database.command, id);
}

/** Services whose providers could be asked for refunds, if anybody asked them. */
function askable(refund: ResolveReviewContext['refund']) {
  const { commands } = harness.services;
  const api = { value: { hasAccount: () => true } };
  const providers = new Map(
    [...commands.checkout.providers].map(([name, provider]) => [
      name,
      Object.create(provider, { api }) as typeof provider,
    ]),
  );
  const checkout = { ...commands.checkout, providers };
  const resolveIt = resolveReviewOperation({
    checkout,
    refund,
    ttlSeconds: 3600,
    secondPersonMinor: null,
  });
  return { ...harness.services, commands: { ...commands, resolveReview: resolveIt } };
}

describe('a refund that was decided', () => {
  const REFUND = { resolution: 'refund', reason: WHY };
  const WAY = 'ann review.resolve refunding';

  it('leaves nothing behind where nobody can be asked', async () => {
    const id = await paidTwice();
    await expect(resolve(id, 'refund')).rejects.toMatchObject({ code: 'provider_not_configured' });
    expect(await find(id)).toMatchObject({ status: 'open', refundKey: null, refundPlan: null });
    expect(await harness.database.query('select 1 from idempotency_keys')).toEqual([]);
    expect(await resolve(id, 'accept')).toMatchObject({ status: 200 });
  });

  it('is written down before anybody is asked', async () => {
    const id = await paidTwice();
    await expect(resolveReview(askable(nobody), ANN, id, REFUND, null)).rejects.toThrow('nobody');
    expect(await harness.audit()).toEqual([WAY]);
    expect((await find(id))?.refundPlan).toMatchObject({ by: 'ann' });
  });

  it('is not begun any more once other news have ended the review', async () => {
    const id = await paidTwice();
    const services = askable(nobody);
    await expect(resolveReview(services, ANN, id, REFUND, 'a-key')).rejects.toThrow('nobody');
    await harness.tell(refunded('order-a-2', 5000)); // by hand, at the provider
    expect(await find(id)).toMatchObject({ status: 'withdrawn' });
    await expect(resolveReview(services, ANN, id, REFUND, 'a-key')).rejects.toMatchObject({
      code: 'review_closed',
    });
    expect(await find(id)).toMatchObject({ refundKey: null, refundPlan: null });
    expect(await harness.audit()).toEqual([WAY, 'ann review.resolve review_closed']);
  });

  it('is nothing that a review which opens again knows of', async () => {
    const id = await paidTwice();
    await expect(resolveReview(askable(nobody), ANN, id, REFUND, null)).rejects.toThrow('nobody');
    await harness.tell(refunded('order-a-2', 5000));
    await harness.tell(paid('order-a', 'third'));
    expect(await find(id)).toMatchObject({ status: 'open', refundKey: null, refundPlan: null });
    expect(await resolve(id, 'accept')).toMatchObject({ status: 200 });
  });

  it('is planned anew when it was decided so long ago that its keys may be forgotten', async () => {
    const id = await paidTwice();
    await expect(resolveReview(askable(nobody), ANN, id, REFUND, null)).rejects.toThrow('nobody');
    const before = await find(id);
    await expect(resolve(id, 'accept')).rejects.toMatchObject({ code: 'request_in_progress' });
    await harness.database.query(
      `update reviews set refund_plan = refund_plan || '{"at": "2020-01-01T00:00:00Z"}'`,
    );
    await expect(resolveReview(askable(nobody), BEN, id, REFUND, null)).rejects.toThrow('nobody');
    const after = await find(id);
    expect(after?.refundKey).not.toBe(before?.refundKey);
    expect(after?.refundPlan).toMatchObject({ by: 'ben' });
  });
});

describe('a review of before it was known what is at stake', () => {
  it('is decided for what is at stake now', async () => {
    const id = await paidTwice();
    await harness.database.query('update reviews set amount_minor = 0');
    expect(await resolve(id, 'accept')).toMatchObject({
      status: 200,
      body: { status: 'resolved', amountMinor: 5000 },
    });
    expect(await orderStatus()).toBe('paid');
  });
});
