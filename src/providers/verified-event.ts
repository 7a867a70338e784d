import { hash } from 'node:crypto';
import { isUsableIdentifier } from './identifier.js';
import type { EventContent, VerifiedEvent } from './provider.js';

/** Type of an event whose body is not a JSON object. */
export const UNREADABLE_TYPE = 'unreadable';

/** Type of an event whose body is a JSON object that does not name its type in a usable way. */
export const UNKNOWN_TYPE = 'unknown';

/**
 * Marks an event as proven to come from the provider. Only the `verify` of a provider may call
 * this, after the signature matched; the architecture test holds everybody else to it.
 */
export function markVerified(content: EventContent): VerifiedEvent {
  return content as VerifiedEvent;
}

/** SHA-256 of the bytes; 32 bytes. */
export function digestBody(body: Buffer): Buffer {
  return hash('sha256', body, 'buffer');
}

/**
 * The id of an event that has none of its own: redelivered bytes give the same id, other bytes
 * another one.
 */
export function hashedEventId(bodyDigest: Buffer): string {
  return `sha256:${bodyDigest.toString('hex')}`;
}

/** The provider's name for what happened, or {@link UNKNOWN_TYPE} when it cannot be stored. */
export function readEventType(value: unknown): string {
  return isUsableIdentifier(value) ? value : UNKNOWN_TYPE;
}
