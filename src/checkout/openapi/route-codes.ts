import type { ErrorCode } from '../../errors.js';

/** What every route behind a token may answer. */
const GUARDED = ['unauthenticated', 'storage_unavailable', 'internal_error'] as const;
/** What every reading route may answer; every role may read. */
const READ = [...GUARDED, 'bad_request'] as const;
/** What every route may answer that changes something. */
const WRITE = [...READ, 'forbidden', 'body_too_large', 'unsupported_media_type'] as const;
/** What every command under an idempotency key may answer. */
const COMMAND = [
  ...WRITE,
  'idempotency_key_missing',
  'idempotency_key_malformed',
  'idempotency_key_reused',
  'request_in_progress',
] as const;
/** What asking a provider may come to. */
const PROVIDER_API = [
  'provider_refused',
  'provider_not_configured',
  'provider_unavailable',
  'provider_outcome_unknown',
] as const;

/**
 * The error codes with which each route may answer. The status of a code is that of the table of
 * errors. A route without a row here fails a test.
 */
export const ROUTE_CODES = {
  'GET /health/live': [],
  'GET /health/ready': [],
  'GET /metrics': [],

  'GET /v1/payments': READ,
  'GET /v1/payments/{id}': [...READ, 'not_found'],
  'GET /v1/orders/{reference}': [...READ, 'not_found'],
  'GET /v1/orders/{reference}/timeline': [...READ, 'not_found'],
  'GET /v1/events': READ,
  'GET /v1/events/{id}': [...READ, 'not_found'],
  'GET /v1/events/{id}/raw': [...READ, 'not_found', 'forbidden', 'payload_not_kept'],
  'GET /v1/dead-letters': GUARDED,
  'GET /v1/replays': READ,
  'GET /v1/replays/{id}': [...READ, 'not_found'],
  'GET /v1/reviews': READ,
  'GET /v1/reviews/{id}': [...READ, 'not_found'],
  'GET /v1/audit': [...READ, 'forbidden'],
  'GET /v1/ledger': [...READ, 'not_found'],
  'GET /v1/consumers': GUARDED,
  'GET /v1/consumers/{consumer}/messages': [...READ, 'not_found'],
  'GET /v1/invoices': READ,
  'GET /v1/access/{reference}': [...READ, 'not_found'],
  'GET /v1/overview': READ,
  'GET /v1/queues': GUARDED,
  'GET /v1/settings': GUARDED,

  'POST /v1/orders': [...COMMAND, 'order_exists'],
  'POST /v1/orders/{reference}/payments': [
    ...COMMAND,
    'not_found',
    'order_cancelled',
    'order_paid',
    'order_in_review',
    'payment_in_progress',
    ...PROVIDER_API,
  ],
  // A refusal, and a provider without an API key, do not keep an order from being cancelled.
  'POST /v1/orders/{reference}/cancel': [
    ...COMMAND,
    'not_found',
    'order_paid',
    'apply_failed',
    'provider_not_configured',
    'provider_unavailable',
    'provider_outcome_unknown',
  ],
  'POST /v1/payments/{id}/verify': [...WRITE, 'not_found', 'apply_failed', ...PROVIDER_API],
  'POST /v1/payments/{id}/refunds': [
    ...COMMAND,
    'not_found',
    'refund_exceeds_captured',
    ...PROVIDER_API,
  ],
  'DELETE /v1/consumers/{consumer}': [...WRITE, 'not_found', 'consumer_configured'],
  'POST /v1/consumers/{consumer}/messages/{id}/replay': [...WRITE, 'not_found'],
  'POST /v1/consumers/{consumer}/messages/{id}/discard': [
    ...WRITE,
    'not_found',
    'message_not_dead',
  ],

  'POST /v1/events/{id}/replay': [...WRITE, 'not_found'],
  'POST /v1/events/{id}/discard': [...WRITE, 'not_found', 'event_not_dead'],
  'POST /v1/replays': [
    ...WRITE,
    'not_found',
    'replay_too_large',
    'idempotency_key_malformed',
    'idempotency_key_reused',
  ],
  'POST /v1/replays/{id}/pause': [...WRITE, 'not_found', 'replay_finished'],
  'POST /v1/replays/{id}/resume': [...WRITE, 'not_found', 'replay_finished'],
  'POST /v1/replays/{id}/cancel': [...WRITE, 'not_found', 'replay_finished'],

  'POST /v1/reviews/{id}/claim': [...WRITE, 'not_found', 'review_closed', 'review_claimed'],
  'POST /v1/reviews/{id}/release': [...WRITE, 'not_found'],
  'POST /v1/reviews/{id}/resolve': [
    ...WRITE,
    'not_found',
    'review_closed',
    'review_claimed',
    'second_person_needed',
    'nothing_to_refund',
    'refund_exceeds_captured',
    'request_in_progress',
    'idempotency_key_malformed',
    'idempotency_key_reused',
    ...PROVIDER_API,
  ],
} as const satisfies Readonly<Record<string, readonly ErrorCode[]>>;

/** `<method> <path>` of a route that is documented. */
export type Route = keyof typeof ROUTE_CODES;
/** A code that some route may answer. */
export type AnsweredCode = (typeof ROUTE_CODES)[Route][number];

/** Whether a name is that of a documented route. */
export function isRoute(name: string): name is Route {
  return Object.hasOwn(ROUTE_CODES, name);
}

/** The codes of a route. */
export function codesOf(route: Route): readonly AnsweredCode[] {
  return ROUTE_CODES[route];
}

/** Whether a route needs an `Idempotency-Key`. */
export function needsKey(route: Route): boolean {
  return codesOf(route).includes('idempotency_key_missing');
}
