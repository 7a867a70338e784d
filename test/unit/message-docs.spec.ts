import asyncApi from '@asyncapi/specs';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  fillIn,
  messageSchemas,
  MODULES,
  renderDocuments,
  type Schema,
} from '../../scripts/message-docs.mjs';
import { dispatchSchema, outcomeSchema } from '../../src/outbox/dispatch.js';
import {
  AGGREGATES,
  dataSchemaOf,
  MESSAGE_TYPES,
  type MessageType,
} from '../../src/outbox/message.js';
import { DISPUTE_STATES } from '../../src/payments/payment-fact.js';
import { ORDER_STATUSES } from '../../src/payments/order.states.js';
import { PAYMENT_STATUSES } from '../../src/payments/payment.states.js';
import { queueOf, QUEUES } from '../../src/queues/queues.js';
import { CODE, FORMATS, problemsOf, publishedSchema } from '../support/validate-messages.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const types = Object.keys(MESSAGE_TYPES) as MessageType[];

describe('the documents about messages', () => {
  it('are as the code has them; "npm run docs:messages" writes them', async () => {
    const documents = await renderDocuments(CODE);
    expect(Object.keys(documents)).toHaveLength(2 * AGGREGATES.length + 2);
    for (const [path, text] of Object.entries(documents)) {
      expect({ path, text: read(path) }).toEqual({ path, text });
    }
  });

  it('are generated of modules that have all that is needed', () => {
    expect(MODULES).toContain('outbox/message.js');
    for (const file of MODULES) {
      expect(read(`src/${file.replace(/\.js$/, '.ts')}`)).not.toBe('');
    }
  });
});

describe('the types of messages', () => {
  it.each([
    ['payment', PAYMENT_STATUSES],
    ['order', ORDER_STATUSES],
    ['dispute', DISPUTE_STATES],
  ])('have one for each status: %s', (aggregate, statuses) => {
    for (const status of statuses) expect(types).toContain(`${aggregate}.${status}`);
  });

  it('name their aggregate, and say what they mean', () => {
    for (const [type, meaning] of Object.entries(MESSAGE_TYPES)) {
      expect(AGGREGATES.map(String)).toContain(type.split('.')[0]);
      expect(meaning).toMatch(/^[A-Z].*\.$/);
    }
  });
});

describe.each(AGGREGATES)('docs/messages/%s.schema.json', (aggregate) => {
  const whole = publishedSchema(aggregate);
  const data = publishedSchema(`${aggregate}.data`);

  it('has the schema that messages name as that of their data', () => {
    expect(data).toMatchObject({ $id: dataSchemaOf(aggregate) });
    const { properties } = whole as { properties: Record<string, Schema> };
    expect(properties['dataschema']).toMatchObject({ const: dataSchemaOf(aggregate) });
    expect(whole['$id']).not.toBe(data['$id']);
  });

  it('describes the same data in both of its schemas', () => {
    const { properties, $defs } = whole as { properties: Record<string, Schema>; $defs: Schema };
    expect(properties['data']).toEqual({
      type: 'object',
      properties: data['properties'],
      required: data['required'],
    });
    expect($defs).toEqual(data['$defs']);
  });

  it('has all types of its aggregate, and no others', () => {
    const { properties } = whole as { properties: Record<string, Schema> };
    expect(properties['type']).toMatchObject({
      enum: types.filter((type) => type.startsWith(`${aggregate}.`)),
    });
  });

  it('lets messages gain fields, and differs in nothing else from what is sent', () => {
    const tolerant = JSON.stringify({ whole, data });
    expect(tolerant).not.toContain('"additionalProperties":false');
    const strict = messageSchemas(CODE, 'strict');
    const opened = { whole: strict[aggregate], data: strict[`${aggregate}.data`] };
    expect(withoutBans(opened)).toEqual({ whole, data });
    expect(withoutBans(opened)).not.toEqual(opened);
  });
});

