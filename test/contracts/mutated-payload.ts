import { expect } from '@jest/globals';
import fc from 'fast-check';
import type { PaymentFacts } from '../../src/payments/payment-fact.js';
import type { JsonObject } from '../../src/providers/provider.js';

/** Values that a field of a payload may hold, of the kinds that break readers. */
export const strangeValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(undefined, null, '', 0, -1, 0.5, 2 ** 53, 1e21, '10', true, false),
  fc.constantFrom<unknown>([], {}, [[]], { id: 1 }, { data: [null, {}] }, { id: 'x' }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Puts a value at one of the places inside an object, whichever `place` chances upon. */
export function mutate(root: JsonObject, place: number, value: unknown): void {
  const places: Array<[Record<string, unknown>, string]> = [];
  const collect = (object: Record<string, unknown>): void => {
    for (const [key, inner] of Object.entries(object)) {
      places.push([object, key]);
      if (typeof inner === 'object' && inner !== null) collect(inner as Record<string, unknown>);
    }
  };
  collect(root);
  const [object, key] = places[place % places.length] ?? [];
  // Cloned, since one value may go to several places and must not come to hold itself.
  if (object !== undefined && key !== undefined) object[key] = structuredClone(value);
}

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
