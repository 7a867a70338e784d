import { z } from 'zod';
import { PROVIDERS } from '../../providers/providers.js';

/** JSON Schema 2020-12, which OpenAPI 3.1 uses as it is. */
export type Schema = Readonly<Record<string, unknown>>;

/** A schema for each member of what a function of ours presents: none can be forgotten. */
export type Fields<T> = Readonly<Record<keyof T, Schema>>;

/** An object that has all of these members; one without a value is null. */
export function objectOf(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', properties, required: Object.keys(properties) };
}

/** What a route takes, as it reads it; what a schema cannot say is in the description of the route. */
export function bodyOf(input: z.ZodType): Schema {
  const entries = Object.entries(z.toJSONSchema(input, { io: 'input' }));
  return Object.fromEntries(entries.filter(([name]) => name !== '$schema'));
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items };
}

/** Another schema of the document, by name. */
export function named(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

export function nullable(schema: Schema, description?: string): Schema {
  const { type } = schema;
  return { ...schema, type: [type, 'null'], ...(description === undefined ? {} : { description }) };
}

export const TEXT: Schema = { type: 'string' };
export const UUID: Schema = { type: 'string', format: 'uuid' };
export const TIME: Schema = { type: 'string', format: 'date-time' };
export const FLAG: Schema = { type: 'boolean' };
export const COUNT: Schema = { type: 'integer', minimum: 0 };
/** Minor units, up to what JSON holds exactly. */
export const AMOUNT: Schema = {
  type: 'integer',
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'in the smallest unit of the currency',
};
export const CURRENCY: Schema = {
  type: 'string',
  pattern: '^[A-Z]{3}$',
  description: 'ISO 4217, upper case',
};
export const PROVIDER: Schema = { type: 'string', enum: PROVIDERS.map(({ name }) => name) };
export const ACCOUNT: Schema = {
  type: 'string',
  description: '`default`, or the account of the route `/webhooks/{provider}/{account}`',
};
export const VERSION: Schema = {
  type: 'integer',
  minimum: 0,
  description: 'grows with every change',
};
