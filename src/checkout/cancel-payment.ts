import { TollgateError } from '../errors.js';
import { findSubject, type PaymentSubject } from './checkout.queries.js';
import { apiOf, type CheckoutContext } from './context.js';
import { observePayment } from './observe-payment.js';

/**
 * Makes it impossible to pay at the provider, and looks at what the payment came to: it may have
 * been faster. A payment at a provider that we cannot ask stays open; should it bring money, that
 * goes to a person.
 *
 * @throws TollgateError `provider_unavailable`, `provider_outcome_unknown`
 */
export async function cancelPayment(
  context: CheckoutContext,
  subject: PaymentSubject,
): Promise<void> {
  try {
    const bound = subject.isProvisional ? await lookFor(context, subject) : subject;
    // The provider has nothing to cancel. Who asks it right now finds the order called off.
    if (bound === null) return;
    await apiOf(context, bound).cancelPayment(bound);
    await observePayment(context, bound, 'poll');
  } catch (error) {
    if (!isFinal(error)) throw error;
  }
}

/** The provider would say the same again, however often it is asked. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof TollgateError)) return false;
  return error.code === 'provider_refused' || error.code === 'provider_not_configured';
}

async function lookFor(
  context: CheckoutContext,
  subject: PaymentSubject,
): Promise<PaymentSubject | null> {
  const isThere = await observePayment(context, subject, 'poll');
  return isThere ? findSubject(context.pool, subject.id) : null;
}
