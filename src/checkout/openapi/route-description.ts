import { PAYMENT } from './examples.js';
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

/** @param what whose id it is */
export function idParameter(what: 'payment' | 'event'): Parameter {
  const description =
    what === 'payment' ? "Tollgate's id of the payment" : "Tollgate's id of the event";
  const example = what === 'payment' ? PAYMENT.id : '019cad9d-6b8e-7d10-8a55-2f9c4e7b1d60';
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
