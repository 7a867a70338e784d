import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { eventually } from '../support/eventually.js';
import { paymentOf, Shop, type CommandAnswer } from '../support/shop.js';

const SETTLE_SECONDS = 2;

describe('asking a provider that answers late, or not', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.open({
      PROVIDER_SETTLE_SECONDS: String(SETTLE_SECONDS),
      PROVIDER_BREAKER_FAILURES: '1000',
      COMPLETE_INTERVAL_SECONDS: '3600',
      RESOLVE_INTERVAL_SECONDS: '1',
      RESOLVE_SCHEDULE_SECONDS: '3600',
    });
  });

  beforeEach(() => {
    shop.standIn.reset();
  });

  afterAll(() => shop.close());

  async function paid(provider: 'stripe' | 'paystack') {
    const reference = await shop.order(5000, provider === 'stripe' ? 'USD' : 'NGN');
    const payment = await shop.payment(reference, provider);
    shop.standIn[provider].pay(payment.providerPaymentId);
    await shop.post(`/v1/payments/${payment.id}/verify`);
    return { reference, ...payment };
  }

  /** Sends a request under one key until it is done. */
  async function until(send: () => Promise<CommandAnswer>): Promise<CommandAnswer> {
    return eventually(
      async () => {
        const answer = await send();
        expect(answer.status).toBe(201);
        return answer;
      },
      { timeoutMs: 20_000 },
    );
  }

  const returned = (reference: string) => shop.standIn.moneyOfOrder(reference).returnedMinor;

  it('keeps one payment when a look at the first reference ends after the second was made', async () => {
    const reference = await shop.order(5000, 'NGN');
    const key = randomUUID();
    const start = () =>
      shop.post(`/v1/orders/${reference}/payments`, paymentOf('paystack'), { key });
    shop.standIn.faults.next('POST /transaction/initialize', { kind: 'reset-after' });
    expect(await start()).toMatchObject({ status: 504 });
    const [payment] = (await shop.get(`/v1/orders/${reference}`)).json.payments;

    const gate = shop.standIn.faults.gate('GET /refund', 'after');
    const verifying = shop.post(`/v1/payments/${payment.id}/verify`);
    await gate.reached;
    const started = await until(start);
    gate.release();
    await verifying;

    shop.tellWebhooks('after-answer');
    shop.standIn.paystack.pay(started.json.providerPaymentId);
    const order = await shop.orderIs(reference, 'paid');
    expect(order.payments).toMatchObject([
      { id: payment.id, providerPaymentId: started.json.providerPaymentId, status: 'paid' },
    ]);
    expect(order.reviews).toEqual([]);
    const dead = await shop.database.query(`select 1 from inbox where status = 'dead'`);
    expect(dead).toEqual([]);
  });

  it('goes on with a payment whose address was lost together with its key', async () => {
    const reference = await shop.order(5000, 'NGN');
    const start = () => shop.post(`/v1/orders/${reference}/payments`, paymentOf('paystack'));
    shop.standIn.faults.next('POST /transaction/initialize', { kind: 'reset-after' });
    expect(await start()).toMatchObject({ status: 504 });
    const [lost] = (await shop.get(`/v1/orders/${reference}`)).json.payments;
    expect(await start()).toMatchObject({ status: 409, json: { code: 'payment_in_progress' } });
    await shop.database.query('delete from idempotency_keys');
    await shop.post(`/v1/payments/${lost.id}/verify`);

    const found = await start();
    expect(found).toMatchObject({ status: 201, json: { id: lost.id } });
    expect(found.json.authorizationUrl).toEqual(expect.any(String));
    expect(await start()).toMatchObject({
      status: 409,
      json: { payment: { id: lost.id, authorizationUrl: found.json.authorizationUrl } },
    });
    shop.standIn.paystack.pay(found.json.providerPaymentId);
    await shop.post(`/v1/payments/${lost.id}/verify`);
    const order = await shop.orderIs(reference, 'paid');
    expect(order.payments).toHaveLength(1);
  });

  it('waits for a refund from the last time that it was asked for, not from the first', async () => {
    const { id, reference } = await paid('paystack');
    const key = randomUUID();
    const refund = () => shop.post(`/v1/payments/${id}/refunds`, { amountMinor: 2000 }, { key });
    shop.standIn.faults.next('POST /refund', { kind: 'status-before', status: 429 });
    expect(await refund()).toMatchObject({ status: 503 });
    await delay(SETTLE_SECONDS * 1000 + 100);
    const gate = shop.standIn.faults.gate('POST /refund', 'before');
    expect(await refund()).toMatchObject({ status: 504 });
    // Asked, and it will act: whoever asks again now must not ask for another.
    expect(await refund()).toMatchObject({ status: 504 });
    gate.release();
    expect(await until(refund)).toMatchObject({ status: 201 });
    expect(returned(reference)).toBe(2000);
  });

  it('makes a refund although its client keeps asking for it', async () => {
    const { id, reference } = await paid('paystack');
    const key = randomUUID();
    const refund = () => shop.post(`/v1/payments/${id}/refunds`, { amountMinor: 2000 }, { key });
    shop.standIn.faults.next('POST /refund', { kind: 'reset-before' });
    expect(await refund()).toMatchObject({ status: 504 });
    await until(refund);
    expect(returned(reference)).toBe(2000);
  });

  it('takes a refusal to show what was made for no refusal to make it', async () => {
    const { id, reference } = await paid('paystack');
    const key = randomUUID();
    const refund = () => shop.post(`/v1/payments/${id}/refunds`, { amountMinor: 2000 }, { key });
    shop.standIn.faults.next('POST /refund', { kind: 'reset-after' });
    expect(await refund()).toMatchObject({ status: 504 });
    shop.standIn.faults.next('GET /transaction/verify/:id', {
      kind: 'status-before',
      status: 400,
    });
    expect(await refund()).toMatchObject({ status: 504 });
    expect(await until(refund)).toMatchObject({ status: 201 });
    expect(returned(reference)).toBe(2000);
  });

  it('sends nothing when a process wakes up that was thought dead', async () => {
    const { id, reference } = await paid('paystack');
    const key = randomUUID();
    const refund = () => shop.post(`/v1/payments/${id}/refunds`, { amountMinor: 2000 }, { key });
    const gate = shop.standIn.faults.gate('POST /refund', 'before');
    const first = refund();
    await gate.reached;
    process.kill(shop.service.pid, 'SIGSTOP');
    await delay(1500); // longer than the lease
    gate.release();
    process.kill(shop.service.pid, 'SIGCONT');
    await first;
    await until(refund);
    expect(returned(reference)).toBe(2000);
    const refunds = await shop.database.query('select asked from refunds where payment_id = $1', [
      id,
    ]);
    expect(refunds).toEqual([{ asked: 1 }]);
  });

  it('says so when what a verification saw cannot be applied', async () => {
    const { id, providerPaymentId } = await shop.payment(await shop.order());
    const intent = shop.standIn.stripe.paymentIntents.find((one) => one.id === providerPaymentId);
    Object.assign(intent!, { currency: 'zzz' });
    const answer = await shop.post(`/v1/payments/${id}/verify`);
    expect(answer).toMatchObject({ status: 503, json: { code: 'apply_failed' } });
    const events = await shop.database.query(
      `select status, outcome_reason from inbox where event_id like 'verify:%' and status = 'dead'`,
    );
    expect(events).toEqual([{ status: 'dead', outcome_reason: 'currency_unusable' }]);
  });

  it('keeps an order from being cancelled while the provider does not accept the key', async () => {
    const reference = await shop.order();
    const { providerPaymentId } = await shop.payment(reference);
    const key = randomUUID();
    const cancel = () => shop.post(`/v1/orders/${reference}/cancel`, undefined, { key });
    shop.standIn.acceptKeys('stripe', ['another-key']);
    expect(await cancel()).toMatchObject({
      status: 503,
      json: { code: 'provider_not_configured' },
    });
    const waiting = await shop.get(`/v1/orders/${reference}`);
    expect(waiting.json).toMatchObject({ status: 'open', cancelledAt: null });
    expect(waiting.json.cancelRequestedAt).toEqual(expect.any(String));

    shop.standIn.acceptKeys('stripe', ['sk_test_of_the_stand_in']);
    expect(await cancel()).toMatchObject({ status: 200, json: { status: 'cancelled' } });
    const intent = shop.standIn.stripe.paymentIntents.find(({ id }) => id === providerPaymentId);
    expect(intent).toMatchObject({ status: 'canceled' });
  });

  it('counts a refused payment as open once an event has told of it', async () => {
    shop.tellWebhooks('before-answer');
    const reference = await shop.order();
    shop.standIn.faults.next('POST /v1/payment_intents', { kind: 'status-after', status: 400 });
    const path = `/v1/orders/${reference}/payments`;
    expect(await shop.post(path, paymentOf('stripe'))).toMatchObject({ status: 422 });
    await eventually(async () => {
      const [payment] = (await shop.get(`/v1/orders/${reference}`)).json.payments;
      expect(payment.providerPaymentId).toEqual(expect.any(String));
    });
    const second = await shop.post(path, paymentOf('stripe'));
    expect(second).toMatchObject({ status: 409, json: { code: 'payment_in_progress' } });
  });

  it('answers later, and no defect, when a row is locked for too long', async () => {
    const reference = await shop.order();
    const holder = new pg.Client({ connectionString: shop.database.url });
    await holder.connect();
    const holding = holder.query(
      `do $$ begin
         perform 1 from orders where reference = '${reference}' for update;
         perform pg_sleep(3);
       end $$`,
    );
    await eventually(async () => {
      const sleeping = await shop.database.query(
        `select 1 from pg_stat_activity where wait_event = 'PgSleep' and query like '%${reference}%'`,
      );
      expect(sleeping).not.toEqual([]);
    });
    const answer = await shop.post(`/v1/orders/${reference}/payments`, paymentOf('stripe'));
    expect(answer).toMatchObject({ status: 503, json: { code: 'storage_unavailable' } });
    await holding;
    await holder.end();
    expect((await shop.payment(reference)).status).toBe('pending');
    expect(shop.service.logs()).not.toContain('"msg":"defect"');
  });
});

describe('a provider that is away for a while', () => {
  it('does not use up the times that it is asked about a payment', async () => {
    const shop = await Shop.open({
      RESOLVE_INTERVAL_SECONDS: '1',
      RESOLVE_SCHEDULE_SECONDS: '1',
      RESOLVE_ASKS_MAX: '3',
      PROVIDER_BREAKER_FAILURES: '2',
      PROVIDER_BREAKER_PAUSE_SECONDS: '1',
    });
    try {
      const reference = await shop.order();
      const { providerPaymentId } = await shop.payment(reference);
      shop.standIn.stripe.pay(providerPaymentId); // and its webhook is lost
      await shop.standIn.goAway();
      const failures = () =>
        shop.service
          .logs()
          .split('\n')
          .filter((line) => line.includes('"msg":"resolved"')).length;
      await eventually(() => expect(failures()).toBeGreaterThanOrEqual(5), { timeoutMs: 25_000 });
      await shop.standIn.comeBack();
      await shop.orderIs(reference, 'paid');
    } finally {
      await shop.close();
    }
  });
});
