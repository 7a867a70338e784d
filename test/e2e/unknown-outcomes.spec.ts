import { randomUUID } from 'node:crypto';
import { REFUND_HINT_PREFIX } from '../../src/payments/payment-fact.js';
import { eventually } from '../support/eventually.js';
import { finished, findRows, logLines } from '../support/observe.js';
import { paymentOf, Shop, type CommandAnswer, type ShownPayment } from '../support/shop.js';
import type { Fault } from '../support/stand-in/faults.js';
import { asThinEvent } from '../support/stand-in/stripe.events.js';
import type { StandInEvent } from '../support/stand-in/stand-in.webhooks.js';
import { WebhookClient } from '../support/webhook-client.js';

const PROVIDERS = ['stripe', 'paystack'] as const;
type Provider = (typeof PROVIDERS)[number];

const CURRENCIES = { stripe: 'USD', paystack: 'NGN' } as const;
const START = {
  stripe: 'POST /v1/payment_intents',
  paystack: 'POST /transaction/initialize',
} as const;
const REFUND = { stripe: 'POST /v1/refunds', paystack: 'POST /refund' } as const;
/** By our metadata in the list, or by our reference. */
const LOOK_FOR = {
  stripe: 'GET /v1/payment_intents',
  paystack: 'GET /transaction/verify/:id',
} as const;
const DUE_MINOR = 5000;
const REFUNDED_MINOR = 2000;

const PATIENCE = { timeoutMs: 30_000 };
/** Until a request of ours to a provider has taken too long. */
const TIMEOUT_MS = 1500;

/** Nothing happens here by itself: only what a client sends. */
const ALONE = {
  COMPLETE_INTERVAL_SECONDS: '3600',
  RESOLVE_INTERVAL_SECONDS: '3600',
  PROVIDER_TIMEOUT_MS: String(TIMEOUT_MS),
  PROVIDER_SETTLE_SECONDS: '3', // longer than anything here takes to act
  PROVIDER_BREAKER_FAILURES: '1000',
};
/** Here providers are asked about payments that do not move, and soon. */
const RESOLVING = {
  ...ALONE,
  RESOLVE_INTERVAL_SECONDS: '1',
  RESOLVE_SCHEDULE_SECONDS: '1',
  RESOLVE_ASKS_MAX: '1000',
};

/** The provider may have acted: nobody knows. */
const UNKNOWN: readonly (readonly [string, Fault])[] = [
  ['never answers, and has not acted', { kind: 'timeout-before' }],
  ['never answers, and has acted', { kind: 'timeout-after' }],
  ['is slower than we wait', { kind: 'slow', delayMs: TIMEOUT_MS + 500 }],
  ['resets the connection before it acts', { kind: 'reset-before' }],
  ['resets the connection after it acted', { kind: 'reset-after' }],
  ['fails before it acts, and keeps saying so', { kind: 'status-before', status: 500 }],
  ['fails after it acted, and keeps saying so', { kind: 'status-after', status: 500 }],
  ['fails after it acted, and forgets it', { kind: 'status-after', status: 500, kept: 'nowhere' }],
  ['acted, behind a proxy that fails', { kind: 'status-after', status: 503 }],
  ['has not acted, behind a proxy that fails', { kind: 'status-before', status: 503 }],
  ['acted, and answers with something else', { kind: 'garbage' }],
];

let shop: Shop;
let provider: Provider;
const world = () => shop.standIn[provider];

function newOrder(): Promise<string> {
  return shop.order(DUE_MINOR, CURRENCIES[provider]);
}

function start(reference: string, key: string): Promise<CommandAnswer> {
  return shop.post(`/v1/orders/${reference}/payments`, paymentOf(provider), { key });
}

async function startWith(
  fault: Fault,
): Promise<{ reference: string; key: string; answer: CommandAnswer }> {
  const reference = await newOrder();
  const key = randomUUID();
  shop.standIn.faults.next(START[provider], fault);
  return { reference, key, answer: await start(reference, key) };
}

