import { TollgateError } from '../errors.js';
import { showPayment } from '../payments/show.queries.js';
import { findSubject } from './checkout.queries.js';
import type { CheckoutContext } from './context.js';
import { observePayment } from './observe-payment.js';

/**
 * Asks the provider about a payment now, and answers with the payment as it stands after that.
 * Needs no idempotency key: it may be sent any number of times, beside webhooks, and ends as the
 * webhooks alone would.
 *
 * @throws TollgateError `not_found`, and as the provider's API does
 */
export async function verifyPayment(context: CheckoutContext, paymentId: string) {
  const subject = await findSubject(context.pool, paymentId);
  if (!subject) throw notFound();
  await observePayment(context, subject, 'verify');
  const payment = await showPayment(context.pool, paymentId);
  if (!payment) throw notFound(); // it turned out to be one that we have under another id
  return payment;
}

function notFound(): TollgateError {
  return new TollgateError('not_found', 'there is no payment with this id');
}
