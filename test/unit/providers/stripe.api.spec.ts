import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ProviderApi } from '../../../src/providers/provider-api.js';
import { DEFAULT_ACCOUNT } from '../../../src/providers/provider.js';
import { createStripeApi } from '../../../src/providers/stripe/stripe.api.js';
import type { Fault } from '../../support/stand-in/faults.js';
import { StandIn } from '../../support/stand-in/stand-in.js';
import {
  apiOptions,
  askedAt,
  codeOf,
  failureOf,
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
  api = createStripeApi(apiOptions(standIn.url), 'order_id');
});

afterEach(() => standIn.close());

const POST_INTENT = 'POST /v1/payment_intents';
const POST_REFUND = 'POST /v1/refunds';
const requestsTo = (route: string) => standIn.requests.filter((one) => one.route === route);
const keysAt = (route: string) => requestsTo(route).map(({ idempotencyKey }) => idempotencyKey);
/** Asked for the first time then, and again just now: what is found may be new. */
const since = (firstAtMs: number | null) =>
  firstAtMs === null ? null : { firstAtMs, lastAtMs: Date.now() };
const start = (firstAskedAtMs: number | null = null) =>
  api.startPayment(paymentStart({ asked: since(firstAskedAtMs) }));
const startedIds = () => standIn.stripe.paymentIdsOf('order-1');
/** Of what has been asked for before, so long ago that it should be listed by now. */
const SETTLED = hoursAgo(2);

/** A payment that was paid, and asking for a part of it back. */
async function startPaid() {
  const { providerPaymentId } = await start();
  standIn.stripe.pay(providerPaymentId);
  return {
    id: providerPaymentId,
    refund: (given: Parameters<typeof refundOrder>[1] = {}) =>
      api.refundPayment(refundOrder(providerPaymentId, given)),
  };
}