/** The one payment of an order, as it is shown. */
async function paymentIn(reference: string): Promise<ShownPayment> {
  const { payments } = await shop.showOrder(reference);
  expect(payments).toHaveLength(1);
  return payments[0]!;
}

async function paidPayment(): Promise<{
  reference: string;
  id: string;
  providerPaymentId: string;
}> {
  const reference = await newOrder();
  const started = await shop.payment(reference, provider);
  await payAndVerify(started);
  return { reference, ...started };
}

async function payAndVerify({
  id,
  providerPaymentId,
}: Pick<ShownPayment, 'id' | 'providerPaymentId'>): Promise<void> {
  world().pay(providerPaymentId!);
  expect(await verify(id)).toMatchObject({ status: 200, json: { status: 'paid' } });
}

function verify(paymentId: string): Promise<CommandAnswer> {
  return shop.post(`/v1/payments/${paymentId}/verify`, undefined, { key: null });
}

function refund(
  paymentId: string,
  { key = randomUUID(), amountMinor = REFUNDED_MINOR }: { key?: string; amountMinor?: number } = {},
): Promise<CommandAnswer> {
  return shop.post(`/v1/payments/${paymentId}/refunds`, { amountMinor }, { key });
}

/** What is answered in the end to a request that is sent again and again. */
function untilAccepted(send: () => Promise<CommandAnswer>): Promise<ShownPayment> {
  return eventually(async () => {
    const answer = await send();
    expect(answer).toMatchObject({ status: 201 });
    return answer.json as ShownPayment;
  }, PATIENCE);
}

/** However often it was asked for: one payment can be paid, and only one ever could. */
function expectOneAtProvider(
  reference: string,
  { providerPaymentId, ...started }: ShownPayment,
): void {
  const ids = world().paymentIdsOf(reference);
  expect(ids.at(-1)).toBe(providerPaymentId);
  if (provider === 'stripe') {
    expect(ids).toHaveLength(1);
    expect(started.clientSecret).toContain(providerPaymentId);
    return;
  }
  // Paystack tells an address once: a transaction whose address was lost stays unused for ever.
  expect(ids.length).toBeLessThanOrEqual(2);
  const made = shop.standIn.paystack.transactions.filter((one) => ids.includes(one.reference));
  expect(started.authorizationUrl).toContain(String(made.at(-1)!.id));
}

/** The same answer of a client that is in the dark, which never hears `failed`. */
const IN_THE_DARK = { status: 'pending', unknownOutcome: true };

