import { foldOrder } from './model/fold-order.js';
import { foldPayment, type PaymentStory } from './model/fold-payment.js';
import { tellingOfPaystack, type PaystackEvent } from './model/paystack.js';
import { tellingOfStripe, type StripeEvent } from './model/stripe.js';
import type { Telling } from './model/telling.js';
import type {
  Expected,
  ExpectedOrder,
  ExpectedPayment,
  ModelEvent,
  ModelOrder,
} from './model/world.js';

export { isLegalOrderMove, isLegalPaymentMove } from './model/moves.js';
export type { Expected, ExpectedOrder, ExpectedPayment, ModelEvent } from './model/world.js';

/**
 * What must stand in the database when exactly these events were recorded and these orders created,
 * in whatever order, however often.
 *
 * Written after the design and the providers' documentation, and independent of the service: it
 * shares no code with it, keeps no registers, and knows no order of arrival, since it sorts what
 * it is given by the provider's clock and tells the story from its beginning.
 */
export function foldWorld(events: readonly ModelEvent[], orders: readonly ModelOrder[]): Expected {
  const stories = new Map<string, PaymentStory>();
  for (const [key, tellings] of byPayment(events)) stories.set(key, foldPayment(tellings));
  const payments = new Map<string, ExpectedPayment>();
  for (const [key, story] of stories) payments.set(key, paymentOf(key, story));
  return { payments, orders: foldOrders([...stories.values()], orders) };
}

function paymentOf(key: string, story: PaymentStory): ExpectedPayment {
  const space = key.indexOf(' ');
  return {
    provider: key.slice(0, space),
    providerPaymentId: key.slice(space + 1),
    orderReference: story.orderReference,
    status: story.status,
    currency: story.currency,
    amountCapturedMinor: story.takenMinor,
    amountRefundedMinor: story.givenBackMinor,
    disputes: story.disputes,
  };
}

/** All that was told of each payment, each event once. */
function byPayment(events: readonly ModelEvent[]): ReadonlyMap<string, readonly Telling[]> {
  const heard = new Map<string, { provider: string; telling: Telling }>();
  for (const event of events) {
    const { id, telling } = read(event);
    if (telling) heard.set(`${event.provider} ${id}`, { provider: event.provider, telling });
  }
  const paymentOfCharge = new Map<string, string>();
  for (const { telling } of heard.values()) {
    if (telling.paymentId && telling.chargeId) {
      paymentOfCharge.set(telling.chargeId, telling.paymentId);
    }
  }
  const payments = new Map<string, Telling[]>();
  for (const { provider, telling } of heard.values()) {
    const id = telling.paymentId ?? paymentOfCharge.get(telling.chargeId ?? '');
    if (id === undefined) continue; // nobody has told yet whose charge that is
    const key = `${provider} ${id}`;
    const tellings = payments.get(key);
    if (tellings) tellings.push(telling);
    else payments.set(key, [telling]);
  }
  return payments;
}

/** An event of Stripe has an id, one of Paystack is known by its bytes. */
function read({ provider, body }: ModelEvent): { id: string; telling: Telling | null } {
  const text = body.toString('utf8');
  if (provider === 'paystack') {
    return { id: text, telling: tellingOfPaystack(JSON.parse(text) as PaystackEvent) };
  }
  const event = JSON.parse(text) as StripeEvent;
  return { id: event.id, telling: tellingOfStripe(event) };
}

function foldOrders(
  payments: readonly PaymentStory[],
  created: readonly ModelOrder[],
): ReadonlyMap<string, ExpectedOrder> {
  const terms = new Map(created.map((order) => [order.reference, order]));
  const payers = new Map<string, PaymentStory[]>(created.map(({ reference }) => [reference, []]));
  for (const payment of payments) {
    const { orderReference } = payment;
    if (orderReference === null) continue;
    const others = payers.get(orderReference);
    if (others) others.push(payment);
    else payers.set(orderReference, [payment]);
  }
  return new Map(
    [...payers].map(([reference, of]) => [
      reference,
      foldOrder(reference, terms.get(reference) ?? null, of),
    ]),
  );
}
