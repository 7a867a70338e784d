import { readFileSync } from 'node:fs';
import type { OrderRow } from '../../../src/payments/ring-state.js';
import type { JsonObject } from '../../../src/providers/provider.js';
import { findProviderEntry, type ProviderName } from '../../../src/providers/providers.js';
import { MemoryStore } from '../memory-store.js';
import { objectOf, type Payload } from '../story.js';
import { testProviders } from '../translate-events.js';
import { checkStep } from './check-step.js';
import type { Happening, World } from './every-order.js';
import { applyInOneRing, eventHappening, keyOfStore } from './store-world.js';

/** Events that may come in any order, and commands of our own among them. */
export interface EventSet extends World<MemoryStore> {
  readonly name: string;
}

/**
 * Sets of events that repeat, contradict and overtake each other: the samples of the providers, as
 * they are or with something changed, and as the service translates them.
 */
export function eventSets(): EventSet[] {
  return [
    eventSet('a payment with two attempts, refunds, a dispute and a cancellation', [
      stripe('payment_intent.created'),
      stripe('charge.failed'),
      stripe('payment_intent.processing'),
      stripe('charge.succeeded'),
      stripe('payment_intent.succeeded'),
      stripe('refund.created'),
      stripe('charge.refunded'),
      stripe('charge.refund.updated'),
      stripe('refund.failed'),
      stripe('charge.refunded', { but: 'of all', days: 9, object: { amount_refunded: 5000 } }),
      stripe('charge.dispute.created'),
      stripe('charge.dispute.closed'),
      stripe('payment_intent.canceled', { but: 'of this payment', object: INTENT_1001 }),
    ]),
    eventSet('an authorization that is captured in parts, released, moved and contradicted', [
      stripe('charge.succeeded.held'),
      stripe('payment_intent.amount_capturable_updated'),
      stripe('charge.captured', { but: 'of less', days: -1, object: { amount_captured: 4000 } }),
      stripe('charge.captured'),
      stripe('payment_intent.succeeded.partial'),
      stripe('charge.refunded.partial-capture'),
      stripe('charge.expired', { but: 'of this payment', object: CHARGE_1002 }),
      stripe('charge.captured', { but: 'for another order', days: 5, object: order('other') }),
      stripe('charge.captured', { but: 'without an order', days: 7, object: { metadata: {} } }),
      stripe('charge.captured', { but: 'in live mode', days: 8, isLive: true }),
      stripe('charge.captured', { but: 'in euros', days: 6, object: { currency: 'eur' } }),
      stripe('charge.dispute.created', { but: 'of this payment', object: DISPUTED_1002 }),
    ]),
    eventSet('disputes and refunds that name a charge alone', [
      stripe('charge.dispute.created.old'),
      stripe('charge.dispute.created.old', { but: 'as an inquiry', days: -9, object: INQUIRY }),
      stripe('charge.dispute.created.old', { but: 'lost', days: 9, object: { status: 'lost' } }),
      stripe('charge.dispute.created.old', { but: 'told again', days: 12 }),
      stripe('charge.dispute.created.old', { but: 'another one', days: 3, object: { id: 'dp_2' } }),
      stripe('payment_intent.succeeded.old'),
      stripe('payment_intent.canceled', { but: 'of this payment', object: INTENT_2001 }),
      stripe('charge.refunded.old'),
      stripe('refund.updated.without-intent'),
      stripe('refund.updated.without-intent', { but: 'done', days: 9, object: SUCCEEDED }),
      stripe('refund.updated.without-intent', { but: 'failed', days: 10, object: FAILED }),
    ]),
    eventSet('an order that is created, called off, and paid more than once', [
      createOrder({ reference: 'sample-1001', currency: 'USD', amountDueMinor: 5000n }),
      cancelOrder('sample-1001'),
      stripe('payment_intent.succeeded'),
      stripe('charge.refunded', { but: 'of all', days: 9, object: { amount_refunded: 5000 } }),
      stripe('refund.failed', { but: 'of all', days: 99, object: { amount: 5000 } }),
      stripe('checkout.session.completed.unpaid', { but: 'for this order', object: SESSION_1001 }),
      stripe('checkout.session.async_payment_succeeded', {
        but: 'for this order',
        object: SESSION_1001,
      }),
      stripe('charge.succeeded.expanded', {
        but: 'for this order, in live mode',
        object: order('sample-1001'),
        isLive: true,
      }),
      stripe('charge.captured', { but: 'for this order', object: order('sample-1001') }),
      stripe('charge.captured', { but: 'moved elsewhere', days: 9, object: order('other') }),
      paystack('charge.success', { but: 'for this order', object: order('sample-1001') }),
    ]),
    eventSet('refunds with an id and without, and a dispute', [
      paystack('charge.success'),
      paystack('charge.success', { but: 'of more', object: { amount: 600_000 } }),
      paystack('refund.pending'),
      paystack('refund.processed'),
      paystack('refund.processed', { but: 'of 500', object: { amount: '50000' } }),
      paystack('refund.failed'),
      paystack('refund.needs-attention'),
      paystack('refund.processed.with-id'),
      paystack('charge.dispute.create'),
      paystack('charge.dispute.remind'),
      paystack('charge.dispute.resolve'),
      paystack('charge.dispute.resolve', { but: 'lost', object: LOST }),
    ]),
  ];
}

