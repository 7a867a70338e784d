/**
 * Every code that Tollgate gives for something that went wrong, in one table.
 *
 * `status` is the HTTP status of the answer, or null where the code never reaches a client.
 * `next` says what happens: `refuse` answers the caller, `retry` tries the event again later with
 * backoff, `dead` makes the event a dead letter at once because trying again cannot help.
 */
export const ERRORS = {
  // At the door.
  invalid_signature: { status: 401, next: 'refuse' },
  unknown_provider: { status: 404, next: 'refuse' },
  body_too_large: { status: 413, next: 'refuse' },
  content_encoding_unsupported: { status: 415, next: 'refuse' },
  storage_unavailable: { status: 503, next: 'refuse' },
  overloaded: { status: 503, next: 'refuse' },
  shutting_down: { status: 503, next: 'refuse' },

  // At the read and command routes.
  bad_request: { status: 400, next: 'refuse' },
  unauthenticated: { status: 401, next: 'refuse' },
  forbidden: { status: 403, next: 'refuse' },
  not_found: { status: 404, next: 'refuse' },
  method_not_allowed: { status: 405, next: 'refuse' },
  unsupported_media_type: { status: 415, next: 'refuse' },
  too_many_requests: { status: 429, next: 'refuse' },
  internal_error: { status: 500, next: 'refuse' },

  // At the routes of those who look after it.
  consumer_configured: { status: 409, next: 'refuse' },
  event_not_dead: { status: 409, next: 'refuse' },
  payload_not_kept: { status: 410, next: 'dead' },
  message_not_dead: { status: 409, next: 'refuse' },
  replay_finished: { status: 409, next: 'refuse' },
  replay_too_large: { status: 422, next: 'refuse' },
  review_closed: { status: 409, next: 'refuse' },
  review_claimed: { status: 409, next: 'refuse' },
  second_person_needed: { status: 409, next: 'refuse' },
  nothing_to_refund: { status: 422, next: 'refuse' },

  // At the command routes. Answers of 4xx are stored under the idempotency key, others are not.
  idempotency_key_missing: { status: 400, next: 'refuse' },
  idempotency_key_malformed: { status: 400, next: 'refuse' },
  idempotency_key_reused: { status: 422, next: 'refuse' },
  request_in_progress: { status: 409, next: 'refuse' },
  order_exists: { status: 409, next: 'refuse' },
  order_cancelled: { status: 409, next: 'refuse' },
  order_paid: { status: 409, next: 'refuse' },
  order_in_review: { status: 409, next: 'refuse' },
  payment_in_progress: { status: 409, next: 'refuse' },
  refund_exceeds_captured: { status: 422, next: 'refuse' },

  // Asking a provider, by a command or for an event.
  provider_refused: { status: 422, next: 'retry' },
  provider_not_configured: { status: 503, next: 'retry' },
  provider_unavailable: { status: 503, next: 'retry' },
  provider_outcome_unknown: { status: 504, next: 'retry' },

  // Reading an event in the worker: the payload can never be used as it is.
  payload_unreadable: { status: null, next: 'dead' },
  payload_malformed: { status: null, next: 'dead' },
  event_id_unusable: { status: null, next: 'dead' },
  amount_unusable: { status: null, next: 'dead' },
  currency_unusable: { status: null, next: 'dead' },
  needs_provider_api: { status: null, next: 'dead' },
  transition_impossible: { status: null, next: 'dead' },
  process_ended: { status: null, next: 'dead' },

  // Applying an event: our own trouble, which may pass.
  translate_failed: { status: null, next: 'retry' },
  apply_failed: { status: 503, next: 'retry' },
  lock_timeout: { status: null, next: 'retry' },

  // Telling others: what a consumer says of a message. Only a row has these codes, never an answer.
  message_unreadable: { status: null, next: 'dead' },
  consumer_silent: { status: null, next: 'dead' },
  consumer_failed: { status: null, next: 'retry' },
  consumer_refused: { status: null, next: 'dead' },
} as const satisfies Record<string, ErrorRow>;

interface ErrorRow {
  readonly status: number | null;
  readonly next: 'refuse' | 'retry' | 'dead';
}

/** A code of the table. */
export type ErrorCode = keyof typeof ERRORS;

/** A failure with a stable code. The message never holds a secret, a card number or a body. */
export class TollgateError extends Error {
  override readonly name: string = 'TollgateError';

  /** What the answer has besides code and message: the payment that is in the way, say. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions & { readonly members?: Readonly<Record<string, unknown>> },
  ) {
    super(message, options);
    this.members = options?.members ?? {};
  }

  get status(): number | null {
    return ERRORS[this.code].status;
  }
}

/**
 * A delivery whose signature does not prove that the provider sent it.
 * `reason` is a metric label and a log field; the answer to the caller never tells it.
 */
export class SignatureError extends TollgateError {
  override readonly name = 'SignatureError';

  constructor(readonly reason: SignatureRefusal) {
    super('invalid_signature', `the signature is not valid: ${reason}`);
  }
}

export type SignatureRefusal =
  'header_missing' | 'header_malformed' | 'timestamp_too_old' | 'timestamp_in_future' | 'no_match';
