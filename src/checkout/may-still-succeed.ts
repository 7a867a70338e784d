import type { OrderPaymentRow } from './checkout.queries.js';
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
