import { createHash } from 'node:crypto';

const CHARACTERS = 12;

/**
 * A name for a secret that nobody gets the secret from: the beginning of a digest. It is the same in
 * every process and after every restart, and different from what any other program makes of it.
 */
export function fingerprintSecret(secret: string): string {
  const digest = createHash('sha256').update(`tollgate-secret:${secret}`).digest('hex');
  return digest.slice(0, CHARACTERS);
}
