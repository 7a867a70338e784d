import { timingSafeEqual } from 'node:crypto';
import { digestToken, type ApiRole, type ApiToken } from '../config/tokens.js';

/** Who calls. */
export interface Caller {
  readonly name: string;
  readonly role: ApiRole;
}

/** The caller that a bearer token belongs to, or null. */
export function authenticate(
  authorization: string | undefined,
  tokens: readonly ApiToken[],
): Caller | null {
  const [, given] = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '') ?? [];
  if (given === undefined) return null;
  const token = findToken(digestToken(given), tokens);
  return token && { name: token.name, role: token.role };
}

/**
 * The token of a digest, or null. Digests are compared in constant time and all of them, so that
 * the time taken tells nothing.
 */
export function findToken(digest: Buffer, tokens: readonly ApiToken[]): ApiToken | null {
  let found: ApiToken | null = null;
  for (const token of tokens) {
    if (timingSafeEqual(token.digest, digest)) found ??= token;
  }
  return found;
}
