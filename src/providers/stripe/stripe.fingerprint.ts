import { hash } from 'node:crypto';

const FIELD = Buffer.from('"pending_webhooks"');

/**
 * SHA-256 over the content of an event, without the number in `"pending_webhooks": 2`: Stripe
 * counts there the deliveries still to make, so it differs between deliveries of one event.
 *
 * The bytes are searched, not re-serialised, so nothing else is normalised. The last occurrence
 * is the envelope's, which Stripe renders after `data`; inside a string the quotes would be
 * escaped, and metadata holds strings, not numbers.
 * @see https://docs.stripe.com/api/events/object#event_object-pending_webhooks
 */
export function fingerprintStripeBody(body: Buffer): Buffer {
  const value = findPendingWebhooks(body);
  const content =
    value === null
      ? body
      : Buffer.concat([body.subarray(0, value.start), body.subarray(value.end)]);
  return hash('sha256', content, 'buffer');
}

/** Where the digits of the number are, if it is one; null when there is no such field. */
function findPendingWebhooks(body: Buffer): { start: number; end: number } | null {
  const field = body.lastIndexOf(FIELD);
  if (field === -1) return null;
  let at = skipWhile(body, field + FIELD.length, isSpace);
  if (body[at] !== 0x3a /* : */) return null;
  at = skipWhile(body, at + 1, isSpace);
  return { start: at, end: skipWhile(body, at, isDigit) };
}

function skipWhile(body: Buffer, from: number, accepts: (byte: number) => boolean): number {
  let at = from;
  for (let byte = body[at]; byte !== undefined && accepts(byte); byte = body[at]) at += 1;
  return at;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