/** What a sample says in place of what it says. */
interface Change {
  /** In a word or two, for its name. */
  readonly but: string;
  /** Fields of the object that it is about. */
  readonly object?: JsonObject;
  /** So much later does it happen. */
  readonly days?: number;
  readonly isLive?: boolean;
}

const order = (reference: string): JsonObject => ({ metadata: { order_id: reference } });
const SESSION_1001 = { ...order('sample-1001'), client_reference_id: 'sample-1001' };
const INTENT_1001 = { id: 'pi_3TgSampleOrder1001', ...order('sample-1001') };
const INTENT_2001 = { id: 'pi_1TgSampleOld2001', latest_charge: 'ch_1TgSampleOld2001' };
const DISPUTED_1002 = { charge: 'ch_3TgSampleOrder1002', payment_intent: 'pi_3TgSampleOrder1002' };
const CHARGE_1002 = {
  ...order('sample-1002'),
  id: 'ch_3TgSampleOrder1002',
  payment_intent: 'pi_3TgSampleOrder1002',
};
const INQUIRY = { status: 'warning_needs_response' };
const SUCCEEDED = { status: 'succeeded' };
const FAILED = { status: 'failed' };
const LOST = { resolution: 'merchant-accepted', updated_at: '2026-02-07T12:00:00.000Z' };

const SECONDS_PER_DAY = 86_400;
const PROVIDERS = testProviders();

function eventSet(name: string, happenings: readonly Happening<MemoryStore>[]): EventSet {
  const start = new MemoryStore();
  const world = { start, keyOf: keyOfStore, check: checkStep, applyTogether: applyInOneRing };
  return { name, happenings, ...world };
}

function stripe(sample: string, change?: Change): Happening<MemoryStore> {
  return sampleEvent('stripe', sample, change);
}

function paystack(sample: string, change?: Change): Happening<MemoryStore> {
  return sampleEvent('paystack', sample, change);
}

/** An event of a sample, as the service understands it. */
function sampleEvent(
  provider: ProviderName,
  sample: string,
  change?: Change,
): Happening<MemoryStore> {
  const name = change ? `${sample} (${change.but})` : sample;
  const folder = findProviderEntry(provider)!.samplesFolder;
  const payload = JSON.parse(readFileSync(new URL(`${sample}.json`, folder), 'utf8')) as Payload;
  Object.assign(objectOf(provider, payload), change?.object);
  if (change?.days !== undefined) payload.created += change.days * SECONDS_PER_DAY;
  if (change?.isLive === true) payload['livemode'] = true;
  const facts = PROVIDERS.get(provider)!.translate(payload);
  if (!facts) throw new Error(`${name} says nothing of a payment`);
  return eventHappening(name, {
    inboxId: name,
    command: null,
    provider,
    account: 'default',
    facts,
  });
}

function createOrder(
  terms: Pick<OrderRow, 'reference' | 'currency' | 'amountDueMinor'>,
): Happening<MemoryStore> {
  return {
    name: `our client creates the order ${terms.reference}`,
    isCommand: true,
    apply: (before) => {
      const store = before.copy();
      store.createOrder(terms);
      return store;
    },
  };
}

/** Refused for an order that nobody has created, and for one that has money. */
function cancelOrder(reference: string): Happening<MemoryStore> {
  return {
    name: `our client calls the order ${reference} off`,
    isCommand: true,
    isPossible: (store) => {
      const row = [...store.orders.values()].find((one) => one.reference === reference);
      return row !== undefined && row.amountDueMinor !== null && row.amountPaidMinor === 0n;
    },
    apply: (before) => {
      const store = before.copy();
      store.cancelOrder(reference);
      return store;
    },
  };
}
