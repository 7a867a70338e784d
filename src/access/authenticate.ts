import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApiRole, ApiToken } from '../config/tokens.js';

/** Who calls. */
export interface Caller {
  readonly name: string;
  readonly role: ApiRole;
}

/**
 * The caller that a bearer token belongs to, or null. Tokens are compared as digests, each in
 * constant time and all of them, so that the time taken tells nothing.
 */
export function authenticate(
  authorization: string | undefined,
  tokens: readonly ApiToken[],
): Caller | null {
  const [, given] = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '') ?? [];
  if (given === undefined) return null;
  const digest = digestOf(given);
  let caller: Caller | null = null;
  for (const { name, role, token } of tokens) {
    if (timingSafeEqual(digestOf(token), digest)) caller ??= { name, role };
  }
  return caller;
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
