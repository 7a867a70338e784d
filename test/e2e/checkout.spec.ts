import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from '../support/eventually.js';
import { paymentOf, Shop } from '../support/shop.js';
import { WebhookClient } from '../support/webhook-client.js';

const PROVIDERS = ['stripe', 'paystack'] as const;
const CURRENCY = { stripe: 'USD', paystack: 'NGN' } as const;

describe('checkout', () => {
  let shop: Shop;
  let webhooks: WebhookClient;

  beforeAll(async () => {
    shop = await Shop.open();
    webhooks = new WebhookClient(shop.service.url);
  });

  beforeEach(() => {
    shop.standIn.reset();
  });

  afterAll(async () => {
    webhooks.close();
    await shop.close();
  });

  describe.each(PROVIDERS)('through %s', (provider) => {
    const currency = CURRENCY[provider];

    it('sells: order, payment, webhook, refund', async () => {
      shop.tellWebhooks('after-answer');
      const reference = `sale-${randomUUID()}`;
      const created = await shop.post('/v1/orders', {
        reference,
        currency: currency.toLowerCase(),
        amountDueMinor: 5000,
        metadata: { basket: 'b-1', gift: true },
      });
      expect(created).toMatchObject({ status: 201, json: { reference, status: 'open', currency } });
      expect(created.json.metadata).toEqual({ basket: 'b-1', gift: true });
      expect(created.headers.get('location')).toBe(`/v1/orders/${reference}`);

      const started = await shop.post(`/v1/orders/${reference}/payments`, {
        ...paymentOf(provider),
        returnUrl: 'https://shop.example/thanks',
      });
      expect(started.status).toBe(201);
      expect(started.json).toMatchObject({
        status: 'pending',
        unknownOutcome: false,
        orderReference: reference,
        amountMinor: 5000,
        amountCapturedMinor: 0,
        returnUrl: 'https://shop.example/thanks',
      });
      const { id, providerPaymentId, clientSecret, authorizationUrl } = started.json;
      expect(provider === 'stripe' ? clientSecret : authorizationUrl).toEqual(expect.any(String));
      expect(shop.standIn[provider].paymentIdsOf(reference)).toEqual([providerPaymentId]);

      shop.standIn[provider].pay(providerPaymentId);
      const paid = await shop.orderIs(reference, 'paid');
      expect(paid).toMatchObject({ amountPaidMinor: 5000, reviews: [] });
      expect(paid.payments.map((one: { id: string }) => one.id)).toEqual([id]);

      const refund = await shop.post(`/v1/payments/${id}/refunds`, {
        amountMinor: 2000,
        reason: 'a scratch',
      });
      expect(refund).toMatchObject({ status: 201, json: { amountMinor: 2000, paymentId: id } });
      expect(shop.standIn[provider].refundsOf(providerPaymentId)).toHaveLength(1);
      await eventually(async () => {
        const payment = await shop.get(`/v1/payments/${id}`);
        expect(payment.json).toMatchObject({
          status: 'partially_refunded',
          amountRefundedMinor: 2000,
          reviews: [],
        });
        expect(payment.json.refunds).toMatchObject([{ id: refund.json.id, amountMinor: 2000 }]);
      });
    });

    it('refunds all that is left when no amount is given', async () => {
      const reference = await shop.order(5000, currency);
      const { id, providerPaymentId } = await shop.payment(reference, provider);
      shop.standIn[provider].pay(providerPaymentId);
      await shop.post(`/v1/payments/${id}/verify`);
      await shop.post(`/v1/payments/${id}/refunds`, { amountMinor: 1500 });
      const rest = await shop.post(`/v1/payments/${id}/refunds`);
      expect(rest).toMatchObject({ status: 201, json: { amountMinor: 3500 } });
      expect(shop.standIn.moneyOfOrder(reference)).toEqual({
        charges: 1,
        takenMinor: 5000,
        returnedMinor: 5000,
      });
      const none = await shop.post(`/v1/payments/${id}/refunds`);
      expect(none).toMatchObject({ status: 422, json: { code: 'refund_exceeds_captured' } });
    });

    it('never refunds more than was captured, however many ask at once', async () => {
      const reference = await shop.order(5000, currency);
      const { id, providerPaymentId } = await shop.payment(reference, provider);
      shop.standIn[provider].pay(providerPaymentId);
      await shop.post(`/v1/payments/${id}/verify`);
      shop.tellWebhooks('before-answer');
      const answers = await Promise.all(
        Array.from({ length: 8 }, () =>
          shop.post(`/v1/payments/${id}/refunds`, { amountMinor: 1500 }),
        ),
      );
      const statuses = answers.map(({ status }) => status).sort();
      expect(statuses).toEqual([201, 201, 201, 422, 422, 422, 422, 422]);
      await shop.standIn.webhooks.delivered();
      expect(shop.standIn.moneyOfOrder(reference).returnedMinor).toBe(4500);
      await shop.post(`/v1/payments/${id}/verify`);
      const payment = await shop.get(`/v1/payments/${id}`);
      expect(payment.json).toMatchObject({ amountRefundedMinor: 4500, reviews: [] });
    });

    it('gives 50 requests with one key one payment and one answer', async () => {
      const reference = await shop.order(5000, currency);
      const key = randomUUID();
      const answers = await Promise.all(
        Array.from({ length: 50 }, () =>
          shop.post(`/v1/orders/${reference}/payments`, paymentOf(provider), { key }),
        ),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      const replayed = answers.filter(({ headers }) => headers.get('idempotency-replayed'));
      expect(replayed).toHaveLength(49);
      expect(shop.standIn[provider].paymentIdsOf(reference)).toHaveLength(1);
      expect((await shop.get(`/v1/orders/${reference}`)).json.payments).toHaveLength(1);
    });

    it('ends alike whatever comes first: the answer, the webhooks or a verification', async () => {
      const ends = new Set<string>();
      for (const arrival of ['before-answer', 'after-answer', 'never'] as const) {
        for (const verifies of ['before', 'after', 'around', 'never'] as const) {
          if (arrival === 'never' && verifies === 'never') continue;
          shop.standIn.reset();
          if (arrival !== 'never') shop.tellWebhooks(arrival);
          const reference = await shop.order(5000, currency);
          const { id, providerPaymentId } = await shop.payment(reference, provider);
          const verify = () => shop.post(`/v1/payments/${id}/verify`);
          if (verifies === 'before' || verifies === 'around') await verify();
          shop.standIn[provider].pay(providerPaymentId);
          if (verifies === 'around') await Promise.all([verify(), verify(), verify()]);
          await shop.standIn.webhooks.delivered();
          if (verifies === 'after' || (arrival === 'never' && verifies === 'before'))
            await verify();
          const order = await shop.orderIs(reference, 'paid');
          ends.add(endOf(order, [reference, id, providerPaymentId]));
        }
      }
      expect([...ends]).toHaveLength(1);
    });

    it('takes what was verified as known: the same look is one event', async () => {
      const reference = await shop.order(5000, currency);
      const { id, providerPaymentId } = await shop.payment(reference, provider);
      shop.standIn[provider].pay(providerPaymentId);
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => shop.post(`/v1/payments/${id}/verify`)),
      );
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 200, json: { id, status: 'paid' } });
      }
      const events = await shop.database.query<{ source: string; status: string }>(
        'select source, status from inbox where payment_id = $1',
        [id],
      );
      expect(events).toEqual([{ source: 'verify', status: 'applied' }]);
    });
  });

  it('answers 50 requests of which one differs with 49 alike and one refusal', async () => {
    const reference = `fifty-${randomUUID()}`;
    const key = randomUUID();
    const body = { reference, currency: 'EUR', amountDueMinor: 100 };
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_one, index) =>
        shop.post('/v1/orders', index === 25 ? { ...body, amountDueMinor: 101 } : body, { key }),
      ),
    );
    const created = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(({ status }) => status === 422);
    expect([created.length, refused.length].sort((a, b) => a - b)).toEqual([1, 49]);
    expect(new Set(created.map(({ text }) => text)).size).toBe(1);
    expect(refused[0]?.json.code).toBe('idempotency_key_reused');
    expect(
      await shop.database.query('select 1 from orders where reference = $1', [reference]),
    ).toHaveLength(1);
  });

  it('refuses an order with other terms, and takes one with the same as done', async () => {
    const reference = await shop.order(5000, 'USD');
    const same = await shop.post('/v1/orders', {
      reference,
      currency: 'USD',
      amountDueMinor: 5000,
    });
    expect(same).toMatchObject({ status: 200, json: { reference } });
    const other = await shop.post('/v1/orders', { reference, currency: 'USD', amountDueMinor: 1 });
    expect(other).toMatchObject({ status: 409, json: { code: 'order_exists' } });
    expect(other.headers.get('content-type')).toContain('application/problem+json');
  });

  it('takes the payments that came before their order', async () => {
    const reference = `early-${randomUUID()}`;
    const first = await shop.order(700);
    const { providerPaymentId } = await shop.payment(first);
    const [event] = shop.standIn.stripe.pay(providerPaymentId);
    const early = {
      ...event!,
      eventId: `evt_${randomUUID()}`,
      body: Buffer.from(
        event!.body
          .toString()
          .replaceAll(first, reference)
          .replaceAll(providerPaymentId, `pi_${reference}`)
          .replace(/"evt_\w+"/, `"evt_${reference}"`)
          .replace(/"tollgate_payment":"[^"]*",?/, ''),
      ),
    };
    await webhooks.expectAccepted(early);
    await eventually(async () => {
      const order = await shop.get(`/v1/orders/${reference}`);
      expect(order.json).toMatchObject({ amountDueMinor: null, amountPaidMinor: 700 });
    });
    const body = { reference, currency: 'USD', amountDueMinor: 700 };
    const created = await shop.post('/v1/orders', body);
    expect(created).toMatchObject({ status: 201, json: { status: 'paid', amountPaidMinor: 700 } });
  });

  it('has one open payment per order at a time', async () => {
    const reference = await shop.order();
    const first = await shop.post(`/v1/orders/${reference}/payments`, paymentOf('stripe'));
    const second = await shop.post(`/v1/orders/${reference}/payments`, paymentOf('paystack'));
    expect(second).toMatchObject({
      status: 409,
      json: {
        code: 'payment_in_progress',
        payment: { id: first.json.id, clientSecret: first.json.clientSecret },
      },
    });
    shop.tellWebhooks('after-answer');
    shop.standIn.stripe.failAttempt(first.json.providerPaymentId);
    await eventually(async () => {
      expect((await shop.get(`/v1/payments/${first.json.id}`)).json.status).toBe('failed');
    });
    // A PaymentIntent takes another attempt, so it is still open.
    const third = await shop.post(`/v1/orders/${reference}/payments`, paymentOf('stripe'));
    expect(third).toMatchObject({ status: 409, json: { code: 'payment_in_progress' } });
  });

  it('lets many start a payment at once, and one of them succeed', async () => {
    const reference = await shop.order();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        shop.post(`/v1/orders/${reference}/payments`, paymentOf('stripe')),
      ),
    );
    const started = answers.filter(({ status }) => status === 201);
    expect(started).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(9);
    expect(shop.standIn.stripe.paymentIdsOf(reference)).toHaveLength(1);
  });

  it('brings an order before a person when two of its payments succeed', async () => {
    shop.tellWebhooks('after-answer');
    const reference = await shop.order(5000, 'NGN');
    const first = await shop.payment(reference, 'paystack');
    shop.standIn.paystack.failAttempt(first.providerPaymentId);
    await shop.post(`/v1/payments/${first.id}/verify`);
    const second = await shop.payment(reference, 'paystack');
    shop.standIn.paystack.pay(second.providerPaymentId);
    shop.standIn.paystack.pay(first.providerPaymentId);
    const order = await shop.orderIs(reference, 'in_review');
    expect(order.amountPaidMinor).toBe(10_000);
    expect(order.reviews.map((one: { reason: string }) => one.reason)).toEqual(['paid_twice']);
  });
});

/** What an order has become, without anything that two orders may not share. */
function endOf(order: unknown, own: readonly string[]): string {
  const names = ['createdAt', 'updatedAt', 'version'];
  const text = JSON.stringify(order, (name, value: unknown) =>
    names.includes(name) ? undefined : value,
  );
  return own.reduce((rest, id) => rest.replaceAll(id, '<own>'), text);
}
