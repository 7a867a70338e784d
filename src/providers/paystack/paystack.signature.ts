import { createHmac, type KeyObject } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { SignatureError } from '../../errors.js';
import { decodeHexDigest, findMatchingKey } from '../hmac.js';

/** Where Paystack puts the signature; lower case as Node gives header names. */
export const PAYSTACK_SIGNATURE_HEADER = 'x-paystack-signature';

const SHA512_BYTES = 64;

/**
 * Proves that Paystack signed these bytes. Paystack signs no time, so a captured request stays
 * valid for ever: the inbox, which knows every body it has seen, is the protection.
 *
 * A repeated header is joined by Node with `, ` and refused for its length.
 * @param keys keys of the active secrets, newest first
 * @returns the index of the secret that matched, 0 = newest
 * @throws SignatureError `invalid_signature`
 * @see https://paystack.com/docs/payments/webhooks/#verify-event-origin
 */
export function checkPaystackSignature(
  headers: IncomingHttpHeaders,
  body: Buffer,
  keys: readonly KeyObject[],
): number {
  const header = headers[PAYSTACK_SIGNATURE_HEADER];
  if (header === undefined || header === '') throw new SignatureError('header_missing');
  const candidate = typeof header === 'string' ? decodeHexDigest(header, SHA512_BYTES) : null;
  if (candidate === null) throw new SignatureError('header_malformed');

  const secretIndex = findMatchingKey(keys, [candidate], (key) => digestPaystackBody(key, body));
  if (secretIndex === null) throw new SignatureError('no_match');
  return secretIndex;
}

/** HMAC-SHA512 of the raw body. Paystack's own sample hashes re-serialised JSON; we do not. */
export function digestPaystackBody(key: KeyObject, body: Buffer): Buffer {
  return createHmac('sha512', key).update(body).digest();
}
