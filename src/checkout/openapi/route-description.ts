import { DEAD_DISPATCH, PAYMENT } from './examples.js';
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
  event: '019cad9d-6b8e-7d10-8a55-2f9c4e7b1d60',
  message: DEAD_DISPATCH.id,
} as const;

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
