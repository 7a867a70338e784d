import { isUsableIdentifier } from './identifier.js';
import { asObject } from './payload.js';

/**
 * The reference of our order in a provider's metadata.
 * @param metadata whatever the payload has in its place
 * @param key the configured `ORDER_REFERENCE_KEY`
 * @returns null when there is none that can be used: a payment without an order is still a
 * payment, so a strange reference never stops an event
 */
export function readOrderReference(metadata: unknown, key: string): string | null {
  const entries = asObject(metadata);
  // Own properties only: a key such as "constructor" must not reach into the prototype.
  if (entries === null || !Object.hasOwn(entries, key)) return null;
  return asReference(entries[key]);
}

/** A value as an order reference: a usable identifier, or an integer as its digits. */
export function asReference(value: unknown): string | null {
  if (Number.isSafeInteger(value)) return String(value);
  return isUsableIdentifier(value) ? value : null;
}
