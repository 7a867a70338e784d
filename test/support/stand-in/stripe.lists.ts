import type { JsonObject } from '../../../src/providers/provider.js';
import type { Metadata } from './stripe.objects.js';
import {
  readInteger,
  readOptional,
  refuse,
  refuseMissing,
  refuseUnknownParameters,
} from './stripe.refusals.js';
import type { StripeRecords } from './stripe.records.js';

const METADATA_KEY_LENGTH_MAX = 40;
const METADATA_VALUE_LENGTH_MAX = 500;
const LIMIT_DEFAULT = 10;
const LIMIT_MAX = 100;

interface Listed {
  readonly id: string;
  readonly created: number;
}

/**
 * One page of a list, newest first.
 * @param objects oldest first
 * @param filters fields that may be asked for by their value
 * @throws Refusal for a parameter that does not exist, a limit above 100 or an unknown cursor
 * @see https://docs.stripe.com/api/pagination
 */
export function listPage(
  records: StripeRecords,
  url: string,
  objects: readonly Listed[],
  query: JsonObject,
  filters: readonly string[],
): unknown {
  refuseUnknownParameters(query, ['created', 'expand', 'limit', 'starting_after', ...filters]);
  const limit = readLimit(query);
  const matching = objects.filter(
    (object) => isWithin(object.created, query['created']) && hasFields(object, query, filters),
  );
  const rest = startAfter(matching.reverse(), readOptional(query, 'starting_after'));
  const paths = listOf(query['expand']).map((path) => path.replace(/^data\./, ''));
  return {
    object: 'list',
    data: rest.slice(0, limit).map((object) => expand(records, object, paths)),
    has_more: rest.length > limit,
    url,
  };
}

/**
 * A copy in which references are replaced by the objects, and the refunds of a charge are listed.
 * @param paths `expand` as it was given: `latest_charge`, `latest_charge.refunds`, `charge`…
 * @throws Error for what the stand-in cannot expand: a defect, not an answer
 * @see https://docs.stripe.com/expand
 */
export function expand(records: StripeRecords, object: object, paths: unknown): JsonObject {
  const copy = structuredClone(object) as Record<string, unknown>;
  for (const path of listOf(paths)) expandPath(records, copy, path.split('.'));
  return copy;
}

/** @throws Refusal for a value that is too long */
export function readMetadata(params: JsonObject): Metadata {
  const metadata = { ...(params['metadata'] as Metadata | undefined) };
  for (const [key, value] of Object.entries(metadata)) {
    if (key.length > METADATA_KEY_LENGTH_MAX || value.length > METADATA_VALUE_LENGTH_MAX) {
      throw refuse(400, { param: 'metadata', message: `Metadata is too long: ${key}` });
    }
  }
  return metadata;
}

function expandPath(
  records: StripeRecords,
  object: Record<string, unknown>,
  path: readonly string[],
): void {
  const [name, ...rest] = path;
  if (name === undefined || object[name] === null) return;
  if (name === 'refunds' && object['object'] === 'charge') {
    const data = records.refunds.filter(({ charge }) => charge === object['id']).reverse();
    object[name] = structuredClone({ object: 'list', data, has_more: false });
    return;
  }
  object[name] = structuredClone(resolve(records, object[name]));
  expandPath(records, object[name] as Record<string, unknown>, rest);
}

/** The object that a field refers to; one that was expanded already stays as it is. */
function resolve(records: StripeRecords, reference: unknown): object {
  if (typeof reference === 'object' && reference !== null) return reference;
  const all = [...records.paymentIntents, ...records.charges, ...records.refunds];
  const found = all.find(({ id }) => id === reference);
  if (found === undefined) throw new Error(`cannot expand ${String(reference)}`);
  return found;
}

function readLimit(query: JsonObject): number {
  const limit = readInteger(readOptional(query, 'limit') ?? String(LIMIT_DEFAULT), 'limit', 1);
  if (limit <= LIMIT_MAX) return limit;
  throw refuse(400, { param: 'limit', message: `This value must be at most ${LIMIT_MAX}.` });
}

function isWithin(created: number, range: unknown): boolean {
  const bounds = typeof range === 'string' ? { gte: range, lte: range } : (range ?? {});
  return Object.entries(bounds).every(([operator, bound]) => {
    const seconds = readInteger(String(bound), 'created', 0);
    if (operator === 'gt') return created > seconds;
    if (operator === 'gte') return created >= seconds;
    if (operator === 'lt') return created < seconds;
    return created <= seconds;
  });
}

function hasFields(object: object, query: JsonObject, filters: readonly string[]): boolean {
  const fields = object as JsonObject;
  return filters.every((name) => query[name] === undefined || query[name] === fields[name]);
}

function startAfter(objects: readonly Listed[], cursor: string | null): readonly Listed[] {
  if (cursor === null) return objects;
  const at = objects.findIndex(({ id }) => id === cursor);
  if (at === -1) throw refuseMissing('object', cursor, 'starting_after');
  return objects.slice(at + 1);
}

function listOf(value: unknown): string[] {
  return Object.values((value ?? {}) as Record<string, string>);
}
