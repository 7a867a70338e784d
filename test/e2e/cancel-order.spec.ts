import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { paymentOf, Shop } from '../support/shop.js';

describe('cancelling an order', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.open();
  });

  beforeEach(() => {
    shop.standIn.reset();
  });

  afterAll(() => shop.close());

  const cancel = (reference: string) => shop.post(`/v1/orders/${reference}/cancel`);
  const intentOf = (id: string) => shop.standIn.stripe.paymentIntents.find((one) => one.id === id);

  it('cancels what is open at the provider, then the order', async () => {
    const reference = await shop.order();
    const { id, providerPaymentId } = await shop.payment(reference);
    const answer = await cancel(reference);
    expect(answer).toMatchObject({ status: 200, json: { status: 'cancelled', reviews: [] } });
    expect(answer.json.payments).toMatchObject([{ id, status: 'cancelled' }]);
    expect(intentOf(providerPaymentId)).toMatchObject({ status: 'canceled' });

    expect(await cancel(reference)).toMatchObject({ status: 200, json: { status: 'cancelled' } });
    const late = await shop.post(`/v1/orders/${reference}/payments`, paymentOf('stripe'));
    expect(late).toMatchObject({ status: 409, json: { code: 'order_cancelled' } });
  });

  it('cancels an order without payments, and knows none that was not created', async () => {
    expect(await cancel(await shop.order())).toMatchObject({ status: 200 });
    expect(await cancel('never-heard-of')).toMatchObject({ status: 404 });
  });

  it('refuses to cancel an order that has money', async () => {
    const reference = await shop.order();
    const { id, providerPaymentId } = await shop.payment(reference);
    shop.standIn.stripe.pay(providerPaymentId);
    await shop.post(`/v1/payments/${id}/verify`);
    expect(await cancel(reference)).toMatchObject({ status: 409, json: { code: 'order_paid' } });
  });

  it('brings the order before a person when the payment was faster', async () => {
    const reference = await shop.order();
    const { providerPaymentId } = await shop.payment(reference);
    const gate = shop.standIn.faults.gate('POST /v1/payment_intents/:id/cancel', 'before');
    const cancelling = cancel(reference);
    await gate.reached;
    shop.standIn.stripe.pay(providerPaymentId);
    gate.release();
    const answer = await cancelling;
    expect(answer).toMatchObject({
      status: 200,
      json: { status: 'in_review', amountPaidMinor: 5000 },
    });
    expect(reasonsOf(answer.json)).toEqual(['captured_after_cancel']);
  });

  it('brings the order before a person when Paystack, which cannot cancel, brings money', async () => {
    shop.tellWebhooks('after-answer');
    const reference = await shop.order(5000, 'NGN');
    const { providerPaymentId } = await shop.payment(reference, 'paystack');
    expect(await cancel(reference)).toMatchObject({ status: 200, json: { status: 'cancelled' } });
    shop.standIn.paystack.pay(providerPaymentId);
    const order = await shop.orderIs(reference, 'in_review');
    expect(reasonsOf(order)).toEqual(['captured_after_cancel']);
  });

  it('leaves nothing to be paid when it comes while a payment is being started', async () => {
    const reference = await shop.order();
    const gate = shop.standIn.faults.gate('POST /v1/payment_intents', 'after');
    const starting = shop.post(`/v1/orders/${reference}/payments`, paymentOf('stripe'));
    await gate.reached;
    expect(await cancel(reference)).toMatchObject({ status: 200, json: { status: 'cancelled' } });
    gate.release();
    expect(await starting).toMatchObject({ status: 409, json: { code: 'order_cancelled' } });
    const [intent] = shop.standIn.stripe.paymentIdsOf(reference);
    expect(intentOf(intent ?? '')).toMatchObject({ status: 'canceled' });
    const order = await shop.get(`/v1/orders/${reference}`);
    expect(order.json).toMatchObject({ status: 'cancelled', reviews: [] });
    expect(order.json.payments).toMatchObject([{ status: 'cancelled' }]);
  });

  it('withdraws a payment that the provider makes only after the order was cancelled', async () => {
    const reference = await shop.order();
    const gate = shop.standIn.faults.gate('POST /v1/payment_intents', 'before');
    const starting = shop.post(`/v1/orders/${reference}/payments`, paymentOf('stripe'));
    await gate.reached;
    expect(await cancel(reference)).toMatchObject({ status: 200, json: { status: 'cancelled' } });
    gate.release();
    expect(await starting).toMatchObject({ status: 409, json: { code: 'order_cancelled' } });
    const [intent] = shop.standIn.stripe.paymentIdsOf(reference);
    expect(intentOf(intent ?? '')).toMatchObject({ status: 'canceled' });
  });

  it('says nothing silently when many cancel and pay at once', async () => {
    shop.tellWebhooks('before-answer');
    for (let round = 0; round < 8; round += 1) {
      const reference = await shop.order();
      const { id, providerPaymentId } = await shop.payment(reference);
      const pay = () => {
        try {
          shop.standIn.stripe.pay(providerPaymentId);
          return Promise.resolve(true);
        } catch {
          return Promise.resolve(false); // it was cancelled before
        }
      };
      const steps = [cancel(reference), pay(), cancel(reference)];
      const verifications = [shop.post(`/v1/payments/${id}/verify`)];
      await Promise.all([...steps, ...verifications]);
      await shop.standIn.webhooks.delivered();
      const { takenMinor } = shop.standIn.moneyOfOrder(reference);
      await eventually(async () => {
        const { json } = await shop.get(`/v1/orders/${reference}`);
        expect(json.amountPaidMinor).toBe(takenMinor);
        // Money before the cancellation is refused it; money after it goes to a person.
        const expected = takenMinor === 0 ? ['cancelled'] : ['paid', 'in_review'];
        expect(expected).toContain(json.status);
      });
    }
  });
});

function reasonsOf(order: { reviews: { reason: string }[] }): string[] {
  return [...new Set(order.reviews.map(({ reason }) => reason))];
}
