import { asObject } from './payload.js';

/** Metadata key under which a payment that we started names our reference of it. */
export const PAYMENT_REFERENCE_KEY = 'tollgate_payment';

/** Metadata key under which a refund that we asked for names our reference of it. */
export const REFUND_REFERENCE_KEY = 'tollgate_refund';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

/** `tg-<uuid>`, or `tg-<uuid>-2` where the provider had to be asked under another name. */
const STARTED_AS = new RegExp(`^tg-${UUID}(?:-\\d{1,3})?$`);

/**
 * The reference under which we started a payment.
 * @param metadata whatever the payload has in its place
 * @returns null when it has none of ours: somebody else started the payment
 */
export function readStartedAs(metadata: unknown): string | null {
  const entries = asObject(metadata);
  if (entries === null || !Object.hasOwn(entries, PAYMENT_REFERENCE_KEY)) return null;
  const value = entries[PAYMENT_REFERENCE_KEY];
  return typeof value === 'string' && STARTED_AS.test(value) ? value : null;
}

/** Whether a refund carries a reference that we gave it. */
export function isOwnRefundReference(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('tg-') && value.length <= 255;
}

/**
 * How a payment or refund of ours is called at a provider: its metadata, its idempotency key and,
 * at Paystack, the transaction itself. Letters, digits and `-` alone, as Paystack asks for.
 */
export function referenceOf(id: string): string {
  return `tg-${id}`;
}

/** The id of the payment or refund that a reference was made of; null when it is none of ours. */
export function idOf(reference: string): string | null {
  return OWN_REFERENCE.exec(reference)?.[1] ?? null;
}

const OWN_REFERENCE = new RegExp(`^tg-(${UUID})$`);
