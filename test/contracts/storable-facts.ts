import { expect } from '@jest/globals';
import type { PaymentFacts } from '../../src/payments/payment-fact.js';

/** What the store relies on in any facts. */
export function expectStorable({ providerPaymentId, partIds, facts }: PaymentFacts): void {
  const keys = [...partIds, ...facts.map(({ key }) => key)];
  if (providerPaymentId === null) expect(partIds).toHaveLength(1);
  else keys.push(providerPaymentId);
  for (const key of keys) {
    expect(key).toMatch(/^[^\p{Cc}\p{Cs}]{1,255}$/u);
  }
  for (const { kind, state, amountMinor, occurredAtMs } of facts) {
    expect(state !== null).toBe(kind === 'refund' || kind === 'dispute');
    if (amountMinor !== null) expect(amountMinor).toBeGreaterThanOrEqual(0n);
    if (occurredAtMs !== null) expect(Number.isSafeInteger(occurredAtMs)).toBe(true);
  }
}

/** Makes a payload that throws when anything tries to change it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null)
    Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
