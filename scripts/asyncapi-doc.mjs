/**
 * The AsyncAPI document: the queues that others listen to, and what is in them.
 * @see https://www.asyncapi.com/docs/reference/specification/v3.0.0
 */
import { z } from 'zod';
import { envelopeOf, typesOf } from './message-schemas.mjs';

const SCHEMAS = '#/components/schemas/';
const MESSAGES = '#/components/messages/';

/**
 * @param code what is exported by our modules
 * @param examples of jobs, by the type of their message
 */
export function asyncApiDocument(code, examples) {
  const aggregates = Object.keys(code.MESSAGE_DATA);
  const types = aggregates.flatMap((aggregate) => typesOf(code, aggregate));
  const told = aggregates.flatMap((aggregate) =>
    typesOf(code, aggregate).map((type) => [
      type,
      messageOf(aggregate, type, code.MESSAGE_TYPES[type], examples[type]),
    ]),
  );
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Tollgate: what others are told',
      version: code.SCHEMA_VERSION + '.0.0',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels: {
      consumer: {
        address: code.queueOf('{consumer}'),
        title: 'The queue of one consumer',
        description: CONSUMER_QUEUE,
        parameters: {
          consumer: {
            description: 'Its name, as in OUTSIDE_CONSUMERS of the service.',
            examples: ['warehouse'],
          },
        },
        messages: refsTo(types, MESSAGES),
      },
      outcomes: {
        address: code.QUEUES.outcomes,
        title: 'What consumers report',
        description: OUTCOMES_QUEUE,
        messages: refsTo(['outcome'], MESSAGES),
      },
    },
    operations: {
      tell: {
        action: 'send',
        summary: 'Tells a consumer of a change, at least once.',
        channel: { $ref: '#/channels/consumer' },
        messages: types.map((type) => ({ $ref: `#/channels/consumer/messages/${type}` })),
      },
      hearOutcome: {
        action: 'receive',
        summary: 'Hears from a consumer what came of one try.',
        channel: { $ref: '#/channels/outcomes' },
        messages: [{ $ref: '#/channels/outcomes/messages/outcome' }],
      },
    },
    components: {
      messages: { ...Object.fromEntries(told), outcome: outcomeMessage(examples['order.paid']) },
      schemas: componentSchemas(code, aggregates),
    },
  };
}

function messageOf(aggregate, type, summary, example) {
  const typed = { properties: { message: { properties: { type: { const: type } } } } };
  return {
    name: type,
    title: type,
    summary,
    contentType: 'application/json',
    payload: { allOf: [{ $ref: `${SCHEMAS}${aggregate}Job` }, typed] },
    examples: [{ name: type, payload: example }],
  };
}

function outcomeMessage({ message, tries, attempts }) {
  const report = { consumer: 'warehouse', messageId: message.id, tries, attempts };
  const failed = { result: 'failed', code: 'out_of_paper', message: 'no label printed' };
  const payloads = {
    consumed: { ...report, verdict: { result: 'consumed' } },
    failed: { ...report, verdict: { ...failed, isFinal: false } },
    not_now: { ...report, verdict: { result: 'not_now', message: 'closed', retryInMs: 60_000 } },
  };
  return {
    name: 'outcome',
    title: 'outcome',
    summary: 'What came of one try of a consumer at one message.',
    contentType: 'application/json',
    payload: { $ref: `${SCHEMAS}outcome` },
    examples: Object.entries(payloads).map(([name, payload]) => ({ name, payload })),
  };
}

/** As JSON Schemas of draft 7, which is what AsyncAPI has of its own. */
function componentSchemas(code, aggregates) {
  const registry = z.registry();
  for (const [name, schema] of Object.entries({
    payment: code.paymentSnapshot,
    review: code.reviewSnapshot,
    order: code.orderSnapshot,
    dispute: code.disputeSnapshot,
    outcome: code.outcomeSchema,
  })) {
    registry.add(schema, { id: name });
  }
  for (const aggregate of aggregates) {
    const message = envelopeOf(code, aggregate);
    registry.add(message, { id: `${aggregate}Message` });
    registry.add(code.dispatchSchema.extend({ message }), { id: `${aggregate}Job` });
  }
  const uri = (id) => `${SCHEMAS}${id}`;
  const { schemas } = z.toJSONSchema(registry, { uri, target: 'draft-7', io: 'input' });
  for (const schema of Object.values(schemas)) {
    delete schema.$schema; // inside the document it is named by its place
    delete schema.$id;
  }
  return schemas;
}

function refsTo(names, where) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `${where}${name}` }]));
}

const DESCRIPTION = `Each change of a payment, an order or a dispute is told as a CloudEvent 1.0, at
least once and in no promised order. [messages/README.md](messages/README.md) says what that means
for whoever listens. Generated: \`npm run docs:messages\`.
`;

const CONSUMER_QUEUE = `A queue of BullMQ, in Redis or in PostgreSQL, as the service is configured.
A consumer gets the types it is registered for. One job carries one message. \`startConsumer\` of
\`tollgate/consumers\` listens and reports.
`;

const OUTCOMES_QUEUE = `A queue of BullMQ in the same place. What is not reported on is sent again.
`;
