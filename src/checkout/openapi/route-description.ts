import { DEAD_DISPATCH, PAYMENT } from './examples.js';
import { DEAD_EVENT, REPLAY, REVIEW } from './operation-examples.js';
import type { AnsweredCode } from './route-codes.js';
import { named, TEXT, UUID, type Schema } from './schema.js';

/** What is said of a route besides its error codes. */
export interface RouteDescription {
  /** Name of the operation, for generated clients. */
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** Markdown. */
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly body?: RequestBody;
  /** Answers that are no problem, by status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** What problems of this route have besides what those of every route have. */
  readonly members?: Partial<Readonly<Record<AnsweredCode, Readonly<Record<string, unknown>>>>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Schema;
  readonly example?: unknown;
}

export interface RequestBody {
  /** What the route itself reads it with. */
  readonly schema: Schema;
  readonly required: boolean;
  readonly examples: Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly description: string;
  /** Null: text that is no JSON. */
  readonly schema: Schema | null;
  /** Media type of what is neither JSON nor text. */
  readonly type?: string;
  readonly examples?: Readonly<Record<string, unknown>>;
  /** Headers by name. */
  readonly headers?: Readonly<Record<string, Schema>>;
}

export const ORDER_PARAMETER: Parameter = {
  name: 'reference',
  in: 'path',
  required: true,
  description: "the order's reference, as it was given when the order was created",
  schema: { ...TEXT, minLength: 1, maxLength: 255 },
  example: 'order-1001',
};

const LIMIT: Schema = { type: 'integer', minimum: 1, maximum: 200, default: 50 };
const CURSOR: Parameter = {
  name: 'cursor',
  in: 'query',
  required: false,
  description: '`nextCursor` of the page before',
  schema: TEXT,
};

/** Filters of a list, by name, with those that every list has. */
export function filters(schemas: Readonly<Record<string, Schema>>): Parameter[] {
  const optional = Object.entries({ ...schemas, limit: LIMIT }).map(
    ([name, schema]) => ({ name, in: 'query', required: false, schema }) as const,
  );
  return [...optional, CURSOR];
}

const EXAMPLE_IDS = {
  payment: PAYMENT.id,
  event: DEAD_EVENT.id,
  message: DEAD_DISPATCH.id,
  replay: REPLAY.id,
  review: REVIEW.id,
} as const;

/** Of the draft: a bare key, or the same as a quoted string. */
export const KEY_PARAMETER: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description:
    'New for each request, the same for its retries. A retry gets the stored answer, byte for ' +
    'byte; with another body or path it is `idempotency_key_reused`. 1 to 255 visible ASCII ' +
    'characters, bare or in double quotes, which are one key. Belongs to the token and the ' +
    'operation.',
  schema: { type: 'string', minLength: 1, maxLength: 512, pattern: '^[\\x21-\\x7e]+$' },
  example: '8e03978e-40d5-43dd-bc93-6894a57f9324',
};

/** @param description what the key does there; without one, each request is a new one */
export function optionalKey(description: string): Parameter {
  return { ...KEY_PARAMETER, required: false, description };
}

/** @param what whose id it is */
export function idParameter(what: keyof typeof EXAMPLE_IDS): Parameter {
  const description = `Tollgate's id of the ${what}`;
  const example = EXAMPLE_IDS[what];
  return { name: 'id', in: 'path', required: true, description, schema: UUID, example };
}

/** A single answer of 200 that shows something by the name of its schema. */
export function shows(
  name: string,
  description: string,
  examples?: Readonly<Record<string, unknown>>,
): Readonly<Record<number, Answer>> {
  const answer = { description, schema: named(name) };
  return { 200: examples === undefined ? answer : { ...answer, examples } };
}