describe.each(PROVIDERS)('a client that uses %s', (name) => {
  beforeAll(async () => {
    provider = name;
    shop = await Shop.open(ALONE);
  });
  beforeEach(() => shop.standIn.reset());
  afterAll(() => shop.close());

  describe('whose start of a payment the provider does not answer as it should', () => {
    it.each(UNKNOWN)(
      'is told that nobody knows, and the same key finds out, when it %s',
      async (_title, fault) => {
        const { reference, key, answer } = await startWith(fault);
        expect(answer).toMatchObject({
          status: 504,
          json: {
            code: 'provider_outcome_unknown',
            payment: { ...IN_THE_DARK, providerPaymentId: null },
          },
        });
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
        const asked = shop.standIn.requests.length;
        const lost = await paymentIn(reference);
        expect(lost).toMatchObject(IN_THE_DARK);
        expect(await shop.showPayment(lost.id)).toMatchObject(IN_THE_DARK);
        expect(shop.standIn.requests).toHaveLength(asked);

        const another = await start(reference, randomUUID());
        expect(another).toMatchObject({ status: 409, json: { code: 'payment_in_progress' } });
        const found = await untilAccepted(() => start(reference, key));
        expect(found).toMatchObject({ id: lost.id, status: 'pending', unknownOutcome: false });
        expectOneAtProvider(reference, found);
        await payAndVerify(found);
        await expectPaidOnce(reference);
      },
    );

    it('is told to come back when the provider asks for fewer requests', async () => {
      const { reference, key, answer } = await startWith({ kind: 'status-before', status: 429 });
      expectComeBack(answer);
      expect(await paymentIn(reference)).toMatchObject({
        status: 'pending',
        unknownOutcome: false,
      });
      expectOneAtProvider(reference, await untilAccepted(() => start(reference, key)));
    });

    it('is told to come back when the provider cannot be reached', async () => {
      const reference = await newOrder();
      const key = randomUUID();
      await shop.standIn.goAway();
      expectComeBack(await start(reference, key));
      expect(await paymentIn(reference)).toMatchObject({
        status: 'pending',
        unknownOutcome: false,
      });
      await shop.standIn.comeBack();
      expectOneAtProvider(reference, await untilAccepted(() => start(reference, key)));
    });

    it('waits for one that is slow', async () => {
      const { reference, answer } = await startWith({ kind: 'slow', delayMs: 300 });
      expect(answer.status).toBe(201);
      expectOneAtProvider(reference, answer.json as ShownPayment);
    });

    it('finds the payment by asking to verify it', async () => {
      const { reference, key } = await startWith({ kind: 'reset-after' });
      const { id } = await paymentIn(reference);
      const [providerPaymentId] = world().paymentIdsOf(reference);
      const asked = shop.standIn.requests.length;
      expect(await verify(id)).toMatchObject({
        status: 200,
        json: { id, status: 'pending', unknownOutcome: false, providerPaymentId },
      });
      const routes = shop.standIn.requests.slice(asked).map(({ route }) => route);
      expect(routes).toContain(LOOK_FOR[provider]);
      expect(routes.filter((route) => route?.startsWith('POST'))).toEqual([]);
      const found = await untilAccepted(() => start(reference, key));
      expectOneAtProvider(reference, found);
      await payAndVerify(found);
      await expectPaidOnce(reference);
    });

    it('hears the same as before when the payment is not there', async () => {
      const { reference, key } = await startWith({ kind: 'reset-before' });
      const { id } = await paymentIn(reference);
      const answer = await verify(id);
      expect(answer).toMatchObject({
        status: 200,
        json: { ...IN_THE_DARK, providerPaymentId: null },
      });
      expectOneAtProvider(reference, await untilAccepted(() => start(reference, key)));
    });
  });

  describe('whose refund the provider does not answer as it should', () => {
    it.each(UNKNOWN)(
      'is told that nobody knows, and the same key finds out, when it %s',
      async (_title, fault) => {
        const { reference, id, providerPaymentId } = await paidPayment();
        const key = randomUUID();
        shop.standIn.faults.next(REFUND[provider], fault);
        const answer = await refund(id, { key });
        expect(answer).toMatchObject({
          status: 504,
          json: { code: 'provider_outcome_unknown', refund: IN_THE_DARK },
        });
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
        const asked = shop.standIn.requests.length;
        expect((await shop.showPayment(id)).refunds).toMatchObject([IN_THE_DARK]);
        expect(shop.standIn.requests).toHaveLength(asked);

        // What may be on its way cannot be given back a second time.
        const tooMuch = await refund(id, { amountMinor: DUE_MINOR - REFUNDED_MINOR + 1 });
        expect(tooMuch).toMatchObject({ status: 422, json: { code: 'refund_exceeds_captured' } });
        const found = await untilAccepted(() => refund(id, { key }));
        expect(found).toMatchObject({ unknownOutcome: false, amountMinor: REFUNDED_MINOR });
        await expectRefundedOnce(reference, id, providerPaymentId);
      },
    );

    it('is told to come back when the provider asks for fewer requests', async () => {
      const { reference, id, providerPaymentId } = await paidPayment();
      const key = randomUUID();
      shop.standIn.faults.next(REFUND[provider], { kind: 'status-before', status: 429 });
      expectComeBack(await refund(id, { key }));
      await untilAccepted(() => refund(id, { key }));
      await expectRefundedOnce(reference, id, providerPaymentId);
    });

    it('is told to come back when the provider cannot be reached', async () => {
      const { reference, id, providerPaymentId } = await paidPayment();
      const key = randomUUID();
      await whileAway(async () => expectComeBack(await refund(id, { key })));
      await untilAccepted(() => refund(id, { key }));
      await expectRefundedOnce(reference, id, providerPaymentId);
    });

    it('finds the refund by asking to verify the payment', async () => {
      const { reference, id, providerPaymentId } = await paidPayment();
      const key = randomUUID();
      shop.standIn.faults.next(REFUND[provider], { kind: 'reset-after' });
      expect(await refund(id, { key })).toMatchObject({ status: 504 });
      await verify(id);
      await expectRefundedOnce(reference, id, providerPaymentId);
      expect(await untilAccepted(() => refund(id, { key }))).toMatchObject({
        unknownOutcome: false,
      });
      await expectRefundedOnce(reference, id, providerPaymentId);
    });
  });

  it('never makes us ask a provider by looking', async () => {
    const { reference, id } = await paidPayment();
    const asked = shop.standIn.requests.length;
    await shop.get('/v1/orders');
    await shop.get(`/v1/orders/${reference}`);
    await shop.get('/v1/payments');
    await shop.get(`/v1/payments/${id}`);
    expect(shop.standIn.requests).toHaveLength(asked);
  });
});

