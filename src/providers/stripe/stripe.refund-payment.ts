import type Stripe from 'stripe';
import { REFUND_REFERENCE_KEY } from '../own-reference.js';
import type { RefundedPayment, RefundOrder } from '../provider-api.js';
import type { Access } from '../provider-errors.js';
import type { StripeClient } from './stripe.client.js';
import { makeOnce } from './stripe.once.js';
import { readPages } from './stripe.pages.js';

/** More refunds than a payment has. */
const PAGES_MAX = 10;

/** What Stripe takes as a reason; every other one goes into the metadata. */
const REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;

/**
 * Refunds a part of a payment, or all of it, once for each idempotency key.
 * @param settleMs how long a refund may take to be listed
 * @throws as {@link ProviderApi} says
 * @see https://docs.stripe.com/api/refunds/create
 */
export async function refundStripePayment(
  client: StripeClient,
  order: RefundOrder,
  settleMs: number,
): Promise<RefundedPayment> {
  const params = toParams(order);
  const refund = await makeOnce<Stripe.Refund>({
    idempotencyKey: order.idempotencyKey,
    asked: order.asked,
    settleMs,
    post: (idempotencyKey) =>
      client.write(
        order.account,
        (stripe) => stripe.refunds.create(params, { idempotencyKey }),
        order.noteAsked,
      ),
    find: () => findRefund(client, order),
  });
  return { providerRefundId: refund.id };
}

/** Whether a payment is a charge that was made without a PaymentIntent. */
export function isChargeId(providerPaymentId: string): boolean {
  return /^(?:ch|py)_/.test(providerPaymentId);
}

/** The pages of a payment's refunds, newest first. */
export function readRefundPages(
  client: StripeClient,
  access: Access,
  { account, providerPaymentId }: Pick<RefundOrder, 'account' | 'providerPaymentId'>,
) {
  return readPages<Stripe.Refund>(client, {
    account,
    access,
    pagesMax: PAGES_MAX,
    list: (stripe, page) => stripe.refunds.list({ ...ownerOf(providerPaymentId), ...page }),
  });
}

function toParams(order: RefundOrder): Stripe.RefundCreateParams {
  const reason = REASONS.find((one) => one === order.reason);
  const isOwnReason = order.reason !== null && reason === undefined;
  return {
    ...ownerOf(order.providerPaymentId),
    amount: Number(order.amountMinor),
    metadata: {
      [REFUND_REFERENCE_KEY]: order.reference,
      ...(isOwnReason ? { reason: order.reason } : {}),
    },
    ...(reason === undefined ? {} : { reason }),
  };
}

function ownerOf(providerPaymentId: string) {
  return isChargeId(providerPaymentId)
    ? { charge: providerPaymentId }
    : { payment_intent: providerPaymentId };
}

async function findRefund(client: StripeClient, order: RefundOrder): Promise<Stripe.Refund | null> {
  for await (const { data } of readRefundPages(client, 'write', order)) {
    const found = data.find(({ metadata }) => metadata?.[REFUND_REFERENCE_KEY] === order.reference);
    if (found !== undefined) return found;
  }
  return null;
}
