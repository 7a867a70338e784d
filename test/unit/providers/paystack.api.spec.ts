import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createPaystackApi } from '../../../src/providers/paystack/paystack.api.js';
import type { ProviderApi } from '../../../src/providers/provider-api.js';
import type { Fault } from '../../support/stand-in/faults.js';
import { StandIn } from '../../support/stand-in/stand-in.js';
import {
  apiOptions,
  askedAt,
  codeOf,
  hoursAgo,
  paymentStart,
  REFERENCE,
  refundOrder,
  REFUND_REFERENCE,
} from './api-harness.js';

let standIn: StandIn;
let api: ProviderApi;

beforeEach(async () => {
  standIn = await StandIn.start();
  api = createPaystackApi(apiOptions(standIn.url), 'order_id');
});

afterEach(() => standIn.close());

const INITIALIZE = 'POST /transaction/initialize';
const REFUND = 'POST /refund';
const requestsTo = (route: string) => standIn.requests.filter((one) => one.route === route);
const start = (askedAtMs: number | null = null) =>
  api.startPayment(paymentStart({ asked: askedAt(askedAtMs) }));
const startedIds = () => standIn.paystack.paymentIdsOf('order-1');

describe('starting a payment at Paystack', () => {
  it('makes a transaction that names the order and the payment', async () => {
    expect(await start()).toEqual({
      providerPaymentId: REFERENCE,
      clientSecret: null,
      authorizationUrl: expect.stringMatching(/^https:/),
    });
    expect(standIn.requests).toHaveLength(1);
    expect(standIn.requests[0]?.body).toEqual({
      email: 'buyer@example.com',
      amount: '5000',
      currency: 'NGN',
      reference: REFERENCE,
      callback_url: 'https://shop.example/thanks',
      metadata: { order_id: 'order-1', tollgate_payment: REFERENCE },
    });
  });

  it.each<[string, Fault]>([
    ['broke off', { kind: 'reset-after' }],
    ['was a 500', { kind: 'status-after' }],
    ['was garbage', { kind: 'garbage' }],
  ])(
    'makes another transaction when the answer %s, since its address is lost',
    async (_, fault) => {
      standIn.faults.next(INITIALIZE, fault);
      expect(await codeOf(start())).toBe('provider_outcome_unknown');
      const second = await start(Date.now());
      expect(second.providerPaymentId).toBe(`${REFERENCE}-2`);
      expect(second.authorizationUrl).not.toBeNull();
      expect(requestsTo(INITIALIZE).at(-1)?.body['metadata']).toMatchObject({
        tollgate_payment: REFERENCE,
      });
    },
  );

  it('returns the transaction that somebody has used', async () => {
    await start();
    standIn.paystack.pay(REFERENCE);
    expect(await start(Date.now())).toEqual({
      providerPaymentId: REFERENCE,
      clientSecret: null,
      authorizationUrl: null,
    });
    expect(startedIds()).toEqual([REFERENCE]);
  });

  it('does so for a later transaction, too', async () => {
    await start();
    await start(Date.now());
    standIn.paystack.requireAction(`${REFERENCE}-2`);
    expect((await start(Date.now())).providerPaymentId).toBe(`${REFERENCE}-2`);
  });

  it('gives up after five that nobody used', async () => {
    for (let time = 0; time < 5; time += 1) await start(Date.now());
    expect(await codeOf(start(Date.now()))).toBe('provider_refused');
    expect(startedIds()).toHaveLength(5);
  });

  it('is refused when Paystack refuses', async () => {
    expect(await codeOf(api.startPayment(paymentStart({ amountMinor: 0n })))).toBe(
      'provider_refused',
    );
  });

  it('does not know when Paystack has the reference and does not show it', async () => {
    await start();
    standIn.faults.next('GET /transaction/verify/:id', { kind: 'status-before', status: 404 });
    expect(await codeOf(start(Date.now()))).toBe('provider_outcome_unknown');
    expect(startedIds()).toEqual([REFERENCE]);
  });
});

describe('finding a payment at Paystack', () => {
  const find = () => api.findPayment(paymentStart({ asked: askedAt(Date.now()) }));

  it('finds the transaction, without its address', async () => {
    await start();
    expect(await find()).toEqual({
      providerPaymentId: REFERENCE,
      clientSecret: null,
      authorizationUrl: null,
    });
  });

  it('finds the last one when there are several', async () => {
    await start();
    await start(Date.now());
    expect((await find())?.providerPaymentId).toBe(`${REFERENCE}-2`);
  });

  it('finds nothing where nothing was started, and makes nothing', async () => {
    expect(await find()).toBeNull();
    expect(startedIds()).toEqual([]);
  });

  it('does not say that it is not there when Paystack fails', async () => {
    await start();
    standIn.faults.next('*', { kind: 'status-before' });
    expect(await codeOf(find())).toBe('provider_unavailable');
  });
});

describe('refunding a payment at Paystack', () => {
  const refund = (given: Parameters<typeof refundOrder>[1] = {}) =>
    api.refundPayment(refundOrder(REFERENCE, given));

  beforeEach(async () => {
    await start();
    standIn.paystack.pay(REFERENCE);
  });

  it('makes a refund that names ours', async () => {
    const { providerRefundId } = await refund({ reason: 'it was blue' });
    expect(standIn.paystack.refundsOf(REFERENCE)).toMatchObject([{ id: providerRefundId }]);
    expect(requestsTo(REFUND)[0]?.body).toEqual({
      transaction: REFERENCE,
      amount: '2000',
      currency: 'NGN',
      merchant_note: REFUND_REFERENCE,
      customer_note: 'it was blue',
    });
  });

  it('finds the refund again whose answer was lost', async () => {
    standIn.faults.next(REFUND, { kind: 'reset-after' });
    expect(await codeOf(refund())).toBe('provider_outcome_unknown');
    const { providerRefundId } = await refund({ asked: askedAt(Date.now()) });
    expect(standIn.paystack.refundsOf(REFERENCE).map(({ id }) => id)).toEqual([providerRefundId]);
  });

  it('waits for what may still be listed, then asks again', async () => {
    standIn.faults.next(REFUND, { kind: 'reset-before' });
    expect(await codeOf(refund())).toBe('provider_outcome_unknown');
    expect(await codeOf(refund({ asked: askedAt(Date.now()) }))).toBe('provider_outcome_unknown');
    expect(standIn.paystack.refundsOf(REFERENCE)).toEqual([]);
    await refund({ asked: askedAt(hoursAgo(2)) });
    expect(standIn.paystack.refundsOf(REFERENCE)).toHaveLength(1);
  });

  it('does not take the refund of another for it', async () => {
    const first = await refund({ reference: `${REFUND_REFERENCE}-b` });
    const second = await refund({ asked: askedAt(hoursAgo(2)) });
    expect(second.providerRefundId).not.toBe(first.providerRefundId);
  });

  it('is refused for more than there is', async () => {
    expect(await codeOf(refund({ amountMinor: 5001n }))).toBe('provider_refused');
  });

  it('finds it on a later page', async () => {
    const { providerRefundId } = await refund({ amountMinor: 1n });
    for (let number = 0; number < 130; number += 1) {
      await refund({ amountMinor: 1n, reference: `tg-other-${number}` });
    }
    const again = await refund({ amountMinor: 1n, asked: askedAt(Date.now()) });
    expect(again.providerRefundId).toBe(providerRefundId);
    expect(requestsTo('GET /refund').map(({ query }) => query['page'])).toEqual(['1', '2']);
  });
});
