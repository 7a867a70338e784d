const PREFIX = 'tg-';

/**
 * How a payment or refund of ours is called at a provider: its metadata, its idempotency key and,
 * at Paystack, the transaction itself. Letters, digits and `-` alone, as Paystack asks for.
 */
export function referenceOf(id: string): string {
  return `${PREFIX}${id}`;
}

/** The id in a reference; null when it is none of ours. */
export function idOf(reference: string): string | null {
  const [, id] = /^tg-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(reference) ?? [];
  return id ?? null;
}
