import type { FactKind, PaymentFact } from '../payments/payment-fact.js';

/** A fact with everything null that is not said. */
export function createFact(
  kind: FactKind,
  key: string,
  rest: Partial<Omit<PaymentFact, 'kind' | 'key'>>,
): PaymentFact {
  return {
    kind,
    key,
    amountMinor: null,
    currency: null,
    occurredAtMs: null,
    state: null,
    reference: null,
    ...rest,
  };
}
