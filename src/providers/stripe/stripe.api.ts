import { newestKeys, readKeyMode } from '../api-keys.js';
import type { ApiOptions, ProviderApi } from '../provider-api.js';
import { cancelStripePayment } from './stripe.cancel-payment.js';
import { createStripeClient } from './stripe.client.js';
import { observeStripeObject } from './stripe.observe-object.js';
import { observeStripePayment } from './stripe.observe.js';
import { refundStripePayment } from './stripe.refund-payment.js';
import { findStripePayment, startStripePayment } from './stripe.start-payment.js';

/**
 * What is asked of Stripe, through its SDK. A PaymentIntent takes another attempt after one that
 * failed, and needs no e-mail address.
 * @param orderReferenceKey key of the metadata that holds our order reference
 */
export function createStripeApi(options: ApiOptions, orderReferenceKey: string): ProviderApi {
  const client = createStripeClient(options);
  const keys = newestKeys(options);
  const { settleMs } = options;
  return {
    isFailureFinal: false,
    needsEmail: false,
    hasAccount: (account) => keys.has(account),
    livemodeOf: (account) => readKeyMode(keys.get(account)),
    startPayment: (start) => startStripePayment({ client, orderReferenceKey, settleMs }, start),
    findPayment: (start) => findStripePayment(client, start),
    cancelPayment: (payment) => cancelStripePayment(client, payment),
    refundPayment: (order) => refundStripePayment(client, order, settleMs),
    observePayment: (payment) =>
      observeStripePayment(client, orderReferenceKey, { ...payment, dispute: null }),
    observeObject: (account, pointer) =>
      observeStripeObject(client, orderReferenceKey, account, pointer),
  };
}