describe.each(PROVIDERS)('the resolver, of payments at %s', (name) => {
  beforeAll(async () => {
    provider = name;
    shop = await Shop.open(RESOLVING);
  });
  beforeEach(() => shop.standIn.reset());
  afterAll(() => shop.close());

  it.each([['the key waits'], ['the key is forgotten']])(
    'finds one whose answer was lost, while %s',
    async (title) => {
      const { reference, key } = await startWith({ kind: 'reset-after' });
      const isForgotten = title === 'the key is forgotten';
      if (isForgotten) await forget(key);
      const [providerPaymentId] = world().paymentIdsOf(reference);
      await eventually(async () => {
        const found = { status: 'pending', unknownOutcome: false, providerPaymentId };
        expect(await paymentIn(reference)).toMatchObject(found);
      }, PATIENCE);
      if (!isForgotten) {
        expectOneAtProvider(reference, await untilAccepted(() => start(reference, key)));
      }
      world().pay(world().paymentIdsOf(reference).at(-1)!);
      await eventually(() => expectPaidOnce(reference), PATIENCE);
    },
  );

  it('leaves one open that is not there, until its key finds out', async () => {
    const { reference, key } = await startWith({ kind: 'reset-before' });
    await untilAskedOften(reference);
    expect(await paymentIn(reference)).toMatchObject(IN_THE_DARK);
    expectOneAtProvider(reference, await untilAccepted(() => start(reference, key)));
  });

  it('gives one up that is not there when nobody can send it any more', async () => {
    const { reference, key } = await startWith({ kind: 'reset-before' });
    await forget(key);
    await age('payments', (await paymentIn(reference)).id);
    await eventually(async () => {
      expect(await paymentIn(reference)).toMatchObject({
        status: 'failed',
        unknownOutcome: false,
      });
    }, PATIENCE);
    const { providerPaymentId } = await shop.payment(reference, provider);
    world().pay(providerPaymentId);
    await shop.orderIs(reference, 'paid');
  });

  it('finds out that one was paid whose webhooks are all lost', async () => {
    const reference = await newOrder();
    const { providerPaymentId } = await shop.payment(reference, provider);
    await untilAskedOften(reference);
    world().pay(providerPaymentId);
    await eventually(() => expectPaidOnce(reference), PATIENCE);
  });

  it.each([['the key waits'], ['the key is forgotten']])(
    'finds a refund whose answer was lost and counts it once, while %s',
    async (title) => {
      const { reference, id, providerPaymentId } = await paidPayment();
      const key = randomUUID();
      shop.standIn.faults.next(REFUND[provider], { kind: 'reset-after' });
      expect(await refund(id, { key })).toMatchObject({ status: 504 });
      const isForgotten = title === 'the key is forgotten';
      if (isForgotten) await forget(key);
      await eventually(() => expectRefundedOnce(reference, id, providerPaymentId), PATIENCE);
      if (!isForgotten) await untilAccepted(() => refund(id, { key }));
      shop.tellWebhooks('after-answer');
      await shop.standIn.webhooks.redeliver();
      await expectRefundedOnce(reference, id, providerPaymentId);
    },
  );

  it('finds a refund that the provider makes long after it was first asked about', async () => {
    const { reference, id, providerPaymentId } = await paidPayment();
    const key = randomUUID();
    const gate = shop.standIn.faults.gate(REFUND[provider], 'before');
    expect(await refund(id, { key })).toMatchObject({ status: 504 });
    await forget(key);
    await untilAskedOften(reference);
    gate.release();
    await eventually(() => expectRefundedOnce(reference, id, providerPaymentId), PATIENCE);
  });

  it('gives a refund up that is not there when nobody can send it any more', async () => {
    const { reference, id, providerPaymentId } = await paidPayment();
    const key = randomUUID();
    shop.standIn.faults.next(REFUND[provider], { kind: 'reset-before' });
    expect(await refund(id, { key })).toMatchObject({ status: 504 });
    await forget(key);
    await untilAskedOften(reference);
    const [lost] = (await shop.showPayment(id)).refunds!;
    expect(lost).toMatchObject(IN_THE_DARK);
    await age('refunds', lost!.id);
    await eventually(async () => {
      const { refunds } = await shop.showPayment(id);
      expect(refunds).toMatchObject([{ status: 'failed', unknownOutcome: false }]);
    }, PATIENCE);
    expect(await refund(id, { amountMinor: DUE_MINOR })).toMatchObject({ status: 201 });
    expect(world().refundsOf(providerPaymentId)).toHaveLength(1);
  });

  it('goes on after the provider was away', async () => {
    const reference = await newOrder();
    const { providerPaymentId } = await shop.payment(reference, provider);
    world().pay(providerPaymentId);
    await whileAway(() => untilAskedOften(reference));
    await eventually(() => expectPaidOnce(reference), PATIENCE);
  });
});

