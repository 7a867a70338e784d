import { PAYMENT_STATUSES } from '../../payments/payment.states.js';
import { EVENT_STATUSES } from './event.schemas.js';
import { LEDGER, ORDER, PAID_PAYMENT } from './examples.js';
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
    parameters: [idParameter('payment')],
    answers: shows('PaymentDetails', 'The payment'),
  },

  'GET /v1/orders/{reference}': {
    name: 'showOrder',
    summary: 'One order with its payments and reviews',
    parameters: [ORDER_PARAMETER],
    answers: shows('Order', 'The order', { open: ORDER }),
  },

  'GET /v1/events': {
    name: 'listEvents',
    summary: 'List events, newest first; `from` and `to` are times of receipt',
    parameters: filters({
      status: { type: 'string', enum: EVENT_STATUSES },
      provider: PROVIDER,
      account: TEXT,
      type: TEXT,
      eventId: TEXT,
      from: TIME,
      to: TIME,
    }),
    answers: shows('EventList', 'A page'),
  },

  'GET /v1/events/{id}': {
    name: 'showEvent',
    summary: 'One event with payload, attempts, conflicts and effects',
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
