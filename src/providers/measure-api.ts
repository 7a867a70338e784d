import { TollgateError } from '../errors.js';
import type { ProviderApi } from './provider-api.js';

/** Told of each call: what was asked, `ok` or the code of the failure, and how long it took. */
export type CallListener = (call: ProviderCall, result: string, seconds: number) => void;

/** What can be asked of a provider. */
export type ProviderCall = 'start' | 'find' | 'cancel' | 'refund' | 'observe';

/** The same API, with every call told. */
export function measureApi(api: ProviderApi, onCall: CallListener): ProviderApi {
  const measured = async <T>(call: ProviderCall, work: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    const tell = (result: string) => {
      onCall(call, result, (performance.now() - startedAt) / 1000);
    };
    try {
      const answer = await work();
      tell('ok');
      return answer;
    } catch (error) {
      tell(error instanceof TollgateError ? error.code : 'internal_error');
      throw error;
    }
  };
  return {
    isFailureFinal: api.isFailureFinal,
    needsEmail: api.needsEmail,
    hasAccount: (account) => api.hasAccount(account),
    livemodeOf: (account) => api.livemodeOf(account),
    startPayment: (start) => measured('start', () => api.startPayment(start)),
    findPayment: (start) => measured('find', () => api.findPayment(start)),
    cancelPayment: (payment) => measured('cancel', () => api.cancelPayment(payment)),
    refundPayment: (refund) => measured('refund', () => api.refundPayment(refund)),
    observePayment: (payment) => measured('observe', () => api.observePayment(payment)),
    observeObject: (account, pointer) =>
      measured('observe', () => api.observeObject(account, pointer)),
  };
}