describe('thin events of Stripe', () => {
  let client: WebhookClient;

  beforeAll(async () => {
    provider = 'stripe';
    shop = await Shop.open(ALONE);
    client = new WebhookClient(shop.service.url);
  });
  beforeEach(() => shop.standIn.reset());
  afterAll(async () => {
    client.close();
    await shop.close();
  });

  /** A payment that was paid, told by an event that only names it. */
  async function paidThinly(): Promise<{ reference: string; event: StandInEvent }> {
    const reference = await newOrder();
    const { providerPaymentId } = await shop.payment(reference);
    const told = world().pay(providerPaymentId);
    return { reference, event: asThinEvent(told.at(-1)!) };
  }

  it('are fetched and applied', async () => {
    const { reference, event } = await paidThinly();
    await client.expectAccepted(event);
    await eventually(() => expectPaidOnce(reference), PATIENCE);
    const { id } = await paymentIn(reference);
    expect(await finished(shop.database, event)).toMatchObject({
      status: 'applied',
      payment_id: id,
    });
  });

  it('of a charge are fetched and applied to its payment', async () => {
    const reference = await newOrder();
    const { providerPaymentId } = await shop.payment(reference);
    const [charged] = world().pay(providerPaymentId);
    await client.expectAccepted(asThinEvent(charged!));
    await eventually(() => expectPaidOnce(reference), PATIENCE);
  });

  it('wait for a provider that is away', async () => {
    const { reference, event } = await paidThinly();
    await whileAway(async () => {
      await client.expectAccepted(event);
      await eventually(async () => {
        const [row] = await findRows(shop.database, [event]);
        expect(row?.attempt_errors[0]).toMatchObject({ code: 'provider_unavailable' });
      }, PATIENCE);
    });
    await eventually(() => expectPaidOnce(reference), PATIENCE);
    expect(await finished(shop.database, event)).toMatchObject({ status: 'applied' });
  });

  it('are dead letters where no API key is', async () => {
    const { reference, event } = await paidThinly();
    const keyless = await shop.startAnother({ STRIPE_API_KEY: undefined });
    await shop.kill();
    const another = new WebhookClient(keyless.url);
    await another.expectAccepted(event);
    const dead = { status: 'dead', outcome_reason: 'needs_provider_api' };
    expect(await finished(shop.database, event)).toMatchObject(dead);
    another.close();
    await keyless.kill();
    await shop.start();
    expect(await paymentIn(reference)).toMatchObject({ status: 'pending' });
  });
});

