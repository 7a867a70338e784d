import fc from 'fast-check';
import type { EventFacts } from '../../../src/payments/ring-state.js';
import type { JsonObject } from '../../../src/providers/provider.js';
import { testProviders } from '../translate-events.js';

/*
 * Bodies with few values for each field, so that events repeat and contradict each other, share
 * seconds and payments, name parts before anybody has said whose they are, and belong to one order.
 */

const START_SECONDS = 1_772_359_200;
const PROVIDERS = testProviders();

const amount = fc.constantFrom(1000, 2000, 5000);
const seconds = fc.constantFrom(0, 1, 1, 2).map((one) => START_SECONDS + one);
const currency = fc.constantFrom('usd', 'usd', 'usd', 'usd', 'eur');
const livemode = fc.constantFrom(true, true, true, true, true, false);
const payment = fc.constantFrom('1', '1', '2');
const metadata = fc.constantFrom<JsonObject>(
  { order_id: 'a' },
  { order_id: 'a' },
  { order_id: 'b' },
  {},
);

const intent = fc
  .record({
    type: fc.constantFrom('created', 'processing', 'payment_failed', 'canceled', 'succeeded'),
    payment,
    amount,
    currency,
    metadata,
  })
  .map(({ type, payment: id, amount: minor, ...fields }) =>
    event(`payment_intent.${type}`, {
      id: `pi_${id}`,
      object: 'payment_intent',
      amount: 5000,
      amount_received: type === 'succeeded' ? minor : 0,
      amount_capturable: 0,
      status: INTENT_STATUSES[type],
      latest_charge: `ch_${id}`,
      ...fields,
    }),
  );

const INTENT_STATUSES: Readonly<Record<string, string>> = {
  created: 'requires_payment_method',
  processing: 'processing',
  payment_failed: 'requires_payment_method',
  canceled: 'canceled',
  succeeded: 'succeeded',
};

const charge = fc
  .record({
    type: fc.constantFrom('failed', 'pending', 'succeeded', 'captured', 'refunded', 'expired'),
    payment,
    captured: amount,
    refunded: fc.constantFrom(0, 1000, 5000),
    isHeld: fc.constantFrom(false, false, true),
    currency,
    metadata,
  })
  .map(({ type, payment: id, captured, refunded, isHeld, ...fields }) => {
    const isTaken = ['succeeded', 'captured', 'refunded'].includes(type);
    const isCaptured = isTaken && !(isHeld && type === 'succeeded');
    return event(`charge.${type}`, {
      id: `ch_${id}`,
      object: 'charge',
      created: START_SECONDS,
      payment_intent: `pi_${id}`,
      amount: 5000,
      amount_captured: isCaptured ? captured : 0,
      amount_refunded: type === 'refunded' ? refunded : 0,
      captured: isCaptured,
      paid: isTaken,
      status: type === 'failed' ? 'failed' : type === 'pending' ? 'pending' : 'succeeded',
      ...fields,
    });
  });

const owned = fc
  .record({ payment, isOld: fc.constantFrom(false, false, true) })
  .map(({ payment: id, isOld }): JsonObject => {
    return { charge: `ch_${id}`, ...(isOld ? {} : { payment_intent: `pi_${id}` }) };
  });

const refund = fc
  .record({
    type: fc.constantFrom('created', 'updated', 'failed'),
    id: fc.constantFrom('re_1', 're_2'),
    status: fc.constantFrom('pending', 'succeeded', 'failed', 'canceled'),
    payment,
    amount,
    currency,
  })
  .map(({ type, payment: id, ...fields }) =>
    event(`refund.${type}`, {
      object: 'refund',
      charge: `ch_${id}`,
      payment_intent: `pi_${id}`,
      ...fields,
    }),
  );

const dispute = fc
  .record({
    type: fc.constantFrom('created', 'updated', 'closed'),
    id: fc.constantFrom('dp_1', 'dp_2'),
    status: fc.constantFrom('warning_needs_response', 'needs_response', 'won', 'lost'),
    amount,
    currency,
    owner: owned,
  })
  .map(({ type, owner, ...fields }) =>
    event(`charge.dispute.${type}`, { object: 'dispute', ...owner, ...fields }),
  );

const stripeEvent = fc
  .tuple(fc.oneof(intent, charge, charge, refund, dispute), seconds, livemode)
  .map(([body, created, isLive]) => sent('stripe', { ...body, created, livemode: isLive }));

const paystackEvent = fc
  .record({
    type: fc.constantFrom('charge.success', 'refund.pending', 'refund.processed', 'refund.failed'),
    payment,
    amount,
    metadata,
    currency: fc.constantFrom('NGN', 'NGN', 'USD'),
    refundId: fc.constantFrom(null, null, 8_000_001),
    domain: fc.constantFrom('live', 'live', 'live', 'test'),
  })
  .map(({ type, payment: id, refundId, ...fields }) => {
    const isCharge = type === 'charge.success';
    const common = { ...fields, status: isCharge ? 'success' : type.replace('refund.', '') };
    const data = isCharge
      ? { ...common, id: Number(id), reference: `ref-${id}`, paid_at: '2026-03-01T10:00:01.000Z' }
      : { ...common, id: refundId, transaction_reference: `ref-${id}` };
    return sent('paystack', { event: type, data });
  });

/** A body that a provider might send. */
export interface SentBody {
  readonly provider: 'stripe' | 'paystack';
  readonly body: JsonObject;
}

/** Two to six random bodies, most of them of Stripe. */
export const randomBodies: fc.Arbitrary<readonly SentBody[]> = fc.array(
  fc.oneof({ weight: 5, arbitrary: stripeEvent }, { weight: 2, arbitrary: paystackEvent }),
  { minLength: 2, maxLength: 6, size: 'max' },
);

/** What they tell the service, each with an inbox id of its own. */
export const randomEvents: fc.Arbitrary<readonly EventFacts[]> = randomBodies.map((bodies) =>
  bodies.map(({ provider, body }, index) => {
    const facts = PROVIDERS.get(provider)!.translate(body);
    if (!facts) throw new Error('a random event says nothing of a payment');
    return { inboxId: String(index), command: null, provider, account: 'default', facts };
  }),
);

function event(type: string, object: JsonObject): JsonObject {
  return { id: 'evt_1', object: 'event', type, data: { object } };
}

function sent(provider: SentBody['provider'], body: JsonObject): SentBody {
  return { provider, body };
}
