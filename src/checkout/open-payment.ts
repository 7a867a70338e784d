import type { Tx } from '../database/transaction.js';
import { TollgateError } from '../errors.js';
import { showPayment } from '../payments/show.queries.js';
import { findOrderPayments, type OrderPaymentRow } from './checkout.queries.js';
import type { CheckoutContext } from './context.js';

/** Whether a payment could still bring money. */
export function mayStillSucceed(
  { providers }: Pick<CheckoutContext, 'providers'>,
  payment: OrderPaymentRow,
): boolean {
  // Unless an event has told its id since: then the provider has it after all.
  if (payment.outcome === 'refused' && payment.isProvisional) return false;
  switch (payment.status) {
    case 'initiated':
    case 'pending':
    case 'authorized':
      return true;
    case 'failed':
      return providers.get(payment.provider)?.api?.isFailureFinal !== true;
    case 'cancelled':
    case 'partially_paid':
    case 'paid':
    case 'partially_refunded':
    case 'refunded':
      return false;
  }
}

/** Two payments of one order could both succeed: the first has to be out of the way. */
export async function findOpenPayment(
  context: CheckoutContext,
  tx: Tx,
  orderReference: string,
): Promise<OrderPaymentRow | undefined> {
  const payments = await findOrderPayments(tx, orderReference);
  return payments.find((one) => mayStillSucceed(context, one));
}

/**
 * The provider has the payment, but its answer was lost, and with it the only way to pay: whoever
 * wants to pay the same goes on with this payment.
 */
export function isAddressLost(
  open: OrderPaymentRow,
  wanted: { provider: string; account: string; amountMinor: bigint },
): boolean {
  return (
    open.outcome === 'accepted' &&
    open.clientSecret === null &&
    open.authorizationUrl === null &&
    open.status === 'pending' &&
    open.provider === wanted.provider &&
    open.account === wanted.account &&
    open.startedMinor === wanted.amountMinor.toString()
  );
}

/** What a client is told that wants to pay in two ways at once: how to go on with the first. */
export async function paymentInProgress(tx: Tx, open: OrderPaymentRow): Promise<TollgateError> {
  const { clientSecret, authorizationUrl } = open;
  const payment = await showPayment(tx, open.id);
  return new TollgateError('payment_in_progress', 'another payment of this order is open', {
    members: { payment: { ...payment, clientSecret, authorizationUrl } },
  });
}