describe('refunds at Paystack that no webhook tells apart', () => {
  beforeAll(async () => {
    provider = 'paystack';
    shop = await Shop.open(RESOLVING);
  });
  beforeEach(() => shop.standIn.reset());
  afterAll(() => shop.close());

  /** Somebody refunds at the dashboard. */
  async function refundElsewhere(reference: string): Promise<void> {
    const response = await fetch(`${shop.standIn.url}/refund`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_of_the_dashboard', 'content-type': 'application/json' },
      body: JSON.stringify({ transaction: reference, amount: REFUNDED_MINOR }),
    });
    expect(response.status).toBe(200);
  }

  async function expectBothRecorded(id: string, providerPaymentId: string): Promise<void> {
    const rows = await shop.database.query<{ fact_key: string }>(
      `select fact_key from payment_facts
        where payment_id = $1 and kind = 'refund' and not starts_with(fact_key, $2)`,
      [id, REFUND_HINT_PREFIX],
    );
    const made = world()
      .refundsOf(providerPaymentId)
      .map((one) => one.id);
    expect(made).toHaveLength(2);
    expect(rows.map((row) => row.fact_key).sort()).toEqual(made.sort());
    const amountRefundedMinor = 2 * REFUNDED_MINOR;
    expect(await shop.showPayment(id)).toMatchObject({
      status: 'partially_refunded',
      amountRefundedMinor,
      reviews: [],
    });
  }

  it('are recorded by their ids', async () => {
    const { id, providerPaymentId } = await paidPayment();
    shop.tellWebhooks('after-answer');
    await refundElsewhere(providerPaymentId);
    await refundElsewhere(providerPaymentId);
    const told = shop.standIn.webhooks.events.filter(({ type }) => type === 'refund.pending');
    expect(told.map(({ eventId }) => eventId)).toEqual([told[0]!.eventId, told[0]!.eventId]);
    await eventually(() => expectBothRecorded(id, providerPaymentId), PATIENCE);
    for (const { id: refundId } of world().refundsOf(providerPaymentId)) {
      world().settleRefund(refundId, 'succeeded');
    }
    await shop.standIn.webhooks.delivered();
    await expectBothRecorded(id, providerPaymentId);
  });

  it('are recorded when the second is told while the provider is asked because of the first', async () => {
    const { id, providerPaymentId } = await paidPayment();
    shop.tellWebhooks('after-answer');
    const gate = shop.standIn.faults.gate('GET /refund', 'after');
    await refundElsewhere(providerPaymentId);
    await gate.reached;
    await refundElsewhere(providerPaymentId);
    const [, second] = world().refundsOf(providerPaymentId);
    world().settleRefund(second!.id, 'succeeded');
    await shop.standIn.webhooks.delivered();
    await finished(shop.database, shop.standIn.webhooks.events.at(-1)!);
    gate.release();
    await eventually(() => expectBothRecorded(id, providerPaymentId), PATIENCE);
  });
});

