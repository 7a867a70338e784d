import { createHmac, type KeyObject } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { SignatureError } from '../../errors.js';
import { decodeHexDigest, findMatchingKey } from '../hmac.js';

/** Where Stripe puts the signature; lower case as Node gives header names. */
export const STRIPE_SIGNATURE_HEADER = 'stripe-signature';

/** Far above what Stripe sends (about 150 characters), so parsing has a bound. */
const HEADER_LENGTH_MAX = 4096;

/** Stripe sends one `v1` per active secret of the endpoint, at most a few during a rotation. */
const CANDIDATES_MAX = 8;

const SHA256_BYTES = 32;

/**
 * What Stripe sends to an endpoint with one active secret, of which most deliveries are. It is read in
 * one look, and as {@link parseEntries} would: that costs as much as the digest.
 */
const USUAL_HEADER = /^t=([1-9]\d{0,11}),v1=([0-9a-f]{64})(?:,v0=[0-9a-f]{64})?$/;

interface StripeSignature {
  readonly timestampSeconds: number;
  /** The digests of the `v1` entries that are well formed; at least one. */
  readonly candidates: readonly Buffer[];
}

/** What the signature of one request is checked against. */
export interface StripeSignatureCheck {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Milliseconds since 1970. */
  readonly receivedAtMs: number;
  /** Keys of the active secrets, newest first. */
  readonly keys: readonly KeyObject[];
  /** How far the signed time may lie in the past or in the future. */
  readonly toleranceSeconds: number;
}

/**
 * Proves that Stripe signed these bytes, recently.
 *
 * The clock is checked in both directions and after the digest, so `timestamp_*` is only ever
 * told of a request that Stripe did sign: a replay, or a clock that is off.
 * @returns the index of the secret that matched, 0 = newest
 * @throws SignatureError `invalid_signature`
 * @see https://docs.stripe.com/webhooks/signature
 */
export function checkStripeSignature(check: StripeSignatureCheck): number {
  const { timestampSeconds, candidates } = parseHeader(check.headers[STRIPE_SIGNATURE_HEADER]);

  const secretIndex = findMatchingKey(check.keys, candidates, (key) =>
    digestStripePayload(key, timestampSeconds, check.body),
  );
  if (secretIndex === null) throw new SignatureError('no_match');

  const ageSeconds = Math.floor(check.receivedAtMs / 1000) - timestampSeconds;
  if (ageSeconds > check.toleranceSeconds) throw new SignatureError('timestamp_too_old');
  if (ageSeconds < -check.toleranceSeconds) throw new SignatureError('timestamp_in_future');
  return secretIndex;
}

/** HMAC-SHA256 of `<timestamp>.<body>`: what a `v1` entry holds. */
export function digestStripePayload(
  key: KeyObject,
  timestampSeconds: number,
  body: Buffer,
): Buffer {
  return createHmac('sha256', key).update(`${timestampSeconds}.`).update(body).digest();
}

/**
 * Reads `t=<unix seconds>,v1=<hex>[,v1=<hex>…]`. Exactly one `t`; entries of other schemes are
 * skipped (`v0` is for Stripe's test tools, and accepting it would be a downgrade), a `v1` that is
 * not a digest matches nothing.
 *
 * White space is refused. That also decides what becomes of a repeated header: Node joins the two
 * with `, `, and such a request is refused, whatever the two said.
 */
function parseHeader(header: string | string[] | undefined): StripeSignature {
  if (header === undefined || header === '') throw new SignatureError('header_missing');
  if (typeof header !== 'string' || header.length > HEADER_LENGTH_MAX) {
    throw new SignatureError('header_malformed');
  }
  const usual = USUAL_HEADER.exec(header);
  if (usual === null) return parseEntries(header);
  const [, time = '', digest = ''] = usual;
  return { timestampSeconds: Number(time), candidates: [Buffer.from(digest, 'hex')] };
}

function parseEntries(header: string): StripeSignature {
  if (/\s/.test(header)) throw new SignatureError('header_malformed');
  let timestampSeconds: number | null = null;
  const candidates: Buffer[] = [];
  for (const entry of header.split(',')) {
    const equals = entry.indexOf('=');
    if (equals < 1) throw new SignatureError('header_malformed');
    const scheme = entry.slice(0, equals);
    const value = entry.slice(equals + 1);
    if (scheme === 't') {
      if (timestampSeconds !== null) throw new SignatureError('header_malformed');
      timestampSeconds = parseTimestamp(value);
    } else if (scheme === 'v1' && candidates.length < CANDIDATES_MAX) {
      const candidate = decodeHexDigest(value, SHA256_BYTES);
      if (candidate !== null) candidates.push(candidate);
    }
  }

  if (timestampSeconds === null || candidates.length === 0) {
    throw new SignatureError('header_malformed');
  }
  return { timestampSeconds, candidates };
}

/** One spelling per second: what is signed is this text, so it must survive as a number. */
function parseTimestamp(text: string): number {
  if (!/^[1-9]\d{0,11}$/.test(text)) throw new SignatureError('header_malformed');
  return Number(text);
}
