import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../support/eventually.js';
import {
  decide,
  OPERATOR_TOKENS,
  orderPaidTwice,
  overpayableOrder,
  payOne,
  type OverpayableOrder,
} from '../support/reviewed-orders.js';
import { Shop, type CommandAnswer } from '../support/shop.js';

const REFUND = 'POST /v1/refunds';
const PATIENCE = { timeoutMs: 30_000 };

describe('operators who decide about money', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.open({
      API_TOKENS: OPERATOR_TOKENS,
      CONSUMERS: 'invoices,access',
      RELAY_INTERVAL_MS: '50',
      PROVIDER_SETTLE_SECONDS: '1',
      PROVIDER_BREAKER_FAILURES: '1000',
    });
  });
  beforeEach(() => shop.standIn.reset());
  afterAll(() => shop.close());

  const refund = { resolution: 'refund' };
  const review = async (id: string) => (await shop.get(`/v1/reviews/${id}`)).json;
  const refundRequests = () => shop.standIn.requests.filter(({ route }) => route === REFUND);

  /** What was given back of each payment at the provider, oldest first. */
  function returned({ payments }: OverpayableOrder): number[][] {
    return payments.map(({ providerPaymentId }) =>
      shop.standIn.stripe.refundsOf(providerPaymentId).map(({ amountMinor }) => amountMinor),
    );
  }

  /** The audit of a review, oldest first, as `actor action result`. */
  async function audit(reviewId: string): Promise<string[]> {
    const { data } = (await shop.get(`/v1/audit?subject=${reviewId}`)).json;
    return data
      .map((one: Record<string, string>) => `${one['actor']} ${one['action']} ${one['result']}`)
      .reverse();
  }

  async function expectAccess(reference: string, status: string): Promise<void> {
    await eventually(async () => {
      expect((await shop.get(`/v1/access/${reference}`)).json.status).toBe(status);
    });
  }

  it('give the second payment back, and everybody hears of it', async () => {
    const order = await orderPaidTwice(shop);
    await expectAccess(order.reference, 'held');
    const answer = await decide(shop, order.reviewId, 'ann', refund);
    expect(answer).toMatchObject({
      status: 200,
      json: { status: 'resolved', resolution: 'refund', resolvedBy: 'ann', isRefunding: false },
    });
    expect(returned(order)).toEqual([[], [5000]]);
    expect(refundRequests()).toHaveLength(1);
    await shop.orderIs(order.reference, 'paid');
    await expectAccess(order.reference, 'granted');
    expect(await audit(order.reviewId)).toEqual([
      'ann review.resolve refunding',
      'ann review.resolve refund',
    ]);
  });

  it.each([
    ['before the answer', 'before-answer'],
    ['after the answer', 'after-answer'],
  ] as const)('whose refund is told by its webhook %s', async (_title, mode) => {
    const order = await orderPaidTwice(shop);
    shop.tellWebhooks(mode);
    expect(await decide(shop, order.reviewId, 'ann', refund)).toMatchObject({ status: 200 });
    await shop.standIn.webhooks.delivered();
    await shop.orderIs(order.reference, 'paid');
    expect(await review(order.reviewId)).toMatchObject({
      status: 'resolved',
      resolution: 'refund',
    });
    expect(returned(order)).toEqual([[], [5000]]);
  });

  it('give back what one payment brought too much', async () => {
    const order = await overpayableOrder(shop, 1);
    await payOne(shop, order, 0, { amountMinor: 6500 });
    const { data } = (await shop.get(`/v1/reviews?order=${order.reference}`)).json;
    expect(data).toMatchObject([{ reason: 'amount_mismatch', amountMinor: 1500 }]);
    expect(await decide(shop, data[0].id, 'ann', refund)).toMatchObject({ status: 200 });
    expect(returned(order)).toEqual([[1500]]);
  });

  it('give back what they name', async () => {
    const order = await orderPaidTwice(shop);
    const [first] = order.payments;
    const named = { ...refund, paymentId: first!.id, amountMinor: 2000 };
    expect(await decide(shop, order.reviewId, 'ann', named)).toMatchObject({
      status: 200,
      json: { status: 'resolved' },
    });
    expect(returned(order)).toEqual([[2000], []]);
    await shop.orderIs(order.reference, 'paid');
  });

  it('take part in one refund when they decide the same at once', async () => {
    const order = await orderPaidTwice(shop);
    const gate = shop.standIn.faults.gate(REFUND, 'after');
    const first = decide(shop, order.reviewId, 'ann', refund);
    await gate.reached;
    expect(await review(order.reviewId)).toMatchObject({ status: 'open', isRefunding: true });
    const second = decide(shop, order.reviewId, 'ben', refund);
    for (const other of [{ resolution: 'accept' }, { ...refund, amountMinor: 1 }]) {
      expect(await decide(shop, order.reviewId, 'ben', other)).toMatchObject({
        status: 409,
        json: { code: 'request_in_progress' },
      });
    }
    gate.release();
    expect(await first).toMatchObject({ status: 200, json: { resolvedBy: expect.any(String) } });
    expect(await second).toMatchObject({ status: 200, json: { status: 'resolved' } });
    expect(returned(order)).toEqual([[], [5000]]);
    expect(refundRequests()).toHaveLength(1);
    const results = (await audit(order.reviewId)).map((line) => line.split(' ').at(-1)).sort();
    const refusals = ['request_in_progress', 'request_in_progress'];
    expect(results).toEqual(['refund', 'refunding', ...refusals, 'unchanged']);
  });

  it('give money back once when all press at the same moment', async () => {
    const order = await orderPaidTwice(shop);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        decide(shop, order.reviewId, index % 2 === 0 ? 'ann' : 'ben', refund),
      ),
    );
    for (const { status } of answers) expect([200, 409]).toContain(status);
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    expect(returned(order)).toEqual([[], [5000]]);
    const lines = await audit(order.reviewId);
    expect(lines).toHaveLength(11);
    expect(lines.filter((line) => line.endsWith(' refund'))).toHaveLength(1);
  });

  it('can decide otherwise after the provider refused', async () => {
    const order = await orderPaidTwice(shop);
    shop.standIn.faults.next(REFUND, { kind: 'status-before', status: 400 });
    expect(await decide(shop, order.reviewId, 'ann', refund)).toMatchObject({
      status: 422,
      json: { code: 'provider_refused' },
    });
    expect(await review(order.reviewId)).toMatchObject({ status: 'open', isRefunding: false });
    expect(await decide(shop, order.reviewId, 'ann', refund)).toMatchObject({ status: 200 });
    expect(returned(order)).toEqual([[], [5000]]);
    expect(await audit(order.reviewId)).toEqual([
      'ann review.resolve refunding',
      'ann review.resolve provider_refused',
      'ann review.resolve refunding',
      'ann review.resolve refund',
    ]);
  });

  it('give money back once when nobody knows what the provider did', async () => {
    const order = await orderPaidTwice(shop);
    shop.standIn.faults.next(REFUND, { kind: 'timeout-after' });
    expect(await decide(shop, order.reviewId, 'ann', refund)).toMatchObject({
      status: 504,
      json: { code: 'provider_outcome_unknown' },
    });
    expect(await decide(shop, order.reviewId, 'ben', { resolution: 'accept' })).toMatchObject({
      status: 409,
    });
    await eventually(async () => {
      const answer = await decide(shop, order.reviewId, 'ben', refund);
      expect(answer).toMatchObject({ status: 200 });
    }, PATIENCE);
    expect(await review(order.reviewId)).toMatchObject({ status: 'resolved' });
    expect(returned(order)).toEqual([[], [5000]]);
    const rows = await shop.database.query('select 1 from refunds where payment_id = $1', [
      order.payments[1]!.id,
    ]);
    expect(rows).toHaveLength(1);
  });

  describe('are asked again', () => {
    it('when a third payment comes after the second was given back', async () => {
      const order = await orderPaidTwice(shop, 'stripe', 3);
      await decide(shop, order.reviewId, 'ann', refund);
      await payOne(shop, order, 2);
      expect(await review(order.reviewId)).toMatchObject({ status: 'open', amountMinor: 5000 });
      await shop.orderIs(order.reference, 'in_review');
      await decide(shop, order.reviewId, 'ben', refund);
      expect(returned(order)).toEqual([[], [5000], [5000]]);
      await shop.orderIs(order.reference, 'paid');
    });

    it('when it comes while the second is being given back', async () => {
      const order = await orderPaidTwice(shop, 'stripe', 3);
      const gate = shop.standIn.faults.gate(REFUND, 'after');
      const deciding = decide(shop, order.reviewId, 'ann', refund);
      await gate.reached;
      await payOne(shop, order, 2);
      gate.release();
      expect(await deciding).toMatchObject({
        status: 200,
        json: { status: 'open', amountMinor: 5000, isRefunding: false },
      });
      await shop.orderIs(order.reference, 'in_review');
      await decide(shop, order.reviewId, 'ben', refund);
      expect(returned(order)).toEqual([[], [5000], [5000]]);
      await shop.orderIs(order.reference, 'paid');
      expect(await audit(order.reviewId)).toEqual([
        'ann review.resolve refunding',
        'ann review.resolve refund',
        'ben review.resolve refunding',
        'ben review.resolve refund',
      ]);
    });

    it('when the refund fails in the end', async () => {
      shop.standIn.stripe.startRefundsAs('pending');
      const order = await orderPaidTwice(shop);
      await decide(shop, order.reviewId, 'ann', refund);
      await shop.orderIs(order.reference, 'paid');
      shop.tellWebhooks('after-answer');
      await delay(1100); // Stripe tells whole seconds, and this one is over
      const made = shop.standIn.stripe.refundsOf(order.payments[1]!.providerPaymentId);
      shop.standIn.stripe.settleRefund(made[0]!.id, 'failed');
      await shop.orderIs(order.reference, 'in_review');
      expect(await review(order.reviewId)).toMatchObject({ status: 'open', amountMinor: 5000 });
    });
  });

  it('do not give back what the shop gives back already', async () => {
    const order = await orderPaidTwice(shop);
    const gate = shop.standIn.faults.gate(REFUND, 'after');
    const byShop = shop.post(`/v1/payments/${order.payments[0]!.id}/refunds`, {
      amountMinor: 5000,
    });
    await gate.reached;
    const refused: CommandAnswer = await decide(shop, order.reviewId, 'ann', refund);
    expect(refused).toMatchObject({ status: 422, json: { code: 'nothing_to_refund' } });
    gate.release();
    expect(await byShop).toMatchObject({ status: 201 });
    expect(await review(order.reviewId)).toMatchObject({ status: 'withdrawn' });
    expect(returned(order)).toEqual([[5000], []]);
  });

  it('are told what becomes of it by Paystack, too', async () => {
    const order = await orderPaidTwice(shop, 'paystack');
    expect(await decide(shop, order.reviewId, 'ann', refund)).toMatchObject({ status: 200 });
    const [, second] = order.payments;
    expect(shop.standIn.paystack.refundsOf(second!.providerPaymentId)).toMatchObject([
      { amountMinor: 5000 },
    ]);
    await shop.orderIs(order.reference, 'paid');
  });
});
