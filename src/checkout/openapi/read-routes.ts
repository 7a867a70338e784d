import { EVENT_STATUSES } from '../../ops/events/event-filter.js';
import { PAYMENT_STATUSES } from '../../payments/payment.states.js';
import { LEDGER, ORDER, PAID_PAYMENT } from './examples.js';
import { DEAD_EVENT, TIMELINE } from './operation-examples.js';
import type { Route } from './route-codes.js';
import {
  filters,
  idParameter,
  ORDER_PARAMETER,
  shows,
  type Parameter,
  type RouteDescription,
} from './route-description.js';
import { PROVIDER, TEXT, TIME, type Schema } from './schema.js';

const ORDER_QUERY: Parameter = {
  name: 'order',
  in: 'query',
  required: true,
  description: "the order's reference",
  schema: { ...TEXT, minLength: 1, maxLength: 255 },
  example: ORDER.reference,
};

const readinessReport: Schema = {
  type: 'object',
  properties: {
    status: { type: 'string', enum: ['ready', 'degraded', 'not_ready'] },
    postgres: { type: 'string', enum: ['up', 'down'] },
    queue: { type: 'string', enum: ['up', 'down'] },
    shuttingDown: { type: 'boolean' },
  },
  required: ['status', 'postgres', 'queue', 'shuttingDown'],
};

export const READ_ROUTES = {
  'GET /health/live': {
    name: 'isLive',
    summary: 'The process runs',
    answers: {
      200: {
        description: 'It does',
        schema: { type: 'object', properties: { status: { const: 'live' } }, required: ['status'] },
        examples: { live: { status: 'live' } },
      },
    },
  },

  'GET /health/ready': {
    name: 'isReady',
    summary: 'Events can be stored; a queue that is away only degrades',
    answers: {
      200: {
        description: 'They can',
        schema: readinessReport,
        examples: {
          ready: { status: 'ready', postgres: 'up', queue: 'up', shuttingDown: false },
          degraded: { status: 'degraded', postgres: 'up', queue: 'down', shuttingDown: false },
        },
      },
      503: {
        description: 'They cannot, or the process is about to end',
        schema: readinessReport,
        examples: {
          down: { status: 'not_ready', postgres: 'down', queue: 'up', shuttingDown: false },
        },
      },
    },
  },

  'GET /metrics': {
    name: 'metrics',
    summary: 'Metrics in the format of Prometheus',
    answers: { 200: { description: 'Text', schema: null } },
  },

  'GET /v1/payments': {
    name: 'listPayments',
    summary: 'List payments, newest first',
    parameters: filters({
      provider: PROVIDER,
      account: TEXT,
      providerPaymentId: TEXT,
      status: { type: 'string', enum: PAYMENT_STATUSES },
    }),
    answers: shows('PaymentList', 'A page', {
      page: { data: [PAID_PAYMENT], nextCursor: null },
    }),
  },

  'GET /v1/payments/{id}': {
    name: 'showPayment',
    summary: 'One payment with its facts, reviews, refunds and timeline',
    description: `The timeline is everything that happened, oldest first: what came in and each attempt at it,
facts, moves, money in the ledger, messages, commands, and what people did, each with who and why.`,
    parameters: [idParameter('payment')],
    answers: shows('PaymentDetails', 'The payment'),
  },

  'GET /v1/orders/{reference}': {
    name: 'showOrder',
    summary: 'One order with its payments and reviews',
    parameters: [ORDER_PARAMETER],
    answers: shows('Order', 'The order', { open: ORDER }),
  },

  'GET /v1/orders/{reference}/timeline': {
    name: 'showOrderTimeline',
    summary: 'Everything that happened to an order and to its payments, oldest first',
    description: `On one page. An event that changed nothing is there too, with why: it was repeated, stale, ignored
or is dead.`,
    parameters: [ORDER_PARAMETER],
    answers: shows('Timeline', 'The timeline', { paid: TIMELINE }),
  },

  'GET /v1/events': {
    name: 'listEvents',
    summary: 'List events, newest first; `from` and `to` are times of receipt',
    description: `\`code\` (of the last failure) and \`text\` (a part of the event id, the type or the last failure)
look through dead letters only, so they need \`status=dead\`. \`eventId\` is the provider's. A range that
begins in the future is \`bad_request\`.`,
    parameters: filters({
      status: { type: 'string', enum: EVENT_STATUSES },
      provider: PROVIDER,
      account: TEXT,
      type: TEXT,
      eventId: TEXT,
      code: TEXT,
      text: TEXT,
      from: TIME,
      to: TIME,
    }),
    answers: shows('EventList', 'A page', {
      page: { data: [DEAD_EVENT], nextCursor: null },
    }),
  },

  'GET /v1/events/{id}': {
    name: 'showEvent',
    summary: 'One event with payload, attempts, conflicts, effects and replays',
    parameters: [idParameter('event')],
    answers: shows('EventDetails', 'The event'),
  },

  'GET /v1/ledger': {
    name: 'showLedger',
    summary: 'The ledger of an order: its transfers, newest first, and its balances',
    description: `Append-only double entry: a transfer is one debit and one credit of the same amount. What is
corrected is taken back by a transfer the other way round. A payment that belongs to no order is not
shown: it waits in \`suspense\` until its order is named.`,
    parameters: [ORDER_QUERY, ...filters({})],
    answers: shows('Ledger', 'A page, and the balances of all', { captured: LEDGER }),
  },
} as const satisfies Readonly<Partial<Record<Route, RouteDescription>>>;
