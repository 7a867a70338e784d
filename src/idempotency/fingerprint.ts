import { createHash } from 'node:crypto';
import { TollgateError } from '../errors.js';

/** Deeper than any body of ours; writing JSON recurses. */
const DEPTH_MAX = 32;

/**
 * SHA-256 over what a request asks for: method, route and canonical body. A retry that spells its
 * JSON in another way (order of members, white space) is the same request; anything else is not.
 *
 * @param path of the request as it was sent, without its query
 * @param body parsed JSON; undefined when there was none
 * @throws TollgateError `bad_request` as {@link canonicalJson} does
 */
export function fingerprintRequest(method: string, path: string, body: unknown): Buffer {
  const hash = createHash('sha256');
  for (const part of [method, path, canonicalJson(body ?? null)]) {
    hash.update(`${Buffer.byteLength(part)}:`).update(part);
  }
  return hash.digest();
}

/**
 * JSON with the members of every object in the order of their names, without white space.
 * @throws TollgateError `bad_request` for a value that is nested too deeply, and for a number that is
 * none: JSON.parse reads 1e400 as Infinity, which JSON writes as null, and null may mean "all of it"
 */
export function canonicalJson(value: unknown, depth = 0): string {
  if (depth > DEPTH_MAX) throw new TollgateError('bad_request', 'the body is nested too deeply');
  if (Array.isArray(value)) {
    return `[${value.map((one) => canonicalJson(one, depth + 1)).join(',')}]`;
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TollgateError('bad_request', 'a number of the body is too large');
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member, depth + 1)}`);
  return `{${members.join(',')}}`;
}
