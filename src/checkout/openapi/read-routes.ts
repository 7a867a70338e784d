import { PAYMENT_STATUSES } from '../../payments/payment.states.js';
import { EVENT_STATUSES } from './event.schemas.js';
import { ORDER, PAID_PAYMENT } from './examples.js';
import type { Route } from './route-codes.js';
import {
  idParameter,
  ORDER_PARAMETER,
  shows,
  type Parameter,
  type RouteDescription,
} from './route-description.js';
import { PROVIDER, TEXT, TIME, type Schema } from './schema.js';

const LIMIT: Schema = { type: 'integer', minimum: 1, maximum: 200, default: 50 };

/** Filters of a list, by name, with those that every list has. */
function filters(schemas: Readonly<Record<string, Schema>>): Parameter[] {
  const all = { ...schemas, limit: LIMIT, cursor: TEXT };
  return Object.entries(all).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema,
    ...(name === 'cursor' ? { description: '`nextCursor` of the page before' } : {}),
  }));
}

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
} as const satisfies Readonly<Partial<Record<Route, RouteDescription>>>;
