/** What a fact says happened to a payment. */
export const FACT_KINDS = [
  'requested', // the provider was asked to collect this amount, for this order
  'pending', // the customer or the bank has to do something first
  'authorized', // funds are held
  'captured', // money was taken: the total taken so far under this key
  'failed', // one attempt failed; another may follow
  'cancelled', // the payment can no longer succeed
  'refund', // one refund, with its state
  'refunded_total', // the total refunded so far, as the provider counts it
  'dispute', // one dispute, with its state
] as const;
export type FactKind = (typeof FACT_KINDS)[number];

/** States of a refund. `failed` and `cancelled` give the money back to the merchant. */
export const REFUND_STATES = ['pending', 'succeeded', 'cancelled', 'failed'] as const;
export type RefundState = (typeof REFUND_STATES)[number];

/**
 * States of a dispute. An `inquiry` asks without taking money and may become `open` or `closed`;
 * `lost` keeps the money with the cardholder, `won` brings it back.
 */
export const DISPUTE_STATES = ['inquiry', 'open', 'closed', 'won', 'lost'] as const;
export type DisputeState = (typeof DISPUTE_STATES)[number];

/**
 * Something that happened to a payment, in our words. A provider's event is translated into a set
 * of these; the payment is a pure function of all facts ever told about it.
 *
 * Two facts with one `(kind, key)` report the same thing: they are merged, never added up.
 */
export interface PaymentFact {
  readonly kind: FactKind;
  /**
   * What the fact is about, 1 to 255 characters: the capture, attempt, refund or dispute it names.
   * Different events that report one capture must give one key.
   */
  readonly key: string;
  /** Minor units, 0 to 2^53−1; null where the kind needs none or the provider does not say. */
  readonly amountMinor: bigint | null;
  /** Upper-case ISO 4217; null when the provider does not say. */
  readonly currency: string | null;
  /** When the provider says it happened, milliseconds since 1970; null when it does not say. */
  readonly occurredAtMs: number | null;
  /** For `refund` and `dispute`; null for every other kind. */
  readonly state: RefundState | DisputeState | null;
  /** Our order's reference as the provider's metadata tells it; null when it has none. */
  readonly reference: string | null;
}

/** What one event says about one payment. */
export interface PaymentFacts {
  /**
   * The payment's id at the provider (Stripe PaymentIntent, Paystack transaction reference), 1 to
   * 255 characters. Null when the event names only a part of the payment (an old Stripe dispute
   * knows its charge alone): then `partIds` has exactly that part.
   */
  readonly providerPaymentId: string | null;
  /** Ids of objects that belong to this payment and by which other events may name it. */
  readonly partIds: readonly string[];
  /**
   * The reference under which we started this payment at the provider (`tg-<payment id>`), where
   * its metadata tells; null for a payment that somebody else started, or that does not say.
   */
  readonly startedAs: string | null;
  /** False for the provider's test mode; null where nothing says. */
  readonly livemode: boolean | null;
  /** May be empty: the event then only says that the payment exists. */
  readonly facts: readonly PaymentFact[];
}

/**
 * Marks the key of a refund whose own id the provider did not tell (Paystack). Such a hint counts
 * only as long as no refund of the same amount is known by its id.
 */
export const REFUND_HINT_PREFIX = 'hint:';