describe('starting a payment at Stripe', () => {
  it('makes an intent that names the order and the payment', async () => {
    const started = await start();
    expect(started).toEqual({
      providerPaymentId: startedIds()[0],
      clientSecret: expect.stringMatching(/_secret_/),
      authorizationUrl: null,
    });
    expect(standIn.requests).toHaveLength(1);
    expect(standIn.requests[0]).toMatchObject({
      route: POST_INTENT,
      idempotencyKey: 'key-of-the-payment',
      body: {
        amount: '5000',
        currency: 'ngn',
        automatic_payment_methods: { enabled: 'true' },
        metadata: { order_id: 'order-1', tollgate_payment: REFERENCE },
        receipt_email: 'buyer@example.com',
      },
    });
  });

  it('gives no address to send a receipt to when there is none', async () => {
    await api.startPayment(paymentStart({ customer: { email: null } }));
    expect(standIn.requests[0]?.body).not.toHaveProperty('receipt_email');
  });

  it.each<[string, Fault]>([
    ['broke off', { kind: 'reset-after' }],
    ['came from a proxy', { kind: 'status-after', status: 502 }],
    ['was garbage', { kind: 'garbage' }],
  ])('finds the intent again whose answer %s', async (_what, fault) => {
    standIn.faults.next(POST_INTENT, fault);
    expect(await codeOf(start())).toBe('provider_outcome_unknown');
    const { providerPaymentId } = await start(Date.now());
    expect(startedIds()).toEqual([providerPaymentId]);
    expect(keysAt(POST_INTENT)).toEqual(['key-of-the-payment', 'key-of-the-payment']);
  });

  it('looks in the list for what Stripe made while it kept a failure under the key', async () => {
    standIn.faults.next(POST_INTENT, { kind: 'status-after' });
    expect(await codeOf(start())).toBe('provider_outcome_unknown');
    const { providerPaymentId } = await start(Date.now());
    expect(startedIds()).toEqual([providerPaymentId]);
    expect(keysAt(POST_INTENT)).toHaveLength(2);
  });

  it('takes what was cancelled meanwhile for what it is: made', async () => {
    standIn.faults.next(POST_INTENT, { kind: 'status-after' });
    await failureOf(start());
    const [id = ''] = startedIds();
    await api.cancelPayment({ account: DEFAULT_ACCOUNT, providerPaymentId: id });
    expect((await start(SETTLED)).providerPaymentId).toBe(id);
    expect(startedIds()).toEqual([id]);
  });

  it('waits for what may still be listed, then asks under another key', async () => {
    standIn.faults.next(POST_INTENT, { kind: 'status-before' });
    expect(await codeOf(start())).toBe('provider_outcome_unknown');
    expect(await codeOf(start(Date.now()))).toBe('provider_outcome_unknown');
    expect(startedIds()).toEqual([]);
    const { providerPaymentId } = await start(SETTLED);
    expect(startedIds()).toEqual([providerPaymentId]);
    expect(keysAt(POST_INTENT).at(-1)).toBe('key-of-the-payment:2');
    expect((await start(SETTLED)).providerPaymentId).toBe(providerPaymentId);
    expect(startedIds()).toHaveLength(1);
  });

  it('goes on to a third key when Stripe keeps a failure under the second', async () => {
    standIn.faults.next(POST_INTENT, { kind: 'status-before' });
    await failureOf(start());
    standIn.faults.next(POST_INTENT, null);
    standIn.faults.next(POST_INTENT, { kind: 'status-before' });
    expect(await codeOf(start(SETTLED))).toBe('provider_outcome_unknown');
    await start(hoursAgo(5));
    expect(keysAt(POST_INTENT).slice(-3)).toEqual([
      'key-of-the-payment',
      'key-of-the-payment:2',
      'key-of-the-payment:3',
    ]);
    expect(startedIds()).toHaveLength(1);
  });

  it('looks before it asks when Stripe may have forgotten the key', async () => {
    const { providerPaymentId } = await start();
    standIn.idempotencyKeys.forget();
    expect((await start(hoursAgo(24))).providerPaymentId).toBe(providerPaymentId);
    expect(startedIds()).toEqual([providerPaymentId]);
    expect(requestsTo(POST_INTENT)).toHaveLength(1);
  });

  it('asks under another key for what it does not find after a day', async () => {
    await start(hoursAgo(24));
    expect(keysAt(POST_INTENT)).toEqual(['key-of-the-payment:2']);
  });

  it('looks through more than one page', async () => {
    await start();
    for (let number = 0; number < 250; number += 1) {
      const idempotencyKey = `other-${number}`;
      await api.startPayment(paymentStart({ reference: idempotencyKey, idempotencyKey }));
    }
    const before = standIn.requests.length;
    const found = await api.findPayment(paymentStart({ asked: askedAt(Date.now()) }));
    expect(found?.providerPaymentId).toBe(startedIds()[0]);
    const pages = standIn.requests.slice(before).map(({ query }) => query);
    expect(pages).toHaveLength(3);
    expect(pages.map((query) => query['limit'])).toEqual(['100', '100', '100']);
    expect(new Set(pages.map((query) => query['starting_after'])).size).toBe(3);
  });
});

describe('finding a payment at Stripe', () => {
  const find = (askedAtMs: number | null) =>
    api.findPayment(paymentStart({ asked: askedAt(askedAtMs) }));

  it('finds what was started, with what is needed to pay it', async () => {
    const started = await start();
    expect(await find(Date.now())).toEqual(started);
  });

  it('finds nothing where nothing was started, and makes nothing', async () => {
    expect(await find(Date.now())).toBeNull();
    expect(startedIds()).toEqual([]);
  });

  it('does not take the payment of another for it', async () => {
    await api.startPayment(paymentStart({ reference: `${REFERENCE}-2`, idempotencyKey: 'b' }));
    expect(await find(Date.now())).toBeNull();
  });
});

