import { createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';

/**
 * Secrets as keys, prepared once so that the acknowledging path does not build them per request.
 * @param secrets active secrets, newest first
 * @throws Error for a blank secret: an HMAC under an empty key can be made by anybody
 */
export function createSecretKeys(secrets: readonly string[]): readonly KeyObject[] {
  return secrets.map((secret) => {
    if (secret.trim() === '') throw new Error('a signing secret is blank');
    return createSecretKey(secret, 'utf8');
  });
}

/**
 * Reads a digest from a header: exactly `digestBytes` bytes as lower-case hex. Upper-case hex is
 * refused, since no provider sends it and one digest should have one spelling.
 * @returns null for any other text, so that a comparison always sees digests of one length
 */
export function decodeHexDigest(text: string, digestBytes: number): Buffer | null {
  if (text.length !== digestBytes * 2) return null;
  if (!/^[0-9a-f]+$/.test(text)) return null;
  return Buffer.from(text, 'hex');
}

/**
 * Finds which secret made one of the given signatures. Every key is compared with every
 * candidate in constant time and nothing stops early, so the time tells nothing.
 * @param keys active secrets, newest first
 * @param candidates digests of the same length as those of `digestUnder`
 * @param digestUnder the digest that this key would have made
 * @returns the index of the newest key that matched; null when none did
 */
export function findMatchingKey(
  keys: readonly KeyObject[],
  candidates: readonly Buffer[],
  digestUnder: (key: KeyObject) => Buffer,
): number | null {
  let matched: number | null = null;
  for (const [index, key] of keys.entries()) {
    const expected = digestUnder(key);
    for (const candidate of candidates) {
      const equal = timingSafeEqual(candidate, expected);
      if (equal && matched === null) matched = index;
    }
  }
  return matched;
}
