import { isUtf8 } from 'node:buffer';
import { TollgateError } from '../errors.js';
import { isUsableIdentifier } from './identifier.js';
import type { JsonObject } from './provider.js';

/**
 * Reads a body as the one JSON object it must be. This is the only parser of provider bodies, so
 * duplicate keys mean the same everywhere (the last one wins). Deep nesting is safe: nothing here
 * recurses, and JSON.parse gives an own property for a key such as `__proto__`.
 * @throws TollgateError `payload_unreadable` when it is not UTF-8 or not JSON
 * @throws TollgateError `payload_malformed` when it is JSON but not an object
 */
export function parsePayload(body: Buffer): JsonObject {
  const payload = asObject(parseJson(body));
  if (payload === null) {
    throw new TollgateError('payload_malformed', 'expected a JSON object as the body');
  }
  return payload;
}

/** As {@link parsePayload}, for the door, where an unusable body is still an event: null. */
export function peekPayload(body: Buffer): JsonObject | null {
  try {
    return asObject(parseJson(body));
  } catch {
    return null;
  }
}

/** The value when it is a JSON object; null for everything else, arrays included. */
export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : null;
}

/**
 * The identifier in a field that must have one.
 * @throws TollgateError `payload_malformed`
 */
export function readIdentifier(object: JsonObject, field: string): string {
  const value = object[field];
  if (!isUsableIdentifier(value)) throw malformed(`expected an identifier in "${field}"`);
  return value;
}

/** An error for a payload whose shape is not what the provider documents. */
export function malformed(message: string): TollgateError {
  return new TollgateError('payload_malformed', message);
}

/**
 * Invalid bytes are never replaced by U+FFFD. A byte order mark stays in the text, where JSON.parse
 * refuses it, instead of silently reading other bytes than signed.
 */
function parseJson(body: Buffer): unknown {
  try {
    if (!isUtf8(body)) throw new Error('not UTF-8');
    return JSON.parse(body.toString());
  } catch {
    // Without a cause: the parser's message quotes the body.
    throw new TollgateError('payload_unreadable', 'expected UTF-8 encoded JSON as the body');
  }
}
