import { MESSAGE_STATUSES } from '../../ops/replays/message-filter.js';
import type { DispatchView } from '../../ops/present.js';
import { pageOf } from './payment.schemas.js';
import {
  AMOUNT,
  COUNT,
  CURRENCY,
  FLAG,
  listOf,
  nullable,
  objectOf,
  TEXT,
  TIME,
  UUID,
  VERSION,
  type Fields,
  type Schema,
} from './schema.js';

const error = objectOf({ attempt: COUNT, code: TEXT, message: TEXT, at: TIME });

const dispatch: Fields<DispatchView> = {
  consumer: TEXT,
  id: { ...UUID, description: 'of the message: the same however often it is sent' },
  type: { ...TEXT, description: '`order.paid`, `payment.refunded`, …: see docs/messages' },
  subject: { ...TEXT, description: 'reference of the order, id of the payment or dispute' },
  version: { ...VERSION, description: 'of what the message is about, after the change' },
  status: { type: 'string', enum: MESSAGE_STATUSES },
  attempts: { ...COUNT, description: 'tries of the consumer that failed' },
  lastError: { anyOf: [error, { type: 'null' }] },
  errors: { ...listOf(error), description: 'of all tries that failed, replays included' },
  reason: nullable(TEXT, 'of a dead or discarded one: the code of its last failure'),
  sends: { ...COUNT, description: 'how often the queue took it since the last failure' },
  replays: COUNT,
  dueAt: nullable(TIME, 'when it is sent, or sent again; null when it is settled'),
  publishedAt: nullable(TIME, 'when the queue took it last'),
  createdAt: TIME,
  settledAt: nullable(TIME, 'when it was consumed, became a dead letter or was discarded'),
  data: { type: 'object', description: '`data` of the message: see docs/messages' },
};

const consumer = objectOf({
  name: TEXT,
  types: { ...listOf(TEXT), description: '`order.paid`, `order.*` or `*`' },
  isConfigured: {
    ...FLAG,
    description: 'false: it is registered, and the configuration of this process does not name it',
  },
  pending: { ...COUNT, description: 'messages that it is not done with' },
  dead: { ...COUNT, description: 'dead letters: they wait for a person' },
  oldestSeconds: { type: 'number', minimum: 0, description: 'age of the oldest pending one' },
});

export const CONSUMER_SCHEMAS = {
  Consumer: consumer,
  ConsumerList: pageOf('Consumer'),
  RemovedConsumer: objectOf({ name: TEXT }),
  Dispatch: objectOf(dispatch),
  DispatchList: pageOf('Dispatch'),
  ReplayedDispatch: objectOf({
    isReplayed: { ...FLAG, description: 'false: it was no dead letter, and nothing was done' },
    ...dispatch,
  }),
  DiscardedDispatch: objectOf({
    isDiscarded: { ...FLAG, description: 'false: it was discarded already' },
    ...dispatch,
  }),
  InvoiceDocument: objectOf({
    id: UUID,
    series: TEXT,
    number: { type: 'integer', minimum: 1, description: 'without a gap within its series' },
    kind: { type: 'string', enum: ['invoice', 'credit_note', 'debit_note'] },
    orderReference: TEXT,
    currency: CURRENCY,
    amountMinor: { ...AMOUNT, minimum: 1, description: 'the kind says whether it adds or takes' },
    correctsId: nullable(UUID, 'the invoice that it corrects; null for an invoice'),
    issuedAt: TIME,
  }),
  InvoiceList: pageOf('InvoiceDocument'),
  Access: objectOf({
    orderReference: TEXT,
    status: {
      type: 'string',
      enum: ['granted', 'held', 'revoked'],
      description: '`held`: a review holds the order, and nobody has decided',
    },
    version: { ...VERSION, description: 'of the order: the newest that was acted on' },
    changedAt: { ...TIME, description: 'when `status` became what it is' },
  }),
} as const satisfies Readonly<Record<string, Schema>>;