describe('a provider that fails again and again', () => {
  const FAILURES = 3;

  beforeAll(async () => {
    provider = 'stripe';
    shop = await Shop.open({
      ...ALONE,
      PROVIDER_BREAKER_FAILURES: String(FAILURES),
      PROVIDER_BREAKER_PAUSE_SECONDS: '3',
    });
  });
  afterAll(() => shop.close());

  it('is left alone for a while, and asked again after that', async () => {
    const references = await Promise.all([newOrder(), newOrder(), newOrder(), newOrder()]);
    const key = randomUUID();
    shop.standIn.faults.next(START.stripe, { kind: 'reset-before' }, FAILURES);
    for (const reference of references.slice(0, FAILURES)) {
      expect(await start(reference, randomUUID())).toMatchObject({ status: 504 });
    }
    const last = references[FAILURES];
    expectComeBack(await start(last, key));
    expect(shop.standIn.requests).toHaveLength(FAILURES);
    expect(await paymentIn(last)).toMatchObject({ status: 'pending', unknownOutcome: false });
    // The other provider is none the worse for it.
    const reference = await shop.order(DUE_MINOR, CURRENCIES.paystack);
    await shop.payment(reference, 'paystack');

    const found = await untilAccepted(() => start(last, key));
    expectOneAtProvider(last, found);
  });
});

function expectComeBack(answer: CommandAnswer): void {
  expect(answer).toMatchObject({ status: 503, json: { code: 'provider_unavailable' } });
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
}

/** The order is paid, by one payment and once. */
async function expectPaidOnce(reference: string): Promise<void> {
  expect(await paymentIn(reference)).toMatchObject({ status: 'paid', unknownOutcome: false });
  expect(await shop.showOrder(reference)).toMatchObject({
    status: 'paid',
    amountPaidMinor: DUE_MINOR,
    reviews: [],
  });
  const once = { charges: 1, takenMinor: DUE_MINOR, returnedMinor: 0 };
  expect(shop.standIn.moneyOfOrder(reference)).toEqual(once);
}

/** One refund there, one here, and its amount counted once. */
async function expectRefundedOnce(
  reference: string,
  id: string,
  providerPaymentId: string,
): Promise<void> {
  const made = world().refundsOf(providerPaymentId);
  expect(made).toHaveLength(1);
  const payment = await shop.showPayment(id);
  expect(payment.refunds).toMatchObject([
    { providerRefundId: made[0]!.id, unknownOutcome: false, amountMinor: REFUNDED_MINOR },
  ]);
  expect(payment).toMatchObject({ amountRefundedMinor: REFUNDED_MINOR });
  expect(await shop.showOrder(reference)).toMatchObject({
    status: 'partially_refunded',
    amountRefundedMinor: REFUNDED_MINOR,
    reviews: [],
  });
}

/** As after three days: nobody sends the request again, and nobody finishes it. */
async function forget(key: string): Promise<void> {
  await shop.database.query('delete from idempotency_keys where key = $1', [key]);
}

/** As if it had been written before anything that is remembered. */
async function age(table: 'payments' | 'refunds', id: string): Promise<void> {
  await shop.database.query(
    `update ${table} set created_at = created_at - interval '30 days' where id = $1`,
    [id],
  );
}

/** The resolver has asked, has not learned enough, and has asked again. */
async function untilAskedOften(reference: string): Promise<void> {
  const { id } = await paymentIn(reference);
  await eventually(() => {
    const lines = logLines(shop.service.logs());
    const asked = lines.filter(({ msg, paymentId }) => msg === 'resolved' && paymentId === id);
    expect(asked.length).toBeGreaterThanOrEqual(2);
  }, PATIENCE);
}

/** The provider cannot be reached meanwhile. */
async function whileAway(work: () => Promise<void>): Promise<void> {
  await shop.standIn.goAway();
  try {
    await work();
  } finally {
    await shop.standIn.comeBack();
  }
}
