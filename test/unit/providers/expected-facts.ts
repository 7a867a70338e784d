import type { FactKind, PaymentFact } from '../../../src/payments/payment-fact.js';

/** A fact as a literal, without the fields that are null. */
export function fact(
  kind: FactKind,
  key: string,
  rest: Partial<Omit<PaymentFact, 'kind' | 'key'>> = {},
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