describe('docs/asyncapi.yaml', () => {
  const document = parse(read('docs/asyncapi.yaml')) as AsyncApi;
  const { messages, schemas } = document.components;
  const ajv = new Ajv({ strict: false, allErrors: true, formats: FORMATS });
  ajv.addSchema({ $id: 'https://example.test/asyncapi', ...document });
  const problemsIn = (payload: string, given: unknown) =>
    ajv.validate({ $ref: `https://example.test/asyncapi#${payload}` }, given) ? [] : ajv.errors;

  it('is AsyncAPI 3.0', () => {
    // The specification comes with the JSON Schemas it refers to.
    const spec = new Ajv({
      strict: false,
      allErrors: true,
      meta: false,
      validateSchema: false,
      validateFormats: false,
    });
    const validate = spec.compile(asyncApi.schemas['3.0.0'] as object);
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ ...document, channels: { consumer: { address: 1 } } })).toBe(false);
  });

  it('refers only to what it has', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)];
    expect(references.length).toBeGreaterThan(types.length * 3);
    for (const [, reference = ''] of references) expect(follow(document, reference)).toBeDefined();
  });

  it('has the queue of a consumer, with all types, and that of the outcomes', () => {
    const { consumer, outcomes } = document.channels;
    expect(consumer?.address).toBe(queueOf('{consumer}'));
    expect(Object.keys(consumer?.messages ?? {})).toEqual(types);
    expect(outcomes?.address).toBe(QUEUES.outcomes);
    expect(document.operations['tell']).toMatchObject({ action: 'send' });
    expect(document.operations['hearOutcome']).toMatchObject({ action: 'receive' });
  });

  it.each(types)('has an example of %s that is as its schema and our code say', (type) => {
    const message = messages[type]!;
    expect(message.summary).toBe(MESSAGE_TYPES[type]);
    const [{ payload } = { payload: null }] = message.examples;
    expect(dispatchSchema.parse(payload)).toEqual(payload);
    const { message: example } = dispatchSchema.parse(payload);
    expect(example.type).toBe(type);
    expect(problemsOf(example)).toEqual([]);
    expect(problemsIn(`/components/messages/${type}/payload`, payload)).toEqual([]);
  });

  it('refuses a message of another type, and one with data of another aggregate', () => {
    const [paid] = messages['order.paid']!.examples;
    const orderPaid = '/components/messages/order.paid/payload';
    const other = messages['order.refunded']!.examples[0];
    expect(problemsIn(orderPaid, other?.payload)).not.toEqual([]);
    const wrong = structuredClone(paid?.payload) as { message: { data: unknown } };
    wrong.message.data = { payment: {} };
    expect(problemsIn(orderPaid, wrong)).not.toEqual([]);
  });

  it('has an example of each outcome that our code reads', () => {
    const { examples } = messages['outcome']!;
    expect(examples.map(({ name }) => name)).toEqual(['consumed', 'failed', 'not_now']);
    for (const { payload } of examples) {
      expect(outcomeSchema.parse(payload)).toEqual(payload);
      expect(problemsIn('/components/messages/outcome/payload', payload)).toEqual([]);
    }
  });

  it('keeps what the schemas say of their fields', () => {
    const { description } = z.toJSONSchema(CODE.orderSnapshot.shape.reviews);
    const order = schemas['order'] as { properties: Record<string, Schema> };
    expect(description).toBeDefined();
    expect(order.properties['reviews']).toMatchObject({ description });
  });
});

describe('docs/messages/README.md', () => {
  const page = read('docs/messages/README.md');

  it.each(types)('says what %s means', (type) => {
    expect(page).toMatch(new RegExp(`\\| \`${type}\` +\\| `));
    expect(page).toContain(MESSAGE_TYPES[type]);
  });

  it('shows an example that is valid', () => {
    const [, example = ''] = /```json\n([^`]+)```/.exec(page) ?? [];
    expect(problemsOf(JSON.parse(example))).toEqual([]);
  });

  it('refuses a page without the place for a table', () => {
    expect(() => fillIn('# Nothing', CODE, {})).toThrow('begin generated: example');
  });
});

interface AsyncApi {
  readonly channels: Record<string, { address: string; messages: object }>;
  readonly operations: Record<string, Schema>;
  readonly components: {
    readonly messages: Record<
      string,
      { summary: string; examples: { name: string; payload: unknown }[] }
    >;
    readonly schemas: Record<string, Schema>;
  };
}

/** What a JSON pointer of a document points at. */
function follow(document: unknown, reference: string): unknown {
  return reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | undefined)?.[key],
      document,
    );
}

/** A schema that forbids no further fields. */
function withoutBans(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const { additionalProperties, ...rest } = value as Record<string, unknown>;
    return additionalProperties === false ? rest : value;
  }) as unknown;
}
