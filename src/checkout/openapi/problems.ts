import { STATUS_CODES } from 'node:http';
import { ERRORS } from '../../errors.js';
import { OPEN_PAYMENT, ORDER } from './examples.js';
import { codesOf, type AnsweredCode, type Route } from './route-codes.js';
import { listOf, named, nullable, TEXT, UUID, type Schema } from './schema.js';

/** What a problem of a code tells; codes that come with more than a text show what. */
interface ProblemExample {
  readonly detail?: string;
  readonly members?: Readonly<Record<string, unknown>>;
}

const EXAMPLES: Readonly<Record<AnsweredCode, ProblemExample>> = {
  bad_request: { detail: 'amountDueMinor: Too small: expected number to be >=0' },
  unauthenticated: { detail: 'send Authorization: Bearer <token>' },
  forbidden: { detail: 'the role viewer may not do this' },
  not_found: { detail: 'there is no payment with this id' },
  body_too_large: { detail: 'the body of a command is smaller than this' },
  unsupported_media_type: { detail: 'send application/json' },
  internal_error: {},
  storage_unavailable: { detail: 'the database does not answer' },
  consumer_configured: {
    detail:
      'a worker is configured with shipping: take it out of CONSUMERS or OUTSIDE_CONSUMERS, ' +
      'and ask again 120 seconds after the workers were started anew',
  },
  event_not_dead: { detail: 'this event is applied: only a dead letter can be discarded' },
  payload_not_kept: {
    detail: 'its payload was removed when its time was over (PAYLOAD_RETENTION_DAYS)',
  },
  message_not_dead: { detail: 'this message is consumed: only a dead letter can be discarded' },
  replay_finished: { detail: 'this replay is done' },
  replay_too_large: {
    detail: 'the filter matches more than 100000: make it narrower, or raise REPLAY_MAX',
  },
  review_closed: {
    detail: 'this review is resolved',
    members: { resolution: 'accept', resolvedBy: 'grace' },
  },
  review_claimed: {
    detail: 'grace looks at this review: claim it with takeOver to decide yourself',
  },
  second_person_needed: {
    detail: 'you proposed this: somebody else has to confirm it, since so much is at stake',
  },
  nothing_to_refund: {
    detail: 'no money of this review is left to be given back: accept or dismiss it',
  },
  idempotency_key_missing: {
    detail: 'send an Idempotency-Key that is new for each request and the same for its retries',
  },
  idempotency_key_malformed: {
    detail:
      'expected one Idempotency-Key of 1 to 255 visible ASCII characters, bare or in double quotes',
  },
  idempotency_key_reused: {
    detail: 'this Idempotency-Key was used for another request; use a new one',
  },
  request_in_progress: {
    detail: 'a request with this Idempotency-Key is still being worked on; send it again',
  },
  order_exists: {
    detail: 'there is an order with this reference',
    members: { order: ORDER },
  },
  order_cancelled: { detail: 'the order was cancelled' },
  order_paid: { detail: 'nothing is left to pay: the order is paid' },
  order_in_review: { detail: 'a person has to decide about this order first' },
  payment_in_progress: {
    detail: 'another payment of this order is open',
    members: { payment: OPEN_PAYMENT },
  },
  refund_exceeds_captured: {
    detail:
      'at most 3000 of 5000 captured minor units can be refunded: the others are refunded, or ' +
      'were asked for',
  },
  provider_refused: { detail: 'stripe refused: amount_too_small: Amount must be at least $0.50' },
  provider_not_configured: { detail: 'there is no API key of stripe for the account default' },
  provider_unavailable: { detail: 'stripe could not be reached: ECONNREFUSED' },
  apply_failed: { detail: 'what stripe answered ended as dead: amount_unusable' },
  provider_outcome_unknown: { detail: 'stripe did not answer within 10000 ms' },
};

/**
 * The problem with which a route answers a code, as it goes over the wire.
 * @param members what this route adds to it
 */
export function problemExample(
  code: AnsweredCode,
  members: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const { status } = ERRORS[code];
  const { detail, members: more = {} } = EXAMPLES[code];
  const type = 'about:blank';
  const text = detail === undefined ? {} : { detail };
  return {
    type,
    title: STATUS_CODES[status],
    status,
    code,
    ...text,
    ...more,
    ...members,
    error: code,
  };
}

/** The codes of a route by their status, lowest first. */
export function codesByStatus(route: Route): ReadonlyMap<number, readonly AnsweredCode[]> {
  const statuses = [...new Set(codesOf(route).map((code) => ERRORS[code].status))];
  return new Map(
    statuses
      .toSorted((one, other) => one - other)
      .map((status) => [status, codesOf(route).filter((code) => ERRORS[code].status === status)]),
  );
}

export const PROBLEM_SCHEMAS = {
  /** RFC 9457. */
  Problem: {
    type: 'object',
    properties: {
      type: { const: 'about:blank' },
      title: { ...TEXT, description: 'the text of the status' },
      status: { type: 'integer' },
      code: { ...TEXT, description: 'stable: decide by this' },
      detail: { ...TEXT, description: 'for a person; may change' },
      error: { ...TEXT, description: 'the code once more' },
      order: named('Order'),
      payment: named('ConcernedPayment'),
      refund: named('Refund'),
      unknown: { ...listOf(UUID), description: 'ids that are not there; at most 20 of them' },
      resolution: nullable(TEXT, 'how a closed review was decided'),
      resolvedBy: nullable(TEXT),
    },
    required: ['type', 'title', 'status', 'code', 'error'],
  },
} as const satisfies Readonly<Record<string, Schema>>;
