import { discardMessageInput, replayMessageInput } from '../../ops/consumers/consumers.js';
import { MESSAGE_STATUSES } from '../../ops/replays/message-filter.js';
import { DEAD_DISPATCH, INVOICE } from './examples.js';
import type { Route } from './route-codes.js';
import {
  filters,
  idParameter,
  ORDER_PARAMETER,
  shows,
  type Parameter,
  type RouteDescription,
} from './route-description.js';
import { bodyOf, TEXT, TIME } from './schema.js';

const CONSUMER_PARAMETER: Parameter = {
  name: 'consumer',
  in: 'path',
  required: true,
  description: 'its name, as it is configured',
  schema: { ...TEXT, minLength: 1, maxLength: 255 },
  example: DEAD_DISPATCH.consumer,
};

/** Who is told of changes, and what the consumers that come with Tollgate make of it. */
export const CONSUMER_ROUTES = {
  'GET /v1/consumers': {
    name: 'listConsumers',
    summary: 'Everybody who is told of changes, and what waits for them',
    description: `All that are registered, on one page. A consumer is registered when a worker starts that is
configured with it, and stays so until it is removed: until then its messages wait for it. \`isConfigured\`
is what the process that was asked is configured with.`,
    answers: shows('ConsumerList', 'All consumers', {
      consumers: {
        data: [
          {
            name: DEAD_DISPATCH.consumer,
            types: ['order.*'],
            isConfigured: true,
            pending: 0,
            dead: 1,
            oldestSeconds: 0,
          },
        ],
        nextCursor: null,
      },
    }),
  },

  'DELETE /v1/consumers/{consumer}': {
    name: 'removeConsumer',
    summary: 'Remove a consumer that is gone for good',
    description: `For operators. What it has not got yet, and its dead letters, are removed with it. It is not removed
as long as a worker has said within the last two minutes that it is configured with it.`,
    parameters: [CONSUMER_PARAMETER],
    answers: shows('RemovedConsumer', 'It is told nothing any more', {
      removed: { name: DEAD_DISPATCH.consumer },
    }),
  },

  'GET /v1/consumers/{consumer}/messages': {
    name: 'listMessages',
    summary: 'List the messages of a consumer, newest first',
    description: `\`status=dead\` are those that it could not use, \`status=pending\` those that it is not done
with, \`status=discarded\` those that somebody gave up. Messages that every consumer is done with are
forgotten after \`MESSAGE_RETENTION_DAYS\`. \`code\` is that of the last failure of dead or discarded ones,
\`text\` a part of it or of what the message is about; \`from\` and \`to\` are times at which it was told.`,
    parameters: [
      CONSUMER_PARAMETER,
      ...filters({
        status: { type: 'string', enum: MESSAGE_STATUSES },
        type: TEXT,
        code: TEXT,
        text: TEXT,
        from: TIME,
        to: TIME,
      }),
    ],
    answers: shows('DispatchList', 'A page', {
      page: { data: [DEAD_DISPATCH], nextCursor: null },
    }),
  },

  'POST /v1/consumers/{consumer}/messages/{id}/replay': {
    name: 'replayMessage',
    summary: 'Send a dead letter of a consumer through again',
    description: `For operators. The message is pending again with all its attempts; its id is the same, so a
consumer that knows it does nothing twice. Asking again does nothing more: \`isReplayed\` is false unless
it was a dead letter, or had been discarded.`,
    parameters: [CONSUMER_PARAMETER, idParameter('message')],
    body: {
      schema: bodyOf(replayMessageInput),
      required: false,
      examples: { replay: { reason: 'the article is there now' }, nothing: {} },
    },
    answers: shows('ReplayedDispatch', 'The message, pending again unless it was no dead letter', {
      replayed: {
        isReplayed: true,
        ...DEAD_DISPATCH,
        status: 'pending',
        attempts: 0,
        reason: null,
        sends: 0,
        replays: 1,
        dueAt: '2026-03-02T11:02:45.003Z',
        settledAt: null,
      },
    }),
  },

  'POST /v1/consumers/{consumer}/messages/{id}/discard': {
    name: 'discardMessage',
    summary: 'Give a dead letter of a consumer up for good',
    description: `For operators, with a reason. It stays among the messages of the consumer, and can be replayed all
the same. Asking twice does it once.`,
    parameters: [CONSUMER_PARAMETER, idParameter('message')],
    body: {
      schema: bodyOf(discardMessageInput),
      required: true,
      examples: { discard: { reason: 'sent by hand' } },
    },
    answers: shows('DiscardedDispatch', 'The message, discarded', {
      discarded: {
        isDiscarded: true,
        ...DEAD_DISPATCH,
        status: 'discarded',
        settledAt: '2026-03-02T11:31:20.512Z',
      },
    }),
  },

  'GET /v1/invoices': {
    name: 'listInvoices',
    summary: 'List invoices and what corrects them, newest first',
    description: `By the consumer \`invoices\`; without it there are none. A document is never changed: a credit
note takes back a part of its invoice, a debit note adds to it.`,
    parameters: filters({ order: TEXT }),
    answers: shows('InvoiceList', 'A page', { page: { data: [INVOICE], nextCursor: null } }),
  },

  'GET /v1/access/{reference}': {
    name: 'showAccess',
    summary: 'Whether a customer may use what an order pays for',
    description: `By the consumer \`access\`; without it nothing is known. It follows the order within moments, and
is \`not_found\` until the first message about it.`,
    parameters: [ORDER_PARAMETER],
    answers: shows('Access', 'What the newest known version of the order says', {
      granted: {
        orderReference: 'order-1001',
        status: 'granted',
        version: 3,
        changedAt: '2026-03-02T09:17:04.011Z',
      },
    }),
  },
} as const satisfies Readonly<Partial<Record<Route, RouteDescription>>>;
