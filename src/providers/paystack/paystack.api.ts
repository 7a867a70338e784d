import { newestKeys, readKeyMode } from '../api-keys.js';
import type { ApiOptions, ProviderApi } from '../provider-api.js';
import { createPaystackClient } from './paystack.client.js';
import { observePaystackObject, observePaystackPayment } from './paystack.observe.js';
import { refundPaystackPayment } from './paystack.refund-payment.js';
import { findPaystackPayment, startPaystackPayment } from './paystack.start-payment.js';

/**
 * What is asked of Paystack. A transaction that failed is over: another has to be started.
 * Paystack knows no cancellation: a transaction that nobody pays stays abandoned.
 * @param orderReferenceKey key of the metadata that holds our order reference
 */
export function createPaystackApi(options: ApiOptions, orderReferenceKey: string): ProviderApi {
  const client = createPaystackClient(options);
  const keys = newestKeys(options);
  return {
    isFailureFinal: true,
    needsEmail: true,
    hasAccount: (account) => keys.has(account),
    livemodeOf: (account) => readKeyMode(keys.get(account)),
    startPayment: (start) => startPaystackPayment(client, orderReferenceKey, start),
    findPayment: (start) => findPaystackPayment(client, start),
    cancelPayment: () => Promise.resolve(),
    refundPayment: (order) => refundPaystackPayment(client, order, options.settleMs),
    observePayment: (payment) => observePaystackPayment(client, orderReferenceKey, payment),
    observeObject: (account, pointer) =>
      observePaystackObject(client, orderReferenceKey, account, pointer),
  };
}
