import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { v7 as uuidv7 } from 'uuid';
import { messageSchemas, type Code, type Schema } from '../../scripts/message-docs.mjs';
import * as dispatch from '../../src/outbox/dispatch.js';
import { AGGREGATES, type Aggregate } from '../../src/outbox/message.js';
import * as message from '../../src/outbox/message.js';
import * as orderDrafts from '../../src/payments/order-drafts.js';
import * as planRing from '../../src/payments/plan-ring.js';
import * as tell from '../../src/payments/tell.js';
import * as queues from '../../src/queues/queues.js';

/** What the documents about messages are generated of, as a test sees it. */
export const CODE: Code = {
  ...dispatch,
  ...message,
  ...orderDrafts,
  ...planRing,
  ...tell,
  ...queues,
};

/** The formats of our schemas. JSON Schema takes them for remarks as long as nobody checks them. */
export const FORMATS = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  'date-time': (text: string) => !Number.isNaN(Date.parse(text)) && text.endsWith('Z'),
} as const;

/** A JSON Schema as it is in docs/messages/: what consumers have. */
export function publishedSchema(name: string): Schema {
  const file = new URL(`../../docs/messages/${name}.schema.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Schema;
}

const STRICT = messageSchemas(CODE, 'strict');
const published = validatorsOf((name) => publishedSchema(name));
const strict = validatorsOf((name) => STRICT[name] ?? {});

/**
 * What is wrong with a message: against what consumers have, against the same without any field
 * that is not written down, and against the rules of CloudEvents. Empty: nothing.
 *
 * @param given a whole message, as a consumer gets it
 */
export function problemsOf(given: unknown): string[] {
  const aggregate = (given as { aggregate: Aggregate }).aggregate;
  const problems = [published, strict].flatMap(({ whole, data }) => [
    ...errorsOf(whole[aggregate], given),
    ...errorsOf(data[aggregate], (given as { data: unknown }).data),
  ]);
  return [...problems, ...cloudEventProblems(given as Record<string, unknown>)];
}

/** A message in the making as its consumers would get it. */
export function toSent(given: message.NewMessage): message.Message {
  const { type, aggregate, aggregateId, version, subject } = given;
  const data = JSON.parse(JSON.stringify(given.data)) as message.Message['data'];
  const row = { type, aggregate, aggregateId, version, subject, data };
  const sent = { ...row, messageId: uuidv7(), createdAt: new Date() };
  return dispatch.toMessage(sent, '/tollgate');
}

interface Validators {
  readonly whole: Readonly<Record<Aggregate, ValidateFunction>>;
  readonly data: Readonly<Record<Aggregate, ValidateFunction>>;
}

function validatorsOf(schemaOf: (name: string) => Schema): Validators {
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, formats: FORMATS });
  const compileEach = (suffix: string) =>
    Object.fromEntries(
      AGGREGATES.map((aggregate) => [aggregate, ajv.compile(schemaOf(`${aggregate}${suffix}`))]),
    ) as Record<Aggregate, ValidateFunction>;
  return { whole: compileEach(''), data: compileEach('.data') };
}

function errorsOf(validate: ValidateFunction, given: unknown): string[] {
  if (validate(given)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message: text, params }) =>
      `${instancePath} ${text ?? ''} ${JSON.stringify(params)}`,
  );
}

const REQUIRED_ATTRIBUTES = ['id', 'source', 'specversion', 'type'];
/** Lower-case letters and digits, so that every transport can carry them. */
const ATTRIBUTE = /^[a-z0-9]{1,20}$/;

/** @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#context-attributes */
function cloudEventProblems(given: Readonly<Record<string, unknown>>): string[] {
  const names = Object.keys(given).filter((name) => name !== 'data');
  const missing = REQUIRED_ATTRIBUTES.filter((name) => !names.includes(name));
  const badNames = names.filter((name) => !ATTRIBUTE.test(name));
  const badValues = names.filter((name) => !isAttributeValue(given[name]));
  return [
    ...missing.map((name) => `${name} is missing`),
    ...badNames.map((name) => `${name} is no name of an attribute`),
    ...badValues.map((name) => `${name} is no value of an attribute`),
    ...(URL.canParse(String(given['dataschema'])) ? [] : ['dataschema is no URI']),
  ];
}

/** A string without control characters, or an integer of 32 bits: nothing else is needed here. */
function isAttributeValue(value: unknown): boolean {
  if (typeof value === 'string') return value !== '' && !/[\u0000-\u001f\u007f-\u009f]/.test(value);
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 31;
}
