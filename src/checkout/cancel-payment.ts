import { TollgateError } from '../errors.js';
import { findSubject, type PaymentSubject } from './checkout.queries.js';
import { apiOf, type CheckoutContext } from './context.js';
import { observePayment } from './observe-payment.js';

/**
 * Makes it impossible to pay at the provider, and looks at what the payment came to: it may have
 * been faster. A payment at a provider that we cannot ask stays open; should it bring money, that
 * goes to a person.
 *
 * @throws TollgateError `provider_unavailable`, `provider_outcome_unknown`,
 * `provider_not_configured` when the provider does not accept the key
 */
export async function cancelPayment(
  context: CheckoutContext,
  subject: PaymentSubject,
): Promise<void> {
  const { provider, account } = subject;
  if (context.providers.get(provider)?.api?.hasAccount(account) !== true) return;
  try {
    const bound = subject.isProvisional ? await lookFor(context, subject) : subject;
    // The provider has nothing to cancel. Who asks it right now finds the order called off.
    if (bound === null) return;
    await apiOf(context, bound).cancelPayment(bound);
    await observePayment(context, bound, 'poll');
  } catch (error) {
    // It would say the same again, however often it is asked.
    const isRefused = error instanceof TollgateError && error.code === 'provider_refused';
    if (!isRefused) throw error;
  }
}

async function lookFor(
  context: CheckoutContext,
  subject: PaymentSubject,
): Promise<PaymentSubject | null> {
  const isThere = await observePayment(context, subject, 'poll');
  return isThere ? findSubject(context.pool, subject.id) : null;
}
