import { eventually } from './eventually.js';
import { OPERATORS, STAND_IN_KEYS, TEST_TOKENS } from './secrets.js';
import type { CommandAnswer, CommandOptions, Shop } from './shop.js';
import { WebhookClient } from './webhook-client.js';

export { OPERATORS };
export type Operator = keyof typeof OPERATORS;

/** Value for API_TOKENS. */
export const OPERATOR_TOKENS = [
  ...Object.entries(OPERATORS).map(([name, token]) => `${name}:operator:${token}`),
  ...Object.entries(TEST_TOKENS).map(([role, token]) => `${role}-of-tests:${role}:${token}`),
].join(',');

/** An order with payments that can all be paid, although it needs one. */
export interface OverpayableOrder {
  readonly reference: string;
  /** Oldest first. */
  readonly payments: readonly { readonly id: string; readonly providerPaymentId: string }[];
}

type Provider = 'stripe' | 'paystack';

/**
 * A customer who can pay once more at another place: of payments at Stripe, all but the first are
 * started elsewhere. At Paystack a try that failed can still succeed.
 */
export async function overpayableOrder(
  shop: Shop,
  count: number,
  provider: Provider = 'stripe',
): Promise<OverpayableOrder> {
  const reference = await shop.order(5000, provider === 'stripe' ? 'USD' : 'NGN');
  const payments: { id: string; providerPaymentId: string }[] = [];
  for (let made = 0; made < count; made += 1) {
    if (provider === 'stripe' && made > 0) {
      payments.push(await startElsewhere(shop, reference));
      continue;
    }
    const payment = await shop.payment(reference, provider);
    shop.standIn[provider].failAttempt(payment.providerPaymentId);
    await verify(shop, payment.id, 'failed');
    payments.push(payment);
  }
  return { reference, payments };
}

/** A payment of our order that somebody else starts at Stripe, who tells us of it. */
async function startElsewhere(shop: Shop, reference: string) {
  const webhooks = new WebhookClient(shop.service.url);
  const response = await fetch(`${shop.standIn.url}/v1/payment_intents`, {
    method: 'POST',
    headers: { authorization: `Bearer ${STAND_IN_KEYS.dashboard}` },
    body: new URLSearchParams({
      amount: '5000',
      currency: 'usd',
      'metadata[order_id]': reference,
      'automatic_payment_methods[enabled]': 'true',
    }),
  });
  const intent = (await response.json()) as { id: string };
  for (const event of shop.standIn.webhooks.about(intent.id)) await webhooks.expectAccepted(event);
  webhooks.close();
  return eventually(async () => {
    const { payments } = await shop.showOrder(reference);
    const known = payments.find(({ providerPaymentId }) => providerPaymentId === intent.id);
    if (!known) throw new Error(`nobody has heard of ${intent.id}`);
    return { id: known.id, providerPaymentId: intent.id };
  });
}

/** The customer pays one of them, and we hear of it. */
export async function payOne(
  shop: Shop,
  { payments }: OverpayableOrder,
  index: number,
  { amountMinor, provider = 'stripe' }: { amountMinor?: number; provider?: Provider } = {},
): Promise<void> {
  const { id, providerPaymentId } = payments[index]!;
  const amount = amountMinor === undefined ? {} : { amountMinor };
  shop.standIn[provider].pay(providerPaymentId, amount);
  await verify(shop, id, 'paid');
}

/** An order that was paid twice, and its review. */
export async function orderPaidTwice(
  shop: Shop,
  provider: Provider = 'stripe',
  count = 2,
): Promise<OverpayableOrder & { readonly reviewId: string }> {
  const order = await overpayableOrder(shop, count, provider);
  await payOne(shop, order, 0, { provider });
  await payOne(shop, order, 1, { provider });
  const found = await shop.get(`/v1/reviews?order=${order.reference}`);
  const [review] = (found.json as { data: { id: string }[] }).data;
  return { ...order, reviewId: review!.id };
}

async function verify(shop: Shop, paymentId: string, status: string): Promise<void> {
  const answer = await shop.post(`/v1/payments/${paymentId}/verify`, undefined, { key: null });
  if ((answer.json as { status: string }).status !== status)
    throw new Error(`it is not ${status}: ${answer.text}`);
}

/** Decides a review as an operator. */
export function decide(
  shop: Shop,
  reviewId: string,
  operator: Operator,
  body: { resolution: string; amountMinor?: number; paymentId?: string; reason?: string },
  options: CommandOptions = { key: null },
): Promise<CommandAnswer> {
  return shop.post(
    `/v1/reviews/${reviewId}/resolve`,
    { reason: 'as the customer wishes', ...body },
    { token: OPERATORS[operator], ...options },
  );
}