describe('cancelling a payment at Stripe', () => {
  const cancel = (providerPaymentId: string) =>
    api.cancelPayment({ account: DEFAULT_ACCOUNT, providerPaymentId });

  it('makes it impossible to pay, as often as it is asked', async () => {
    const { providerPaymentId } = await start();
    await cancel(providerPaymentId);
    await cancel(providerPaymentId);
    expect(() => standIn.stripe.pay(providerPaymentId)).toThrow('canceled');
  });

  it('leaves a payment alone that has been paid', async () => {
    const { id } = await startPaid();
    await expect(cancel(id)).resolves.toBeUndefined();
    expect(standIn.stripe.moneyOf(id)).toMatchObject({ takenMinor: 5000, returnedMinor: 0 });
  });

  it('does not ask for a charge without an intent, which cannot be cancelled', async () => {
    await cancel('ch_1');
    expect(standIn.requests).toEqual([]);
  });

  it('is refused for a payment that Stripe does not know', async () => {
    expect(await codeOf(cancel('pi_unknown'))).toBe('provider_refused');
  });
});

describe('refunding a payment at Stripe', () => {
  it('makes a refund that names ours', async () => {
    const { id, refund } = await startPaid();
    const { providerRefundId } = await refund();
    expect(standIn.stripe.refundsOf(id)).toMatchObject([{ id: providerRefundId }]);
    expect(requestsTo(POST_REFUND)).toMatchObject([
      {
        idempotencyKey: 'key-of-the-refund',
        body: {
          payment_intent: id,
          amount: '2000',
          metadata: { tollgate_refund: REFUND_REFERENCE },
        },
      },
    ]);
  });

  it.each([
    ['a reason of Stripe', 'duplicate', 'duplicate', undefined],
    ['another reason', 'it was blue', undefined, 'it was blue'],
    ['no reason', null, undefined, undefined],
  ])('passes on %s', async (_what, reason, expected, inMetadata) => {
    const { refund } = await startPaid();
    await refund({ reason });
    const [request] = requestsTo(POST_REFUND);
    expect(request?.body['reason']).toBe(expected);
    expect(request?.body['metadata']).toEqual({
      tollgate_refund: REFUND_REFERENCE,
      ...(inMetadata === undefined ? {} : { reason: inMetadata }),
    });
  });

  it('finds the refund again whose answer was lost', async () => {
    const { id, refund } = await startPaid();
    standIn.faults.next(POST_REFUND, { kind: 'reset-after' });
    expect(await codeOf(refund())).toBe('provider_outcome_unknown');
    const { providerRefundId } = await refund({ asked: askedAt(Date.now()) });
    expect(standIn.stripe.refundsOf(id).map((one) => one.id)).toEqual([providerRefundId]);
  });

  it('looks in the list for what Stripe made while it kept a failure under the key', async () => {
    const { id, refund } = await startPaid();
    standIn.faults.next(POST_REFUND, { kind: 'status-after' });
    expect(await codeOf(refund())).toBe('provider_outcome_unknown');
    const { providerRefundId } = await refund({ asked: askedAt(Date.now()) });
    expect(standIn.stripe.refundsOf(id).map((one) => one.id)).toEqual([providerRefundId]);
  });

  it('asks under another key when nothing was made', async () => {
    const { id, refund } = await startPaid();
    standIn.faults.next(POST_REFUND, { kind: 'status-before' });
    await failureOf(refund());
    expect(await codeOf(refund({ asked: askedAt(Date.now()) }))).toBe('provider_outcome_unknown');
    await refund({ asked: askedAt(SETTLED) });
    expect(standIn.stripe.refundsOf(id)).toHaveLength(1);
    expect(keysAt(POST_REFUND).at(-1)).toBe('key-of-the-refund:2');
  });

  it('is refused for more than there is', async () => {
    const { refund } = await startPaid();
    expect(await codeOf(refund({ amountMinor: 5001n }))).toBe('provider_refused');
  });

  it('names the charge of a payment that has no intent', async () => {
    await failureOf(api.refundPayment(refundOrder('py_1')));
    expect(requestsTo(POST_REFUND)[0]?.body).toMatchObject({ charge: 'py_1' });
  });
});
