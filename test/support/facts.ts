import type { StoredFact } from '../../src/payments/fact-register.js';
import type { FactKind, PaymentFacts } from '../../src/payments/payment-fact.js';

const SECOND_MS = 1000;

/** A fact for a test: whatever it does not say is the same as in all others. */
export function fact(
  kind: FactKind,
  given: Partial<StoredFact> & { at?: number } = {},
): StoredFact {
  const { at, ...rest } = given;
  return {
    kind,
    key: 'pi_1',
    amountMinor: null,
    currency: 'NGN',
    occurredAtMs: at === undefined ? SECOND_MS : at * SECOND_MS,
    state: null,
    reference: null,
    livemode: true,
    ...rest,
  };
}

export const requested = (minor: bigint, given: Parameters<typeof fact>[1] = {}) =>
  fact('requested', { amountMinor: minor, ...given });
export const captured = (minor: bigint, given: Parameters<typeof fact>[1] = {}) =>
  fact('captured', { amountMinor: minor, ...given });
export const refund = (key: string, minor: bigint, given: Parameters<typeof fact>[1] = {}) =>
  fact('refund', { key, amountMinor: minor, state: 'succeeded', ...given });
export const refundedTotal = (minor: bigint, given: Parameters<typeof fact>[1] = {}) =>
  fact('refunded_total', { amountMinor: minor, ...given });
export const dispute = (
  key: string,
  state: StoredFact['state'],
  given: Parameters<typeof fact>[1] = {},
) => fact('dispute', { key, amountMinor: 5000n, state, ...given });

/** What one event says about the payment `pi_1`. */
export function told(...facts: readonly StoredFact[]): PaymentFacts {
  return {
    providerPaymentId: 'pi_1',
    partIds: [],
    startedAs: null,
    livemode: facts[0]?.livemode ?? true,
    facts: facts.map(({ livemode: _livemode, ...one }) => one),
  };
}

/** Every order of a list. */
export function permutations<T>(list: readonly T[]): T[][] {
  if (list.length <= 1) return [[...list]];
  return list.flatMap((first, index) =>
    permutations([...list.slice(0, index), ...list.slice(index + 1)]).map((rest) => [
      first,
      ...rest,
    ]),
  );
}
